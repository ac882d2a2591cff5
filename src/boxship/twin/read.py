"""How a program reads a table."""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from boxship.core.check import all_true
from boxship.core.column import Array, Column
from boxship.core.table import Table
from boxship.twin.refused import RefusedError

_DOUBLE = np.dtype("float64")  # its word would be looked up with each table


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers and booleans as one block in double precision; a null is NaN."""

    names: tuple[str, ...]

    def read(self, table: Table) -> Array:
        return table.block(self.names, _DOUBLE)


@dataclass(frozen=True)
class Singles:
    """Columns of numbers, truths and arrays of these, side by side in single precision; a null is NaN.

    What would be another number there is refused: one too large, or an integer of too many digits.
    """

    names: tuple[str, ...]

    def read(self, table: Table) -> Array:
        columns = [_single(table.column(name)) for name in self.names]
        parts = [one.reshape(table.length, prod(one.shape[1:])) for one in columns]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _single(column: Column) -> Array:
    values = column.values
    if column.mask is not None and column.mask.any():
        values = np.where(column.mask, np.nan, values.astype(np.float64))
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        cast = values.astype(np.float32)
    if values.dtype.kind == "f":
        same = np.isinf(cast) == np.isinf(values)
    else:
        same = (cast == values) & ((cast < 0) == (values < 0))
    if not all_true(same):
        raise RefusedError(int((~same).reshape(len(same), -1).any(1).argmax()), "beyond single precision")
    return cast


@dataclass(frozen=True)
class Places:
    """One column of texts, categories, numbers or booleans as places in a list; -1 where it is not
    in it, NaN where it is null."""

    name: str
    values: tuple[str | int | float | bool, ...]

    def read(self, table: Table) -> Array:
        column = table.column(self.name)
        if column.type.kind == "category":
            by_code = np.array([self._place.get(level, -1) for level in column.levels] + [np.nan])
            return by_code[column.values][:, None]
        places = self._place
        values = column.values.tolist()
        found = np.array([places.get(value, -1) for value in values], np.float64)
        found[column.nulls()] = np.nan
        return found[:, None]

    @cached_property
    def _place(self) -> dict[object, int]:
        return {value: place for place, value in enumerate(self.values)}
