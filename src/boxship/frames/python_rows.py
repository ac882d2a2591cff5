"""Plain Python values: a list of dicts, or a dict of lists."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from boxship.core.column import Column, column_of, from_values
from boxship.core.table import Table
from boxship.errors import DataError


class PythonRows:
    """A key that a row lacks is null. Columns come in the order in which keys are first met."""

    def read(self, source: Any) -> Table:
        if isinstance(source, dict):
            return Table.from_columns({name: _column(values, str(name)) for name, values in source.items()})
        if not isinstance(source, (list, tuple)) or not all(isinstance(row, dict) for row in source):
            raise DataError(
                "data.unknown_source",
                f"a {type(source).__name__} is not a list of dicts",
                "give a list of dicts, or a dict of lists",
            )
        return from_dicts(source)

    def make(self, table: Table) -> list[dict[str, object]]:
        return table.to_rows()


def _column(values: Any, name: str) -> Column:
    if isinstance(values, (str, bytes, dict)) or not isinstance(values, (Iterable, Column)):
        raise DataError(
            "data.unknown_source",
            f"column {name!r} is a {type(values).__name__}, not a list of values",
            "give each column a list or an array",
        )
    return column_of(values if isinstance(values, (np.ndarray, Column)) else list(values), name)


def from_dicts(rows: Sequence[dict[str, object]]) -> Table:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: from_values([row.get(name) for row in rows], str(name)) for name in names}
    return Table.from_columns(columns)
