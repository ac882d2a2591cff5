"""Steps that mix columns."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boxship.core.column import Array
from boxship.twin.program import NEAR

NO_LENGTH = 10 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Linear:
    """Rows times weights (a column an output), plus a number an output."""

    near: ClassVar = NEAR
    overflows: ClassVar = True

    weights: Array
    bias: Array

    def run(self, rows: Array) -> Array:
        return rows @ self.weights + self.bias


@dataclass(frozen=True)
class Products:
    """Columns, and products of an earlier column of the result and a column: (-1, a) is column `a`
    itself, (-1, -1) is one."""

    pairs: tuple[tuple[int, int], ...]

    def run(self, rows: Array) -> Array:
        out = np.empty((len(rows), len(self.pairs)))
        for place, (earlier, column) in enumerate(self.pairs):
            one = 1.0 if column < 0 else rows[:, column]
            out[:, place] = one if earlier < 0 else out[:, earlier] * one
        return out


@dataclass(frozen=True)
class Power:
    """Each column raised to its own power, by the formula of Yeo and Johnson: below zero as mirrored."""

    near: ClassVar = NEAR
    overflows: ClassVar = True

    powers: Array

    def run(self, rows: Array) -> Array:
        above = _raised(np.maximum(rows, 0), self.powers)
        below = -_raised(np.maximum(-rows, 0), 2 - self.powers)
        return np.where(np.isnan(rows), np.nan, np.where(rows >= 0, above, below))


def _raised(rows: Array, powers: Array) -> Array:
    logs = np.log1p(rows)
    flat = np.abs(powers) < np.finfo(np.float64).eps
    return np.where(flat, logs, np.expm1(powers * logs) / np.where(flat, 1.0, powers))


@dataclass(frozen=True)
class Norm:
    """Each row divided by its length: `l1`, `l2` or `max`; a row that is all but zero stays."""

    near: ClassVar = NEAR

    kind: str

    def run(self, rows: Array) -> Array:
        if self.kind == "l2":
            length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        else:
            length = np.abs(rows).sum(1) if self.kind == "l1" else np.abs(rows).max(1)
        return rows / np.where(length < NO_LENGTH, 1.0, length)[:, None]


@dataclass(frozen=True)
class Bells:
    """For each class the logarithm of how likely a row is, were its columns normal and apart: a row of
    means, of variances, and a number a class."""

    near: ClassVar = NEAR

    means: Array
    variances: Array
    start: Array

    def run(self, rows: Array) -> Array:
        apart = (rows[:, None, :] - self.means) ** 2 / self.variances
        found: Array = self.start - 0.5 * apart.sum(axis=2)
        return found
