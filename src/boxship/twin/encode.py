"""Steps from places in a list to numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from boxship.core.column import Array
from boxship.twin.refused import RefusedError


@dataclass(frozen=True)
class Find:
    """Numbers of one column as places in a sorted list; -1 where it is not in it, NaN where it is missing."""

    values: Array

    def run(self, rows: Array) -> Array:
        one = rows[:, 0]
        at = np.minimum(np.searchsorted(self.values, one), len(self.values) - 1)
        found = np.where(self.values[at] == one, at, -1.0)
        return np.where(np.isnan(one), np.nan, found)[:, None]


@dataclass(frozen=True)
class Bin:
    """One column as places among sorted edges: how many of them are not above a value."""

    edges: Array

    def run(self, rows: Array) -> Array:
        return np.searchsorted(self.edges, rows[:, 0], side="right").astype(np.float64)[:, None]


@dataclass(frozen=True)
class Lookup:
    """A row of a table for every place in one column: the last two rows are for what is not in the
    list and for what is missing, unless those are refused."""

    rows: Array
    unknown: bool  # whether there is a row for it
    missing: bool

    def run(self, places: Array) -> Array:
        one = places[:, 0]
        missing = np.isnan(one)
        at = np.where(missing, len(self.rows) - 1, np.where(one < 0, len(self.rows) - 2, one)).astype(np.intp)
        bad = (missing & (not self.missing)) | ((one < 0) & (not self.unknown))
        if bad.any():
            raise RefusedError(int(bad.argmax()), "of a category that the model does not know")
        found: Array = self.rows[at]
        return found


Labels = tuple[str | int | float | bool, ...]


def _as_array(labels: Labels) -> Array:
    if isinstance(labels[0], str):
        found = np.empty(len(labels), object)
        found[:] = labels
        return found
    return np.array(labels)


@dataclass(frozen=True)
class Label:
    """The label at the place of the highest number: the first of equals."""

    labels: Labels

    @cached_property
    def run(self) -> Callable[[Array], Array]:
        take, highest = _as_array(self.labels).take, np.ndarray.argmax

        def run(shares: Array) -> Array:
            found: Array = take(highest(shares, 1))
            return found

        return run


@dataclass(frozen=True)
class Sides:
    """The first label up to a threshold of one number, the second above it."""

    labels: Labels
    above: float

    def run(self, score: Array) -> Array:
        found: Array = self._both.take((score[:, 0] > self.above).view(np.int8))
        return found

    @cached_property
    def _both(self) -> Array:
        return _as_array(self.labels)


@dataclass(frozen=True)
class Column:
    """One column of a block, as values."""

    place: int

    def run(self, rows: Array) -> Array:
        found: Array = rows[:, self.place]
        return found
