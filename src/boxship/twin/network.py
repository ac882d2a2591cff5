"""Steps of networks: in single precision, as these calculate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boxship.core.column import Array
from boxship.twin.program import NEAR_NETWORK


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
