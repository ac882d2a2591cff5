"""The form in which rows reach a model: one block, a DataFrame as in training, or as Python writes them."""

import copy
from collections.abc import Collection
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from boxship import frames
from boxship.adapters import form_beside
from boxship.core.column import Array, Codes, Column
from boxship.core.table import Schema, Table
from boxship.core.type import MOMENTS, NUMBERS, Type
from boxship.errors import BoxError

# text and series: one column, a text a row; columns: a dict of arrays; records: a list of dicts; row: the
# same, one at a time
Kind = Literal["block", "frame", "text", "series", "columns", "records", "row"]


class Form(msgspec.Struct, frozen=True):
    """How rows looked in training, as far as one batch of them cannot tell."""

    kind: Kind
    nullable: tuple[str, ...] = ()
    units: dict[str, str] = {}  # of datetimes, where the training data said them
    outputs: tuple[str, ...] = ()  # what the model calls its answers, where it gives several by name
    format: Literal[1] = 1

    def to_text(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_text(cls, text: bytes) -> "Form":
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BoxError(
                "model.form_unreadable",
                f"the form of the model's rows cannot be read: {error}",
                "pip install --upgrade boxship reads newer boxes; else copy the box again, or pack it again",
            ) from error


def read_form(model: Path) -> Form | None:
    """What was settled when the model was packed, if anything had to be."""
    beside = form_beside(model)
    return Form.from_text(beside.read_bytes()) if beside.is_file() else None


def as_rows(table: Table, form: Form, nones: Collection[str | int]) -> Any:  # what the model takes
    """The same rows in the same form, whatever else is in the batch, and the model's own to change. `nones`
    are the columns whose nulls are None, by name, or by place where there are no names."""
    if any(type_.kind == "record" for type_ in table.schema.types):
        table = Table.from_columns({name: _with_own_records(table.column(name)) for name in table.names})
    return _rows(table, form, nones)


def _with_own_records(column: Column) -> Column:
    """What lies in a record is not copied with the array that holds it."""
    if column.type.kind != "record":
        return column
    return Column(column.type, copy.deepcopy(column.values), column.mask)


def _rows(table: Table, form: Form, nones: Collection[str | int]) -> Any:  # in that form
    if form.kind in ("text", "series") and len(table.names) != 1:
        raise ValueError(f"a row is one text, and there are {len(table.names)} columns")
    if form.kind in ("frame", "series"):
        named = {table.names[one] if isinstance(one, int) else one for one in nones}
        frame = _as_frame(table, form, named)
        return frame if form.kind == "frame" else frame[table.names[0]]
    if form.kind == "columns":
        columns, objects = _as_trained(table, form, ())
        return {name: objects.get(name, column.values).copy() for name, column in columns.items()}
    if form.kind in ("records", "row"):
        lists = [table.column(name).to_list() for name in table.names]
        return [dict(zip(table.names, row, strict=True)) for row in zip(*lists, strict=True)]
    block = _as_block(table, (*form.nullable, *table.masks), nones)
    return block[:, 0] if form.kind == "text" else block


def _as_block(table: Table, nullable: tuple[str, ...], nones: Collection[str | int]) -> Array:
    dtype, width = _laid(table.schema, nullable)
    if dtype is not None and width == len(table.names):
        block = table.block(table.names, dtype)
        return block.copy() if any(block is part for part in table.parts) else block
    out = np.empty((table.length, width), dtype or object)
    place = 0
    for name in table.names:
        column = table.column(name)
        is_category = column.type.kind == "category"
        values = Codes(column.values, column.levels).texts() if is_category else column.values
        out[:, place : place + column.type.size] = values.reshape(table.length, column.type.size)
        if (nulls := column.nulls()).any():
            out[nulls, place] = None if name in nones or place in nones else np.nan
        place += column.type.size  # a tensor is so many columns of numbers
    return out


@lru_cache(maxsize=64)
def _laid(schema: Schema, nullable: tuple[str, ...]) -> tuple[str | None, int]:
    """The type and the width of one block."""
    return _dtype(schema, nullable), sum(type_.size for type_ in schema.types)


def _dtype(schema: Schema, nullable: tuple[str, ...]) -> str | None:
    """As numpy and pandas choose it; None where only objects will do."""
    kinds = {type_.kind for type_ in schema.types}
    null_kinds = {schema.type_of(name).kind for name in nullable if name in schema.places}
    if kinds & {"text", "category", "record"} or "bool" in null_kinds:
        return None
    if kinds & {*MOMENTS} and kinds - {*MOMENTS}:
        return None  # numpy has no type for both, and counts no moments of its own accord
    if any(Type(kind).is_integer for kind in null_kinds) or not kinds <= {*NUMBERS}:
        return "float64"
    return np.result_type(*(type_.dtype for type_ in schema.types)).name


def _as_trained(
    table: Table, form: Form, nones: Collection[str]
) -> tuple[dict[str, Column], dict[str, Array]]:
    """Categories as text, integers with nulls as floats; and those that are objects, with their nulls."""
    columns = {name: table.column(name) for name in table.names}
    objects: dict[str, Array] = {}
    for name, column in columns.items():
        may_be_null = name in form.nullable or column.mask is not None
        if column.type.kind == "category":
            columns[name] = Column(Type("text"), Codes(column.values, column.levels).texts())
        elif may_be_null and column.type.is_integer:
            columns[name] = Column(Type("float64"), np.where(column.nulls(), np.nan, column.values))
        if name in nones or (may_be_null and column.type.kind == "bool"):
            objects[name] = columns[name].values.astype(object)
            objects[name][column.nulls()] = None if name in nones else np.nan
    return columns, objects


def _as_frame(table: Table, form: Form, nones: Collection[str]) -> Any:  # a DataFrame
    columns, objects = _as_trained(table, form, nones)
    frame = frames.to_pandas(Table.from_columns(columns)).copy()  # of one block it would be a view
    for name, values in objects.items():
        series = frame[name].astype(object)
        series[:] = values
        frame[name] = series
    for name, column in columns.items():
        if column.type.kind == "datetime":
            frame[name] = frame[name].astype(f"datetime64[{form.units.get(name, _pandas_unit())}]")
    return frame


@lru_cache
def _pandas_unit() -> str:
    """What pandas itself makes of moments that it reads."""
    return "ns" if int(version("pandas").split(".")[0]) < 3 else "us"
