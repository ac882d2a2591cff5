"""Steps that act on each value or column alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boxship.core.check import all_true
from boxship.core.column import Array
from boxship.twin.refused import RefusedError

_LARGEST_SINGLE = 3.4028235677973362e38  # what is beyond it is infinite in single precision


@dataclass(frozen=True)
class Finite:
    """Refuse rows with a value that is missing (unless `missing`) or infinite."""

    missing: bool

    def run(self, rows: Array) -> Array:
        whole = np.isfinite(rows) | np.isnan(rows) if self.missing else np.isfinite(rows)
        if not all_true(whole):
            raise RefusedError(int((~whole).any(1).argmax()), "missing or infinite")
        return rows


@dataclass(frozen=True)
class Pick:
    """Some columns, in this order."""

    columns: tuple[int, ...]

    def run(self, rows: Array) -> Array:
        return np.ascontiguousarray(rows[:, self.columns])


@dataclass(frozen=True)
class Standing:
    """Values, one a row, as a block of one column."""

    def run(self, values: Array) -> Array:
        return values.reshape(-1, 1)


@dataclass(frozen=True)
class Join:
    """Blocks side by side."""

    def run(self, *blocks: Array) -> Array:
        return np.concatenate(blocks, axis=1)


@dataclass(frozen=True)
class Fill:
    """Every missing value as its column's."""

    values: Array

    def run(self, rows: Array) -> Array:
        return np.where(np.isnan(rows), self.values, rows)


@dataclass(frozen=True)
class Missing:
    """1 where a value of these columns is missing, else 0."""

    columns: tuple[int, ...]

    def run(self, rows: Array) -> Array:
        return np.isnan(rows[:, self.columns]).astype(np.float64)


@dataclass(frozen=True)
class Add:
    """A number a column, added."""

    overflows: ClassVar = True  # what is not finite becomes no answer

    values: Array

    def run(self, rows: Array) -> Array:
        return rows + self.values


@dataclass(frozen=True)
class Subtract:
    """A number a column, taken away."""

    overflows: ClassVar = True

    values: Array

    def run(self, rows: Array) -> Array:
        return rows - self.values


@dataclass(frozen=True)
class Multiply:
    """A number a column, as a factor."""

    overflows: ClassVar = True

    values: Array

    def run(self, rows: Array) -> Array:
        return rows * self.values


@dataclass(frozen=True)
class Divide:
    """A number a column, as a divisor."""

    overflows: ClassVar = True

    values: Array

    def run(self, rows: Array) -> Array:
        return rows / self.values


@dataclass(frozen=True)
class Clip:
    """Not below the one, not above the other."""

    low: Array
    high: Array

    def run(self, rows: Array) -> Array:
        return np.clip(rows, self.low, self.high)


@dataclass(frozen=True)
class Above:
    """1 where a value is above its column's, else 0."""

    values: Array

    def run(self, rows: Array) -> Array:
        return (rows > self.values).astype(np.float64)
