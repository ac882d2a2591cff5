"""Networks of layers, whatever made them, as a program: arrays in, in single precision or as places, one out."""

from collections.abc import Sequence
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from boxship.adapters.tensors import Port
from boxship.core.column import Array
from boxship.core.contract import Contract, Field
from boxship.core.type import NUMBERS
from boxship.twin.encode import Column, Lookup
from boxship.twin.link import ACTS, Act
from boxship.twin.network import Combine, Embed, Layer, Leaky, Level, Scale, Slopes
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Places, Singles
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Clip, Divide, Fill, Join, Multiply, Subtract

LANES_OF_TORCH = 8
_MOST_PLACES = 1 << 24  # beyond which not every integer is a number in single precision


class Flow:
    """One value of a network while it is lowered: the line that holds it, and one row's shape.

    Each act gives the flow behind it; the one before stays, so that a network may branch. Rows lie flat, in the
    order of their arrays. `places` are integers or texts, of which only an embedding or codes make something;
    `column` is the one that they stand in, if it is one.
    """

    def __init__(
        self, draft: Draft, line: int, shape: tuple[int, ...], *, places: str = "", column: str = ""
    ) -> None:
        self._column = column
        self._draft = draft
        self.line = line
        self.places = places
        self.shape = shape

    @classmethod
    def begin(cls, contract: Contract, ports: Sequence[Port]) -> list[Self]:
        """One a port, from the columns of a contract: with one port all of them side by side, with several that
        of its name. Raises `NoTwinError` where they are not simply that."""
        draft = Draft()
        if len(ports) == 1:
            return [cls._of(draft, contract.inputs, ports[0])]
        if any(port.name not in contract.fields for port in ports):
            raise NoTwinError("the contract does not have its inputs")
        return [cls._of(draft, [contract.fields[port.name]], port) for port in ports]

    @classmethod
    def _of(cls, draft: Draft, fields: Sequence[Field], port: Port) -> Self:
        types = [field.typed for field in fields]
        column = fields[0].name if len(fields) == 1 and port.size == 1 and not types[0].shape else ""
        if column and port.kind == "text" and types[0].kind in ("text", "category"):
            return cls(draft, draft.read(Places(column, ())), (1,), places="texts", column=column)
        places = "integers" * (port.kind in ("int32", "int64"))
        if any(type_.kind not in (*NUMBERS, "bool") or (places and type_.is_float) for type_ in types):
            raise NoTwinError("it takes columns that are no numbers, or no integers")
        width = sum(prod(type_.shape) for type_ in types)
        if not (places or port.kind == "float32") or port.shape is None or port.size != width:
            raise NoTwinError(f"its input is {port.said}, and not of one size in single precision")
        line = draft.read(Singles(tuple(field.name for field in fields)))
        shape = tuple(size for size in port.shape if size is not None)
        return cls(draft, line, shape, places=places, column=column if places else "")

    def embedded(self, table: ArrayLike, *, wraps: bool) -> Self:
        """A row of the table for each place."""
        rows = _single(table)
        if self.places != "integers" or rows.ndim != 2 or len(rows) > _MOST_PLACES:
            raise NoTwinError("it looks up what are no places of a table")
        line = self._draft.then(Embed(rows, wraps), self.line)
        return type(self)(self._draft, line, (*self.shape, rows.shape[1]))

    def coded(self, values: tuple[str, ...] | tuple[int, ...], *, unknown: bool) -> Self:
        """A column a category, 1 where it is that: what is none of them has zeros (`unknown`), or is refused."""
        if not self._column or prod(self.shape) != 1 or len(set(values)) != len(values):
            raise NoTwinError("it encodes what is no column, or one category twice")
        wide = len(values)
        rows = np.concatenate([np.eye(wide, dtype=np.float32), np.zeros((2, wide), np.float32)])
        places = self._draft.read(Places(self._column, values))
        line = self._draft.then(Lookup(rows, unknown, missing=False), places)
        return type(self)(self._draft, line, (*self.shape, wide))

    def combined(self, name: str, other: Self) -> Self:
        """With another of the same shape, value by value."""
        if self.shape != other.shape or self.places or other.places:
            raise NoTwinError(f"it combines arrays of the shapes {list(self.shape)} and {list(other.shape)}")
        line = self._draft.then(Combine(name), self.line, other.line)
        return type(self)(self._draft, line, self.shape)

    def beside(self, others: Sequence[Self]) -> Self:
        """Followed by the columns of others."""
        all_ = (self, *others)
        if any(len(one.shape) != 1 or one.places for one in all_):
            raise NoTwinError("it lays arrays of several dimensions side by side")
        if len(all_) == 1:
            return self
        line = self._draft.then(Join(), *(one.line for one in all_))
        return type(self)(self._draft, line, (sum(one.shape[0] for one in all_),))

    def layer(self, weights: ArrayLike, bias: ArrayLike | None) -> Self:
        """A matrix with a row an input."""
        matrix = _single(weights)
        if matrix.ndim != 2 or self.shape != (matrix.shape[0],):
            raise NoTwinError(f"a layer takes rows of the shape {list(self.shape)}")
        shifts = np.zeros(matrix.shape[1], np.float32) if bias is None else _single(bias)
        return self.then(Layer(matrix, shifts), (matrix.shape[1],))

    def normal(self, mean: Any, variance: Any, factor: Any | None, shift: Any | None, small: float) -> Self:
        """Columns less their mean, by their spread, as in training."""
        self.check_flat()
        factors = (1 if factor is None else _single(factor)) / np.sqrt(_single(variance) + np.float32(small))
        return self.scaled(factors, (0 if shift is None else _single(shift)) - _single(mean) * factors)

    def scaled(self, factors: Any, shifts: Any) -> Self:
        """Each value times a number, plus a number: one for all, or one a column."""
        return self.then(Scale(self._each(factors), self._each(shifts)), self.shape)

    def standard(self, mean: Any, spread: Any) -> Self:
        """Each column less a number, and divided by one."""
        self.check_flat()
        return self.less(mean).over(spread)

    def less(self, numbers: Any) -> Self:
        """Each value less a number: one for all, or one a column."""
        return self.then(Subtract(self._each(numbers)), self.shape)

    def times(self, numbers: Any) -> Self:
        """Each value times a number: one for all, or one a column."""
        return self.then(Multiply(self._each(numbers)), self.shape)

    def over(self, divisors: Any) -> Self:
        """Each value divided by a number: one for all, or one a column. Its inverse may be infinite."""
        return self.then(Divide(self._each(divisors)), self.shape)

    def level(
        self,
        size: Sequence[int],
        factor: Any | None,
        shift: Any | None,
        small: float,
        *,
        wide: bool = True,
        lanes: int = 0,
    ) -> Self:
        """Each row less its mean, by its spread. What its library does with very large rows was measured: whether
        it sums up so that no sum overflows (`wide`), and how many sums it begins side by side (`lanes`): the
        first of them, if no column is left over behind them, is squared."""
        if len(self.shape) != 1 or tuple(size) != self.shape:
            raise NoTwinError(f"it levels rows of the shape {list(self.shape)} over {list(size)}")
        factors = np.ones(self.shape, np.float32) if factor is None else _single(factor)
        shifts = np.zeros(self.shape, np.float32) if shift is None else _single(shift)
        every = 0 if not lanes else 1 if self.shape[0] < lanes else 0 if self.shape[0] % lanes else lanes
        return self.then(Level(small, factors, shifts, wide, every), self.shape)

    def filled(self, numbers: Any) -> Self:
        """What is missing, as a number: one for all, or one a column."""
        return self.then(Fill(self._each(numbers)), self.shape)

    def within(self, low: float, high: float) -> Self:
        """Not below the one, not above the other."""
        return self.then(Clip(np.array([low], np.float32), np.array([high], np.float32)), self.shape)

    def act(self, name: str) -> Self:
        """One of those of `Act`; some go by the row, and want flat ones."""
        if name not in ACTS or ("softmax" in name and len(self.shape) != 1):
            raise NoTwinError(f"its {name} is over arrays")
        return self.then(Act(name), self.shape)

    def sloped(self, slopes: Any) -> Self:
        """What is below zero, times a number: one for all, or one a column."""
        values = _single(slopes)
        if values.shape not in ((1,), self.shape) or (len(self.shape) != 1 and values.shape != (1,)):
            raise NoTwinError(f"it bends rows of the shape {list(self.shape)} by arrays")
        return self.then(Slopes(values), self.shape)

    def leaky(self, slope: float) -> Self:
        return self.then(Leaky(slope), self.shape)

    def check_flat(self) -> None:
        if len(self.shape) != 1:
            raise NoTwinError(f"it makes rows of the shape {list(self.shape)} normal")

    def seen_as(self, shape: Sequence[int]) -> Self:
        """The same values in the same order, as an array of another shape."""
        if prod(shape) != prod(self.shape):
            raise NoTwinError("it mixes rows")
        return type(self)(self._draft, self.line, tuple(shape), places=self.places, column=self._column)

    def then(self, step: Any, shape: tuple[int, ...]) -> Self:  # one of the steps
        """What a step makes of it, of that shape."""
        if self.places:
            raise NoTwinError("it calculates with integers")
        return type(self)(self._draft, self._draft.then(step, self.line), shape)

    def decided(self, shares: Self) -> Program:
        """Of labels, with the probabilities beside them."""
        return self._draft.finish([Answer(self.line, shares.line)])

    def finish(self) -> Program:
        if self.places:
            raise NoTwinError("it answers with what it was asked")
        if len(self.shape) > 1:
            raise NoTwinError(f"it answers with arrays of the shape {list(self.shape)}")
        one = prod(self.shape) == 1
        return self._draft.finish([Answer(self._draft.then(Column(0), self.line) if one else self.line)])

    def _each(self, numbers: Any) -> Array:
        """One number for each value."""
        if np.shape(numbers) not in {(), self.shape[-1:]}:
            raise NoTwinError(f"it scales rows of the shape {list(self.shape)} by arrays")
        return np.ascontiguousarray(np.broadcast_to(numbers, self.shape).reshape(-1), np.float32)


def _single(values: Any) -> Any:  # an array
    given = np.asarray(values)
    if given.dtype != np.float32:
        raise NoTwinError(f"its weights are {given.dtype}")
    return np.ascontiguousarray(given)
