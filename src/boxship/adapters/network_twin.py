"""Networks of layers, whatever made them, as a program: one array in, in single precision, one out."""

from collections.abc import Sequence
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.core.type import NUMBERS
from boxship.twin.encode import Column
from boxship.twin.link import ACTS, Act
from boxship.twin.network import Layer, Leaky, Scale
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Singles
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Divide, Subtract


class Flow:
    """Where a network stands while it is lowered: the line that holds its values, and one row's shape.

    Each act gives the flow behind it. Rows lie flat, in the order of their arrays.
    """

    def __init__(self, draft: Draft, line: int, shape: tuple[int, ...]) -> None:
        self._draft = draft
        self._line = line
        self.shape = shape

    @classmethod
    def begin(cls, contract: Contract, ports: Sequence[Port]) -> Self:
        """From the columns of a contract; raises `NoTwinError` where they are not simply laid side by side."""
        if len(ports) != 1:
            raise NoTwinError("it takes several arrays")
        (port,) = ports
        types = [field.typed for field in contract.inputs]
        if any(type_.kind not in (*NUMBERS, "bool") for type_ in types):
            raise NoTwinError("it takes columns that are no numbers")
        width = sum(prod(type_.shape) for type_ in types)
        if port.kind != "float32" or port.shape is None or port.size != width:
            raise NoTwinError(f"its input is {port.said}, and not of one size in single precision")
        draft = Draft()
        line = draft.read(Singles(tuple(field.name for field in contract.inputs)))
        return cls(draft, line, tuple(size for size in port.shape if size is not None))

    def layer(self, weights: ArrayLike, bias: ArrayLike | None) -> Self:
        """A matrix with a row an input."""
        matrix = _single(weights)
        if matrix.ndim != 2 or self.shape != (matrix.shape[0],):
            raise NoTwinError(f"a layer takes rows of the shape {list(self.shape)}")
        shifts = np.zeros(matrix.shape[1], np.float32) if bias is None else _single(bias)
        return self._then(Layer(matrix, shifts), (matrix.shape[1],))

    def normal(self, mean: Any, variance: Any, factor: Any | None, shift: Any | None, small: float) -> Self:
        """Columns less their mean, by their spread, as in training."""
        if len(self.shape) != 1:
            raise NoTwinError(f"it makes rows of the shape {list(self.shape)} normal")
        factors = (1 if factor is None else _single(factor)) / np.sqrt(_single(variance) + np.float32(small))
        return self.scaled(factors, (0 if shift is None else _single(shift)) - _single(mean) * factors)

    def scaled(self, factors: Any, shifts: Any) -> Self:
        """Each value times a number, plus a number: one for all, or one a column."""
        if any(np.shape(one) not in {(), self.shape[-1:]} for one in (factors, shifts)):
            raise NoTwinError(f"it scales rows of the shape {list(self.shape)} by arrays")
        each = [
            np.ascontiguousarray(np.broadcast_to(one, self.shape).reshape(-1), np.float32)
            for one in (factors, shifts)
        ]
        return self._then(Scale(*each), self.shape)

    def standard(self, mean: Any, spread: Any) -> Self:
        """Each column less a number, and divided by one."""
        if len(self.shape) != 1:
            raise NoTwinError(f"it makes rows of the shape {list(self.shape)} normal")
        line = self._draft.then(Subtract(_single(mean)), self._line)
        return type(self)(self._draft, self._draft.then(Divide(_single(spread)), line), self.shape)

    def act(self, name: str) -> Self:
        """One of those of `Act`; some go by the row, and want flat ones."""
        if name not in ACTS or ("softmax" in name and len(self.shape) != 1):
            raise NoTwinError(f"its {name} is over arrays")
        return self._then(Act(name), self.shape)

    def leaky(self, slope: float) -> Self:
        return self._then(Leaky(slope), self.shape)

    def seen_as(self, shape: Sequence[int]) -> Self:
        """The same values in the same order, as an array of another shape."""
        if prod(shape) != prod(self.shape):
            raise NoTwinError("it mixes rows")
        return type(self)(self._draft, self._line, tuple(shape))

    def finish(self) -> Program:
        if len(self.shape) > 1:
            raise NoTwinError(f"it answers with arrays of the shape {list(self.shape)}")
        one = prod(self.shape) == 1
        return self._draft.finish([Answer(self._draft.then(Column(0), self._line) if one else self._line)])

    def _then(self, step: Any, shape: tuple[int, ...]) -> Self:  # one of the steps
        return type(self)(self._draft, self._draft.then(step, self._line), shape)


def _single(values: Any) -> Any:  # an array
    given = np.asarray(values)
    if given.dtype != np.float32:
        raise NoTwinError(f"its weights are {given.dtype}")
    return np.ascontiguousarray(given)
