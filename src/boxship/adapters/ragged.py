"""Rows whose lists differ in length: each by itself, as tensors of the shapes that it has."""

import numpy as np

from boxship.core.column import Column
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.errors import DataError


def has_lists(table: Table) -> bool:
    """Whether rows hold lists of their own lengths, which have no shape in common."""
    return any(type_.kind == "record" for type_ in table.schema.types)


def with_tensors(row: Table) -> Table:
    """One row, its lists as tensors of the shapes that they have."""
    return Table.from_columns({name: _tensor(name, row.column(name)) for name in row.names})


def _tensor(name: str, column: Column) -> Column:
    if column.type.kind != "record":
        return column
    try:
        values = np.array([column.values[0]])
    except ValueError:  # lists in it differ in length
        values = np.array([None])
    if values.ndim < 2 or not values.size or values.dtype.kind not in "biuf":
        raise DataError(
            "data.wrong_type",
            f"column {name!r} holds a value that is no list of numbers, or lists of different lengths in one row",
            "give numbers, in lists that have one shape within a row",
        )
    return Column(Type(values.dtype.name, values.shape[1:]), values)
