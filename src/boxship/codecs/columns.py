"""Plain values, already of the contract's types, as its table."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from boxship.core.column import Array, Column, from_values
from boxship.core.table import Group, Schema, Table
from boxship.core.type import MOMENTS, Type

Values = Sequence[Sequence[Any]]  # a column each; None is null


class Columns:
    """Compiled from a schema once: each part is filled at once, and no type is looked at again."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._fill = tuple(_filler(group, schema.types[group.members[0]]) for group in schema.groups)
        self._masked = tuple(index for index, type_ in enumerate(schema.types) if type_.has_mask)

    def table(self, columns: Values, length: int) -> Table:
        """A table of so many rows."""
        masks: dict[str, Array] = {}
        for index in self._masked:
            values = columns[index]
            if None in values:
                nulls = np.fromiter((value is None for value in values), bool, length)
                masks[self._schema.names[index]] = nulls
                columns = [*columns]
                columns[index] = [0 if value is None else value for value in values]
        return Table(self._schema, length, tuple(fill(columns) for fill in self._fill), masks)


def column_of_plain(values: Sequence[Any], type_: Type) -> Column:
    """One column of such values."""
    return Columns(Schema([("column", type_)])).table([values], len(values)).column("column")


def _filler(group: Group, type_: Type) -> Callable[[Values], Any]:  # a part of a table
    first, dtype = group.members[0], group.dtype
    if type_.kind in ("text", "binary"):
        return lambda columns: _objects(columns[first])
    if type_.shape:
        return lambda columns: as_array(columns[first], type_.dtype).reshape(-1, *type_.shape)
    if not group.block:
        return lambda columns: from_values(list(columns[first]), "", type_).stored
    if type_.kind in MOMENTS:
        return lambda columns: np.stack(
            [from_values(columns[index], "", type_).values for index in group.members], axis=1
        )
    return lambda columns: np.ascontiguousarray(
        as_array([columns[index] for index in group.members], dtype).reshape(len(group.members), -1).T
    )


def as_array(values: Sequence[Any], dtype: np.dtype[Any]) -> Array:
    """An array of that dtype; a number too large for it is infinite."""
    if dtype.kind != "f" or dtype.itemsize == 8:
        return np.array(values, dtype)
    with np.errstate(over="ignore"):  # numpy warns of it; here the contract's check refuses the row
        return np.array(values, dtype)


def _objects(values: Sequence[object]) -> Array:
    out = np.empty(len(values), object)
    out[:] = values
    return out
