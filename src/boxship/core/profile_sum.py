"""Moments that merge exactly: integer sums on a grid that is frozen with the reference data."""

import math
import sys
from fractions import Fraction
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from boxship.core.profile_bound import Number

_CELLS = 14  # the reference span is cut into about 2**14 steps,
_REACH = 24  # and values count up to 2**24 steps from its middle: a thousand spans
_ROWS = 1 << 14  # a piece: 2**14 products below 2**48 stay within 63 bits
_LARGEST = Fraction(sys.float_info.max)
_HALF = (1 << _REACH) - 1


class Grid(msgspec.Struct, frozen=True, array_like=True):
    """Where a value falls: the whole number of steps of 2**exponent from the centre."""

    center: float
    exponent: int

    @classmethod
    def over(cls, low: Number, high: Number) -> "Grid":
        integer = isinstance(low, int) and isinstance(high, int)
        a, b = float(low), float(high)
        half = b / 2 - a / 2 or abs(a) / 2 or 0.5  # halves: the distance itself can overflow
        exponent = max(math.frexp(half)[1] + 1 - _CELLS, 0 if integer else -1074)
        step = math.ldexp(1.0, min(exponent, 1023))
        return cls(float(math.trunc((a / 2 + b / 2) / step)) * step, exponent)

    @property
    def step(self) -> float:
        return math.ldexp(1.0, self.exponent)

    def places(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        with np.errstate(over="ignore", under="ignore"):
            steps = np.rint((values - self.center) / self.step)
        return np.clip(steps, -_HALF, _HALF).astype(np.int64)


class Moments(NamedTuple):
    """Mean, standard deviation, skewness and excess kurtosis, of values rounded to `step`."""

    mean: float
    sd: float
    skew: float
    kurtosis: float
    step: float


class Sums(msgspec.Struct, frozen=True, array_like=True):
    """How many values, how many of them out of the grid's reach, and the sums of their four powers.

    A sum can need more than 64 bits, so each is kept as the fewest little-endian signed bytes.
    """

    count: int = 0
    clipped: int = 0
    packed: tuple[bytes, bytes, bytes, bytes] = (b"", b"", b"", b"")

    @property
    def powers(self) -> tuple[int, ...]:
        return tuple(int.from_bytes(part, "little", signed=True) for part in self.packed)

    @classmethod
    def of(cls, grid: Grid, values: NDArray[np.float64]) -> "Sums":
        """Count finite values; their order does not matter, nor how they are cut into pieces."""
        totals, clipped = [0, 0, 0, 0], 0
        for start in range(0, len(values), _ROWS):
            places = grid.places(values[start : start + _ROWS])
            clipped += int(np.count_nonzero(np.abs(places) == _HALF))
            for index, power in enumerate(_powers(places)):
                totals[index] += power
        return cls._packed(len(values), clipped, totals)

    @classmethod
    def _packed(cls, count: int, clipped: int, totals: list[int]) -> "Sums":
        one, two, three, four = (_pack(total) for total in totals)
        return cls(count, clipped, (one, two, three, four))

    def merge(self, other: "Sums") -> "Sums":
        totals = [a + b for a, b in zip(self.powers, other.powers, strict=True)]
        return self._packed(self.count + other.count, self.clipped + other.clipped, totals)

    def moments(self, grid: Grid) -> Moments | None:
        """None where nothing was counted. Each value was rounded to the grid: half a step at most."""
        if not self.count:
            return None
        mean, second, third, fourth = (Fraction(power, self.count) for power in self.powers)
        variance = second - mean**2
        m3 = third - 3 * mean * second + 2 * mean**3
        m4 = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
        sd = math.sqrt(variance)
        shape = (float(m3) / (sd * sd * sd), float(m4 / variance**2) - 3.0) if variance else (0.0, 0.0)
        middle = min(max(Fraction(grid.center) + mean * Fraction(grid.step), -_LARGEST), _LARGEST)
        return Moments(float(middle), sd * grid.step, *shape, grid.step)


def _powers(places: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Sums of the first four powers; squares are split in two so that no product passes 2**48."""
    square = places * places
    high, low = square >> _REACH, square & ((1 << _REACH) - 1)
    third = (int(places @ high) << _REACH) + int(places @ low)
    fourth = (int(high @ high) << 2 * _REACH) + (int(high @ low) << _REACH + 1) + int(low @ low)
    return int(places.sum()), int(square.sum()), third, fourth


def _pack(total: int) -> bytes:
    return total.to_bytes(total.bit_length() // 8 + 1, "little", signed=True) if total else b""
