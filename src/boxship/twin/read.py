"""How a program reads a table."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from boxship.core.column import Array
from boxship.core.table import Table


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers and booleans as one block in double precision; a null is NaN."""

    names: tuple[str, ...]

    def read(self, table: Table) -> Array:
        return table.block(self.names, "float64")


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
