"""What a field says of which only the text is known, as CSV has it."""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from boxship.core.accept import REFUSALS, accept
from boxship.core.column import Array, Column, category_of, from_values
from boxship.core.moment import in_utc
from boxship.core.type import FLOATS, INTEGERS, MOMENTS, Type

_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DIGITS = r"(?:0|[1-9][0-9]*)"  # 007 is a name, not a number
_INTEGER = re.compile(rf"[+-]?{_DIGITS}")
_NUMBER = re.compile(
    rf"[+-]?(?:(?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)",
    re.IGNORECASE | re.ASCII,
)
_PADDED = re.compile(r",-?0[0-9]")
_MOST_DIGITS = 4000  # of an integer that Python reads
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BLANK = " \t\n\r\f\v"  # what JSON passes over
_EXACT = 2.0**53
_MOMENTS: dict[str, Any] = {"date": list[dt.date], "datetime": list[dt.datetime]}  # as msgspec reads them
_FLOATS = msgspec.json.Decoder(list[float])


def value_of_text(text: str, type_: Type) -> object:
    """The number or boolean that a text says in a field of this type, None for NaN; else the text itself.

    This is the grammar, text by text; `column_of_type` is a faster way to the same values.
    """
    if type_.kind == "bool" and not type_.shape:
        return _BOOLS.get(text, text)
    if not type_.is_number:
        return text
    if _INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS:
        return int(text)
    if not _NUMBER.fullmatch(text):
        return text
    value = float(text)
    return None if math.isnan(value) else value


def column_of_type(texts: Sequence[str | None], type_: Type) -> Column | None:
    """The column of this type, where every text says such a value; an empty text is null."""
    present = [text for text in texts if text]
    if type_.shape:
        return None
    if type_.kind in ("text", "category") or not present:
        return _without_values(texts, type_)
    read = _READ.get(type_.kind)
    values = read(present, type_) if read else None
    return None if values is None else _spread(values, type_, texts)


def column_of_texts(texts: Sequence[str]) -> Column:
    """Booleans, integers, floats, dates, datetimes or else the texts; an empty text is null.

    Nothing is guessed and nothing lost: one field that does not fit makes the column text, as do
    integers with leading zeros or beyond 64 bits, and floats among which an integer is not exact.
    A datetime without a zone is taken as UTC.
    """
    present = [text for text in texts if text]
    if not present:
        return Column(Type("float64"), np.full(len(texts), np.nan))
    for type_ in _looks(present):
        column = column_of_type(texts, type_)
        if column is not None and (type_.kind != "float64" or _is_exact(texts, column.values)):
            return column
    return _without_values(texts, Type("text"))


def _looks(present: Sequence[str]) -> Iterator[Type]:
    """The types that a column with these fields may have, the narrowest first."""
    first = present[0]
    if first in _BOOLS:
        yield Type("bool")
    elif _DATE.match(first):
        if all(map(_DATE.fullmatch, present)):
            yield Type("date")
        yield Type("datetime")
    elif _NUMBER.fullmatch(first):
        whole = not "".join(present).strip("0123456789-")
        yield from map(Type, ("int64", "uint64") if whole else ("float64",))


def _is_exact(texts: Sequence[str], values: Array) -> bool:
    """Of large numbers: digits that a double cannot hold would be lost, and so would overflow."""
    return all(
        _says(texts[row], values[row].item()) for row in np.flatnonzero(np.abs(values) >= _EXACT).tolist()
    )


def _says(text: str, value: float) -> bool:
    if math.isinf(value):
        return "n" in text.lower()
    return "." in text or "e" in text.lower() or int(text) == int(value)


def _without_values(texts: Sequence[str | None], type_: Type) -> Column:
    """Of texts as they are, or of nulls alone."""
    items = [text or None for text in texts]
    if type_.kind == "category":
        return category_of(items)
    return from_values(items, "", type_)


def _bools(present: Sequence[str], _type: Type) -> Array | None:
    if not set(present) <= _BOOLS.keys():
        return None
    return np.array([_BOOLS[text] for text in present])


def _integers(present: Sequence[str], type_: Type) -> Array | None:
    joined = "," + ",".join(present)
    if joined.strip("0123456789-,") or _PADDED.search(joined):
        return None
    try:
        numbers = list(map(int, present))
    except ValueError:
        return None
    limits = np.iinfo(type_.kind)  # older numpy wraps what does not fit
    return (
        np.array(numbers, type_.dtype) if limits.min <= min(numbers) and max(numbers) <= limits.max else None
    )


def _floats(present: Sequence[str], type_: Type) -> Array | None:
    values = _decoded(present)
    if values is None:
        if not all(map(_NUMBER.fullmatch, present)):
            return None
        values = [0.0 if text == "-0" else float(text) for text in present]
    with np.errstate(over="ignore"):  # one too large for a narrow float is infinite
        return np.array(values, type_.dtype)


def _decoded(present: Sequence[str]) -> list[float] | None:
    """Numbers as JSON writes them, three times as fast as float() and to the same bit.

    None for what only float() reads: +1, .5, 1e999, nan.
    """
    joined = ",".join(present)
    if not joined.isascii() or any(sign in joined for sign in _BLANK):
        return None
    try:
        numbers = _FLOATS.decode(f"[{joined}]")
    except msgspec.DecodeError:
        return None
    return numbers if len(numbers) == len(present) else None  # a quoted field may hold a comma


def _moments(present: Sequence[str], type_: Type) -> Array | None:
    try:
        return np.array(_parsed(present, type_), type_.dtype)
    except REFUSALS:
        return None


def _parsed(present: Sequence[str], type_: Type) -> list[dt.date]:
    """At once where all have one form, else text by text."""
    try:
        moments: list[Any] = msgspec.convert(present, _MOMENTS[type_.kind])
    except msgspec.ValidationError:
        return [accept(type_, text) for text in present]
    return moments if type_.kind == "date" else [in_utc(moment) for moment in moments]


_READ: dict[str, Callable[[Sequence[str], Type], Array | None]] = {
    "bool": _bools,
    **dict.fromkeys(INTEGERS, _integers),
    **dict.fromkeys(FLOATS, _floats),
    **dict.fromkeys(MOMENTS, _moments),
}


def _spread(values: Array, type_: Type, texts: Sequence[Any]) -> Column:
    """The values in their rows, and nulls in the others."""
    if len(values) == len(texts):
        return Column(type_, values)
    there = np.fromiter(map(bool, texts), bool, len(texts))
    nothing: Any = np.nan if type_.is_float else "NaT" if type_.kind in MOMENTS else 0
    out = np.full(len(texts), nothing, type_.dtype)
    out[there] = values
    return Column(type_, out, ~there if type_.has_mask else None)
