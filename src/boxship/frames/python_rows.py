"""Plain Python values: a list of dicts, or a dict of lists."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from boxship.core.column import Column, column_of, from_values
from boxship.core.table import Table
from boxship.errors import DataError
from boxship.frames.file import OBJECTS
from boxship.frames.part import Part


class PythonRows:
    """A key that a row lacks is null. Columns come in the order in which keys are first met."""

    def read(self, source: Any) -> Table:
        if isinstance(source, dict):
            return Table.from_columns({name: _column(values, str(name)) for name, values in source.items()})
        if not isinstance(source, (list, tuple)) or not all(isinstance(row, dict) for row in source):
            raise DataError(
                "data.unknown_source",
                f"{_said(source)} is no table",
                f"known are {OBJECTS}, and paths of files",
            )
        return from_dicts(source)

    def split(self, source: Any) -> list[Part] | None:
        if not isinstance(source, dict) or not all(map(_is_column, source.values())):
            return None
        return [
            Part(name, partial(_column, values, str(name)), partial(_values, values))
            for name, values in source.items()
        ]

    def make(self, table: Table) -> list[dict[str, object]]:
        return table.to_rows()


def _said(source: object) -> str:
    """What was given in the place of a table; of a list, also the first that is no row."""
    if isinstance(source, (list, tuple)):
        strange = next(row for row in source if not isinstance(row, dict))
        return f"a {type(source).__name__} of {type(strange).__name__}"
    return "None" if source is None else f"a {type(source).__name__}"


def _column(values: Any, name: str) -> Column:
    if not _is_column(values):
        raise DataError(
            "data.unknown_source",
            f"column {name!r} is a {type(values).__name__}, not a list of values",
            "give each column a list or an array",
        )
    return column_of(values if isinstance(values, (np.ndarray, Column)) else list(values), name)


def _is_column(values: object) -> bool:
    if isinstance(values, np.ndarray):
        return values.ndim > 0
    return isinstance(values, (Iterable, Column)) and not isinstance(values, (str, bytes, dict))


def _values(values: Any) -> list[object]:
    return values.to_list() if isinstance(values, Column) else list(values)


def from_dicts(rows: Sequence[dict[str, object]]) -> Table:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: from_values([row.get(name) for row in rows], str(name)) for name in names}
    return Table.from_columns(columns)
