"""Rows that are no wire's bytes: Python objects, data frames and files."""

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from boxship import frames
from boxship.codecs import Request
from boxship.codecs.json import JsonCodec
from boxship.codecs.table import Found, fit_columns, fit_table
from boxship.core.column import Column
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.core.verdict import Decoded
from boxship.errors import DataError
from boxship.frames.file import checked
from boxship.frames.text_type import column_of_type, value_of_text

_NOTHING = ("NaTType", "NAType")  # how pandas writes null


def read_rows(contract: Contract, source: object) -> Request:
    """One row (a mapping), a list of them, a file, or whatever else `frames` reads.

    A row that does not fit becomes a verdict, never its neighbours'. Raises `DataError` where no
    rows can be told apart.
    """
    if isinstance(source, (str, os.PathLike)):
        return _of_file(contract, Path(source))
    if type(source).__name__ == "Series" and hasattr(source, "to_dict"):  # a row of a pandas frame
        source = source.to_dict()
    if isinstance(source, Mapping):
        return Request(_of_objects(contract, [source]), single=True)
    if isinstance(source, (list, tuple)):
        return Request(_of_objects(contract, source), single=False)
    return Request(fit_table(contract, frames.read(source)), single=False)


def _of_objects(contract: Contract, rows: list[Any] | tuple[Any, ...]) -> Decoded:
    return JsonCodec(contract).read([_plain(row) for row in rows])


def _plain(value: Any) -> Any:  # what numpy and data frames put into a row, as JSON would have it
    if type(value).__name__ == "Series" and hasattr(value, "to_dict"):  # a row of a pandas frame
        value = value.to_dict()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:  # see _plain
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if type(value).__name__ in _NOTHING or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return None
    if isinstance(value, dt.datetime):
        return dt.datetime.fromisoformat(value.isoformat())  # a Timestamp is one with nanoseconds
    return value


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
    decoded = fit_table(contract, frames.read(path)) if texts is None else _of_texts(contract, texts)
    return Request(decoded, single=False)


def _of_texts(contract: Contract, texts: Table) -> Decoded:
    """Every text by itself and as its field wants it, whatever stands beside it."""
    fields = [field for field in contract.inputs if field.name in texts.schema.places]
    columns = {field.name: _as_wanted(field.typed, texts.column(field.name)) for field in fields}
    return fit_columns(contract, columns, texts.names, texts.length)


def _as_wanted(type_: Type, column: Column) -> Found:
    texts: list[Any] = column.to_list()  # texts, None for null
    read = column_of_type(texts, type_)
    if read is not None:
        return read
    return [None if text is None else value_of_text(text, type_) for text in texts]
