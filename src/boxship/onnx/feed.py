"""A table as what a runtime of ONNX is fed with, and what it gives as a table again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boxship.core.answer import PROBABILITIES
from boxship.core.column import Array, Column, column_of
from boxship.core.contract import Contract, Field
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.onnx.field import empty_is_null, kind_of

_WHOLE = 2**53  # up to it a double holds every whole number


def fed(contract: Contract, table: Table) -> dict[str, Array]:
    """An array an input, by name; of rows that `admitted` does not tell something else may be said."""
    kinds = {field.name: kind_of(field) for field in contract.inputs}
    return {name: _as_input(table.column(name), kind) for name, kind in kinds.items() if kind}


def admitted(contract: Contract, table: Table) -> NDArray[np.bool_]:
    """Of which rows every value can be said to the file."""
    found = np.ones(table.length, bool)
    for field in contract.inputs:
        found &= _can_be_said(field, table.column(field.name))
    return found


def answered(contract: Contract, arrays: Sequence[Array]) -> Table:
    """What the file gave, in the order of its outputs, under the names and of the types of the contract."""
    types: list[tuple[str, Type]] = []
    for output in contract.outputs:
        types.append((output.name, Type.parse(output.type)))
        if output.probabilities:
            types.append((output.name + PROBABILITIES, Type("float64", (len(output.classes or ()),))))
    columns: dict[str, Column] = {}
    for (name, type_), array in zip(types, arrays, strict=True):
        values = array if type_.shape else array.reshape(-1)
        columns[name] = column_of(values.astype(type_.dtype) if type_.is_number else values, name, type_)
    return Table.from_columns(columns)


def _as_input(column: Column, kind: str) -> Array:
    if kind == "str":
        texts = np.array(["" if one is None else one for one in column.to_list()], object)
        return texts.reshape(-1, 1)
    values = column.values.astype(kind)
    if column.mask is not None and kind == "float64":
        values[column.mask] = np.nan
    return np.ascontiguousarray(values if column.type.shape else values[:, None])


def _can_be_said(field: Field, column: Column) -> NDArray[np.bool_]:
    nulls = column.nulls()
    if kind_of(field) == "str":
        is_empty = np.array([one == "" for one in column.to_list()], bool)
        return ~(is_empty if empty_is_null(field) else nulls)
    if kind_of(field) == "float64" and column.type.is_integer:
        return nulls | (np.abs(column.values.astype(np.float64)) < _WHOLE)
    return np.ones(len(column), bool) if column.type.is_float or column.type.kind == "bool" else ~nulls
