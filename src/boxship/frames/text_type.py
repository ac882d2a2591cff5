"""The type of a column of which only texts are known."""

import datetime as dt
import math
import re
from collections.abc import Sequence

import msgspec
import numpy as np

from boxship.core.column import Array, Column
from boxship.core.type import MOMENTS, Type

_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_PADDED = re.compile(r",-?0[0-9]")  # 007 is a name, not a number
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_DATE_OR_MOMENT = re.compile(rf"{_DATE.pattern}([T ][0-9]{{2}}:[0-9]{{2}}.*)?")
_PYTHON_ONLY = "_ \t\n\r\f\v"  # what float() takes and no CSV means
_EXACT = 2.0**53
_FLOATS = msgspec.json.Decoder(list[float])

_Found = tuple[Array, Type] | None


def column_of_texts(texts: Sequence[str]) -> Column:
    """Booleans, integers, floats, dates, datetimes or else the texts; an empty text is null.

    Nothing is guessed and nothing lost: one field that does not fit makes the column text, as do
    integers with leading zeros or beyond 64 bits, and floats among which an integer is not exact.
    A datetime without a zone is taken as UTC.
    """
    present = [text for text in texts if text] if "" in texts else texts
    if not present:
        return Column(Type("float64"), np.full(len(texts), np.nan))
    found = _typed(present)
    values, type_ = found if found is not None else (_objects(present), Type("text"))
    return _spread(values, type_, texts) if len(present) < len(texts) else Column(type_, values)


def _typed(present: Sequence[str]) -> _Found:
    first = present[0]
    if first in _BOOLS:
        return _bools(present)
    if _DATE.fullmatch(first):
        return _dates(present)
    if _MOMENT.fullmatch(first):
        return _moments(present)
    if first[-1] in "0123456789." or first.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return _numbers(present)
    return None


def _bools(present: Sequence[str]) -> _Found:
    if not set(present) <= _BOOLS.keys():
        return None
    return np.array([_BOOLS[text] for text in present]), Type("bool")


def _numbers(present: Sequence[str]) -> _Found:
    joined = "," + ",".join(present)
    if not joined.strip("0123456789-,"):
        return None if _PADDED.search(joined) else _integers(present)
    return _floats(present, joined)


def _integers(present: Sequence[str]) -> _Found:
    try:
        numbers = list(map(int, present))
    except ValueError:
        return None
    for kind in ("int64", "uint64"):
        limits = np.iinfo(kind)
        if limits.min <= min(numbers) and max(numbers) <= limits.max:
            return np.array(numbers, kind), Type(kind)
    return None


def _floats(present: Sequence[str], joined: str) -> _Found:
    if not joined.isascii() or any(sign in joined for sign in _PYTHON_ONLY):
        return None
    try:
        values = np.array(_decoded(joined, len(present)) or list(map(float, present)), np.float64)
    except ValueError:
        return None
    for place in np.flatnonzero(np.abs(values) >= _EXACT).tolist():
        if not _is_exact(present[place], values[place].item()):
            return None
    return values, Type("float64")


def _decoded(joined: str, count: int) -> list[float] | None:
    """Numbers as JSON writes them, three times as fast as float() and to the same bit.

    None for what only float() reads (+1, .5, 1e999), and for -0, whose sign JSON readers lose.
    """
    if ",-0," in joined or joined.endswith(",-0"):
        return None
    try:
        numbers = _FLOATS.decode(f"[{joined[1:]}]")
    except msgspec.DecodeError:
        return None
    return numbers if len(numbers) == count else None  # a quoted field may hold a comma


def _is_exact(text: str, value: float) -> bool:
    """Of a large number: digits that a double cannot hold would be lost, and so would overflow."""
    if math.isinf(value):
        return "n" in text.lower()
    return "." in text or "e" in text.lower() or int(text) == int(value)


def _dates(present: Sequence[str]) -> _Found:
    if not all(map(_DATE.fullmatch, present)):
        return _moments(present) if all(map(_DATE_OR_MOMENT.fullmatch, present)) else None
    try:
        return np.array(present, "datetime64[D]"), Type("date")
    except ValueError:
        return None


def _moments(present: Sequence[str]) -> _Found:
    try:
        moments = [dt.datetime.fromisoformat(text) for text in present]
    except ValueError:
        return None
    naive = [m if m.tzinfo is None else m.astimezone(dt.UTC).replace(tzinfo=None) for m in moments]
    return np.array(naive, "datetime64[us]"), Type("datetime")


def _objects(present: Sequence[str]) -> Array:
    out = np.empty(len(present), object)
    out[:] = present
    return out


def _spread(values: Array, type_: Type, texts: Sequence[str]) -> Column:
    """The values in their rows, and nulls in the others."""
    there = np.fromiter(map(bool, texts), bool, len(texts))
    if type_.is_float:
        out = np.full(len(texts), np.nan)
    elif type_.kind in MOMENTS:
        out = np.full(len(texts), "NaT", type_.dtype)
    else:
        out = np.empty(len(texts), object) if type_.kind == "text" else np.zeros(len(texts), type_.dtype)
    out[there] = values
    return Column(type_, out, ~there if type_.has_mask else None)
