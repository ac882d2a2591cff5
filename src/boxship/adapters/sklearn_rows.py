"""The form in which rows reach a scikit-learn model: one block, or a DataFrame as in training."""

from collections.abc import Collection
from typing import Any

import numpy as np

from boxship import frames
from boxship.core.column import Array, Codes, Column
from boxship.core.table import Table
from boxship.core.type import Type


def as_block(table: Table, none_columns: Collection[str]) -> Array:
    types = table.schema.types
    null_bools = any(table.schema.type_of(name).kind == "bool" for name in table.masks)
    if null_bools or any(type_.kind in ("text", "category", "record") for type_ in types):
        out = np.empty((table.length, len(table.names)), object)
        for index, name in enumerate(table.names):
            column = table.column(name)
            texts = column.type.kind == "category"
            out[:, index] = Codes(column.values, column.levels).texts() if texts else column.values
            out[column.nulls(), index] = None if name in none_columns else np.nan
        return out[:, 0] if out.shape[1] == 1 else out
    tensors = [type_.shape for type_ in types if type_.shape]
    if tensors and len(table.names) == 1:
        values = table.column(table.names[0]).values
        return values.reshape(len(values), -1)
    return table.block(table.names, "float32" if _all_float32(table) else "float64")


def _all_float32(table: Table) -> bool:
    return all(type_.kind == "float32" for type_ in table.schema.types)


def as_frame(table: Table, none_columns: Collection[str]) -> Any:  # a DataFrame
    """As the model was trained: categories as text, integers with nulls as floats, booleans as objects."""
    columns = {name: table.column(name) for name in table.names}
    for name, column in columns.items():
        if column.type.kind == "category":
            columns[name] = Column(Type("text"), Codes(column.values, column.levels).texts())
        elif column.mask is not None and column.type.kind != "bool":
            values = np.where(column.mask, np.nan, column.values.astype("float64"))
            columns[name] = Column(Type("float64"), values)
    frame = frames.to_pandas(Table.from_columns(columns))
    for name, column in columns.items():
        nulls = column.nulls()
        if nulls.any() and (column.type.kind == "bool" or name in none_columns):
            series = frame[name].astype(object)
            series[nulls] = None if name in none_columns else np.nan
            frame[name] = series
    return frame
