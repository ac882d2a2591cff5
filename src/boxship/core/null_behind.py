"""Which column's nulls explain that a model raised on rows."""

import numpy as np

from boxship.core.table import Table
from boxship.core.verdict import Rows


def null_behind(table: Table, rows: Rows) -> str | None:
    """The column that is null in those rows and in no others; None where there is none, or more than one.

    >>> null_behind(Table.of({"note": ["a", None, "b"], "n": [1, 2, 3]}), np.array([1]))
    'note'
    """
    wanted = np.zeros(table.length, bool)
    wanted[rows] = True
    found = [name for name in table.null_names() if np.array_equal(table.column(name).nulls(), wanted)]
    return found[0] if len(found) == 1 and len(rows) else None
