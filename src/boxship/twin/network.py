"""Steps of networks: in single precision, as these calculate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boxship.core.check import all_true
from boxship.core.column import Array
from boxship.twin.program import NEAR_NETWORK
from boxship.twin.refused import RefusedError

COMBINED: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


@dataclass(frozen=True)
class Layer:
    """Rows times weights (a column an output), plus a number an output."""

    near: ClassVar = NEAR_NETWORK
    overflows: ClassVar = True  # what is not finite becomes no answer

    weights: Array
    bias: Array

    def __post_init__(self) -> None:
        """Refuse weights that are not for a block of single precision."""
        if self.weights.dtype != np.float32 or self.bias.shape != self.weights.shape[1:]:
            raise ValueError("the weights of a layer are of another type or shape")

    def run(self, rows: Array) -> Array:
        return rows @ self.weights + self.bias


@dataclass(frozen=True)
class Scale:
    """A factor and a number a column."""

    near: ClassVar = NEAR_NETWORK
    overflows: ClassVar = True

    factors: Array
    shifts: Array

    def run(self, rows: Array) -> Array:
        return rows * self.factors + self.shifts


@dataclass(frozen=True)
class Leaky:
    """What is below zero, times a number."""

    slope: float

    def run(self, rows: Array) -> Array:
        return np.where(rows > 0, rows, rows * np.float32(self.slope))


@dataclass(frozen=True)
class Slopes:
    """What is below zero, times its column's number."""

    values: Array

    def run(self, rows: Array) -> Array:
        return np.where(rows > 0, rows, rows * self.values)


@dataclass(frozen=True)
class Level:
    """Each row less its mean, by its spread; then a factor and a number a column.

    Libraries differ in what of a very large row leaves single precision. `wide`: no sum does, only a single
    number. `every`: the mean of every so-manieth column is squared as well, where it is above 0, and a row
    where that is infinite has no numbers.
    """

    near: ClassVar = NEAR_NETWORK
    overflows: ClassVar = True

    small: float
    factors: Array
    shifts: Array
    wide: bool
    every: int

    def __post_init__(self) -> None:
        """Refuse what is no stride."""
        if self.every < 0:
            raise ValueError(f"it takes every {self.every}th column")

    def run(self, rows: Array) -> Array:
        apart = rows - self._mean(rows)
        spread = np.sqrt(np.square(apart).mean(axis=1, keepdims=True) + np.float32(self.small))
        if self.every:
            lost = np.isinf(np.square(self._mean(rows[:, :: self.every])))
            spread = np.where(lost, np.float32(np.nan), spread)
        found: Array = apart / spread * self.factors + self.shifts
        return found

    def _mean(self, rows: Array) -> Array:
        sums = np.float64 if self.wide else np.float32
        return np.asarray(rows.mean(axis=1, dtype=sums, keepdims=True), np.float32)


@dataclass(frozen=True)
class Combine:
    """Two blocks of one shape, value by value, by one of `COMBINED`."""

    near: ClassVar = NEAR_NETWORK
    overflows: ClassVar = True

    name: str

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        if self.name not in COMBINED:
            raise ValueError(f"there is no way {self.name!r} to combine blocks")

    def run(self, rows: Array, others: Array) -> Array:
        return COMBINED[self.name](rows, others)


@dataclass(frozen=True)
class Embed:
    """The row of a table for every place, side by side. A place that is not there is refused; or (`wraps`) those
    below zero count from the end, and what is still not there has no numbers."""

    table: Array
    wraps: bool

    def run(self, places: Array) -> Array:
        length = len(self.table)
        there = (places >= 0) & (places < length)
        if self.wraps:
            places = np.where(places < 0, places + length, places)
            there = (places >= 0) & (places < length)
        elif not all_true(there):
            raise RefusedError(int((~there).any(1).argmax()), "of a place that the model does not know")
        found = self.table[np.where(there, places, 0).astype(np.intp)]
        found[~there] = np.nan
        return np.asarray(found.reshape(len(places), places.shape[1] * self.table.shape[1]))
