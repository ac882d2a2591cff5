"""Drawing rows again, by our own integer hash: the same rows give the same intervals."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from boxship.core.column import Array
from boxship.core.golden_hash import hashes

MOST_GROUPS = 2000
_TIMES = 1000
_TIMES_SLOW = 200
_SLOW = 20_000  # rows
Values = Mapping[str, Array]


class Resample:
    """Rows in groups that are drawn as one: the rows themselves, as long as they are few.

    Which group a row is in is chance, so that the spread of drawn groups is that of drawn rows, and a sum
    over many rows is drawn again at the cost of a sum over groups.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.count = min(rows, MOST_GROUPS)
        self.groups = (
            np.arange(rows)
            if rows <= MOST_GROUPS
            else (hashes("check rows", rows) % MOST_GROUPS).astype(np.intp)
        )

    def sums(self, values: Array) -> Array:
        """One sum a group, as a column."""
        found: Array = np.bincount(self.groups, values, self.count)[:, None]
        return found

    def sums_by(self, codes: Array, width: int, values: Array | None = None) -> Array:
        """A group's sums by code, a column each; rows are counted where no values are given."""
        places = self.groups * width + codes
        found: Array = np.bincount(places, values, self.count * width).reshape(self.count, width)
        return found.astype(np.float64)

    def totals(self, sums: Array) -> Array:
        """Of all groups, as often as each was drawn: a row a resample."""
        found: Array = _draws(self.count, _TIMES) @ sums
        return found

    def weighted(self, measured: Callable[[Array], Values]) -> dict[str, Array]:
        """What is measured of rows that count so often each, a value a resample."""
        times = _TIMES if self.rows <= _SLOW else _TIMES_SLOW
        found: dict[str, list[Array]] = {}
        for drawn in _draws(self.count, times):
            for name, value in measured(drawn[self.groups]).items():
                found.setdefault(name, []).append(value)
        return {name: np.array(values) for name, values in found.items()}


@lru_cache(maxsize=4)
def _draws(count: int, times: int) -> Array:
    """How often each group is drawn, a row a resample."""
    picked = (hashes("check draws", count * times) % np.uint64(max(count, 1))).astype(np.intp)
    places = np.repeat(np.arange(times) * count, count) + picked
    found: Array = np.bincount(places, minlength=count * times).reshape(times, count).astype(np.float64)
    return found
