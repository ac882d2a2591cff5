"""Rows as CSV in one body: by the names of a header, or by their place."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Sequence

from boxship.codecs.table import fit_columns
from boxship.codecs.text_column import found_of_texts
from boxship.core.accept import REFUSALS, accept
from boxship.core.contract import Contract, Field
from boxship.core.name import names_hint
from boxship.core.shown import shown_text
from boxship.core.verdict import Decoded
from boxship.errors import DataError
from boxship.frames.text_type import value_of_text

_PARAMETER = "or say it: content-type: text/csv; header=present, or header=absent"


def lines_of_csv(body: bytes) -> list[list[str]]:
    """UTF-8, with commas; at least one line."""
    csv.field_size_limit(sys.maxsize)  # a text may be long
    try:
        text = body.decode("utf-8-sig")
        lines = [fields for fields in csv.reader(io.StringIO(text, newline=""), strict=True) if fields]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            "codec.malformed", f"the body is not CSV: {error}", "send UTF-8, with commas"
        ) from error
    if not lines:
        raise DataError("codec.malformed", "the body has no line", "send a header, or a row a line")
    return lines


def read_csv(contract: Contract, lines: Sequence[list[str]], *, has_header: bool | None = None) -> Decoded:
    """The fields of each line, read as the contract wants them; an empty one is null.

    Unless it is told, the first line is the header where it names fields, and a row where it reads as one.
    Where it could be both or is neither, all is refused: rows might be answered by the wrong columns.
    """
    names = [field.name for field in contract.inputs]
    if has_header or (has_header is None and _is_header(contract, lines[0])):
        names, lines = lines[0], lines[1:]
    _check(names, lines)
    columns = list(zip(*lines, strict=True)) or [()] * len(names)
    fields = contract.fields
    found = {
        name: found_of_texts(fields[name].typed, texts)
        for name, texts in zip(names, columns, strict=True)
        if name in fields
    }
    return fit_columns(contract, found, names, len(lines))


def _is_header(contract: Contract, first: Sequence[str]) -> bool:
    fields = contract.inputs
    if sorted(first) == sorted(contract.fields):
        return True
    names = any(name in contract.fields for name in first)
    reads = len(first) == len(fields) and all(map(_reads, fields, first))
    if names == reads:
        what = "may be a header or a row" if names else "is no header that names a field, and no row"
        hint = names_hint("the fields are", shown_text(first[0]), [field.name for field in fields])
        raise DataError("codec.csv_header", f"the first line {what}", f"{hint}; {_PARAMETER}")
    return names


def _reads(field: Field, text: str) -> bool:
    if not text:
        return True
    try:
        accept(field.typed, value_of_text(text, field.typed))
    except REFUSALS:
        return False
    return True


def _check(names: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    (twice, times), *_ = Counter(names).most_common(1)
    if times > 1:
        message = f"{times} columns are named {shown_text(twice)!r}"
        raise DataError("data.duplicate_name", message, "rename one: a name means one column")
    for number, line in enumerate(lines, 1):
        if len(line) != len(names):
            message = f"row {number} has {len(line)} fields, {len(names)} are due"
            raise DataError("codec.malformed", message, f"correct row {number}; text with commas is quoted")
