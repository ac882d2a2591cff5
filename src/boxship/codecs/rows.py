"""Rows that are no wire's bytes: Python objects, data frames and files."""

import os
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np

from boxship import frames
from boxship.codecs import Request
from boxship.codecs.json import JsonCodec
from boxship.codecs.plain import plain
from boxship.codecs.table import Found, fit_columns, fit_table
from boxship.codecs.text_column import found_of_texts
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.core.verdict import Decoded
from boxship.errors import DataError
from boxship.frames.file import checked
from boxship.frames.part import Part


def read_rows(contract: Contract, source: object) -> Request:
    """One row (a mapping), some of them in any iterable, a file, or whatever else `frames` reads.

    A row that does not fit becomes a verdict, never its neighbours'. Raises `DataError` where no
    rows can be told apart.
    """
    if isinstance(source, (str, os.PathLike)):
        return _of_file(contract, Path(source))
    if isinstance(source, Mapping) and _is_columns(contract, source):
        return Request(_of_columns(contract, dict(source)), single=False)
    if _is_row(source):
        return Request(_of_objects(contract, [source]), single=True)
    if frames.is_of_library(source) and not _holds_rows(source):
        return Request(_of_columns(contract, source), single=False)
    return Request(_of_objects(contract, _listed(source)), single=False)


def _listed(source: object) -> Sequence[Any]:
    """What a list holds is answered row by row; what is no list has to hold some row."""
    if isinstance(source, (list, tuple)):
        return source
    if isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray, memoryview, Set)):
        found = [*source]
        if not found or any(map(_is_row, found)):
            return found
    raise DataError(
        "data.unknown_source",
        f"a {type(source).__qualname__} holds no rows",
        "give one row as a dict, rows as an iterable of dicts, a data frame, an Arrow table or a file",
    )


def _of_objects(contract: Contract, rows: Sequence[Any]) -> Decoded:
    return JsonCodec(contract).read([_plain_row(row) for row in rows])


def _plain_row(row: Any) -> Any:  # whatever the caller gave as one
    if _is_row(row):
        return {name: plain(value) for name, value in row.items()}
    return row


def _is_row(source: object) -> bool:
    """A mapping, or what may be a row of a pandas frame."""
    return isinstance(source, Mapping) or (_is_series(source) and not _holds_rows(source))


def _is_columns(contract: Contract, source: Mapping[Any, object]) -> bool:
    """Whether it gives an array of many values for each field, where one row has an array of one less dimension."""
    known = [(contract.fields[name].typed, one) for name, one in source.items() if name in contract.fields]
    return bool(known) and all(
        isinstance(one, np.ndarray) and one.ndim == 1 + len(type_.shape) and type_.kind != "record"
        for type_, one in known
    )


def _holds_rows(source: Any) -> bool:  # of whatever type
    """Whether it is an array of objects with some row among them, or a Series of such without names."""
    if _is_series(source):
        return any(isinstance(one, Mapping) for one in source) and not any(
            isinstance(name, str) for name in source.index
        )
    is_list = isinstance(source, np.ndarray) and source.ndim == 1 and source.dtype == object
    return is_list and any(map(_is_row, source))


def _is_series(source: object) -> bool:
    return type(source).__name__ == "Series" and hasattr(source, "to_dict")


def _of_file(contract: Contract, path: Path) -> Request:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return JsonCodec(contract).decode(checked(path).read_bytes())
    if suffix in (".jsonl", ".ndjson"):
        lines = (line for line in checked(path).read_bytes().splitlines() if line.strip())
        try:
            return JsonCodec(contract).decode(b"[" + b",\n".join(lines) + b"]")
        except DataError:
            frames.read(path)  # names the line
            raise
    texts = frames.read_texts(path)
    decoded = _of_columns(contract, path) if texts is None else _of_texts(contract, texts)
    return Request(decoded, single=False)


def _of_columns(contract: Contract, source: object) -> Decoded:
    """A table; where the source is none, column by column, so that the contract's may be read all the same."""
    try:
        table = frames.read(source)
    except DataError:
        decoded = _of_parts(contract, frames.split(source) or ())
        if decoded is None:
            raise
        return decoded
    return fit_table(contract, table)


def _of_parts(contract: Contract, parts: Sequence[Part]) -> Decoded | None:
    """Columns that the contract does not have need only their names; None where rows cannot be told apart."""
    wanted = [part for part in parts if part.name in contract.fields]
    columns = {part.name: found_of_part(part) for part in wanted}
    lengths = set(map(len, columns.values() if columns else [part.values() for part in parts]))
    if len(columns) < len(wanted) or len(lengths) != 1:
        return None
    return fit_columns(contract, columns, [part.name for part in parts], lengths.pop())


def found_of_part(part: Part) -> Found:
    """Its column, or its values where no table can hold them."""
    try:
        return part.column()
    except DataError:
        return [plain(value) for value in part.values()]


def _of_texts(contract: Contract, texts: Table) -> Decoded:
    """Every text by itself and as its field wants it, whatever stands beside it."""
    fields = [field for field in contract.inputs if field.name in texts.schema.places]
    columns = {
        field.name: found_of_texts(field.typed, texts.column(field.name).to_list()) for field in fields
    }
    return fit_columns(contract, columns, texts.names, texts.length)
