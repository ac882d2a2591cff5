"""A graph of ONNX as it is written, node by node."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from boxship.core.column import Array
from boxship.onnx import message
from boxship.onnx.message import Attribute, Port

TREES = "ai.onnx.ml"


class Value(NamedTuple):
    """What a node gives: so many columns a row, or one value a row (None)."""

    name: str
    kind: str  # of numpy, or "str"
    width: int | None


class Graph:
    """Nodes and constants; names are made here, none of those that are taken."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self.domains: set[str] = set()

    def claim(self, name: str) -> str:
        """A name for a value: that one, with strokes behind it where another value has it."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def node(
        self, op: str, *inputs: str, domain: str = "", gives: tuple[str, ...] = (), **attributes: Attribute
    ) -> str:
        """Add a call of an operator; gives the name of its first output."""
        outputs = gives or (self._name("v"),)
        self.domains.add(domain)
        self._nodes.append(message.node(op, inputs, outputs, domain, attributes))
        return outputs[0]

    def constant(self, values: ArrayLike) -> str:
        """An array of the file; equal ones are one."""
        array = np.asarray(values)
        content = repr(array.tolist()).encode() if array.dtype == object else array.tobytes()
        key = (array.dtype.name, array.shape, content)
        if key not in self._constants:
            self._constants[key] = self._name("c")
            self._tensors.append(message.tensor(array, self._constants[key]))
        return self._constants[key]

    def each(self, op: str, *values: Value | ArrayLike) -> Value:
        """An operator on each number, of the type that numpy would give."""
        kind = _kind(*values)
        found = self.node(op, *[self._as(one, kind) for one in values])
        return Value(found, kind, _width(*values))

    def test(self, op: str, *values: Value | ArrayLike) -> Value:
        """An operator that says yes or no of each number."""
        return self.each(op, *values)._replace(kind="bool")

    def where(self, test: Value | Array, yes: Value | ArrayLike, no: Value | ArrayLike) -> Value:
        kind = _kind(yes, no)
        found = self.node("Where", self._as(test, "bool"), self._as(yes, kind), self._as(no, kind))
        return Value(found, kind, _width(test, yes, no))

    def cast(self, one: Value, kind: str) -> Value:
        if one.kind == kind:
            return one
        return Value(self.node("Cast", one.name, to=message.code(kind)), kind, one.width)

    def pick(self, one: Value, columns: Iterable[int]) -> Value:
        """Some columns, in this order."""
        places = np.array(list(columns), np.int64)
        return Value(self.node("Gather", one.name, self.constant(places), axis=1), one.kind, len(places))

    def column(self, one: Value, place: int) -> Value:
        """One column, as one value a row."""
        return Value(self.node("Gather", one.name, self.constant(np.int64(place)), axis=1), one.kind, None)

    def standing(self, one: Value) -> Value:
        """One value a row as a column."""
        return Value(self.node("Unsqueeze", one.name, self.constant(np.array([1]))), one.kind, 1)

    def tall(self, one: Value) -> Value:
        """Each row as an array of one row, so that it meets every row of another."""
        return one._replace(name=self.node("Unsqueeze", one.name, self.constant(np.array([1]))))

    def shaped(self, one: Value, *shape: int) -> Value:
        """Each row as an array of that shape."""
        sizes = self.constant(np.array([0, *shape], np.int64))
        return Value(self.node("Reshape", one.name, sizes), one.kind, shape[-1])

    def totals(self, one: Value, width: int) -> Value:
        """Where each row is an array of `width` rows: the sum of each of these."""
        axes = self.constant(np.array([2], np.int64))
        return Value(self.node("ReduceSum", one.name, axes, keepdims=0), one.kind, width)

    def look_up(self, table: ArrayLike, places: Value) -> Value:
        """Rows of a table, or single values of a list, by one place a row."""
        array = np.asarray(table)
        kind = "str" if array.dtype == object else array.dtype.name
        width = array.shape[1] if array.ndim > 1 else places.width
        return Value(self.node("Gather", self.constant(array), places.name, axis=0), kind, width)

    def beside(self, *blocks: Value) -> Value:
        """Blocks side by side."""
        if len(blocks) == 1:
            return blocks[0]
        kind = _kind(*blocks)
        found = self.node("Concat", *[self._as(one, kind) for one in blocks], axis=1)
        return Value(found, kind, sum(one.width or 1 for one in blocks))

    def padded(self, one: Value, *, before: int = 0, after: int = 0) -> Value:
        """With columns of ones before and after it."""
        pads = self.constant(np.array([0, before, 0, after], np.int64))
        found = self.node("Pad", one.name, pads, self.constant(np.array(1, one.kind)))
        return Value(found, one.kind, before + (one.width or 1) + after)

    def total(self, one: Value) -> Value:
        """The sum of each row, as a column."""
        axes = self.constant(np.array([1]))
        return Value(self.node("ReduceSum", one.name, axes, keepdims=1), one.kind, 1)

    def mean(self, one: Value) -> Value:
        """The mean of each row, as a column."""
        return Value(self.node("ReduceMean", one.name, axes=[1], keepdims=1), one.kind, 1)

    def largest(self, one: Value) -> Value:
        """The largest number of each row, as a column."""
        return Value(self.node("ReduceMax", one.name, axes=[1], keepdims=1), one.kind, 1)

    def summed_up(self, one: Value) -> Value:
        """Each number and those before it in its row."""
        return one._replace(name=self.node("CumSum", one.name, self.constant(np.int64(1))))

    def ordered(self, one: Value) -> tuple[Value, Value]:
        """Each row from the least to the largest number, and where these stood."""
        values, places = self._name("v"), self._name("v")
        many = self.constant(np.array([one.width], np.int64))
        self.node("TopK", one.name, many, gives=(values, places), axis=1, largest=0, sorted=1)
        return one._replace(name=values), Value(places, "int64", one.width)

    def any_of(self, test: Value) -> Value:
        """Whether yes is said anywhere in each row, as a column."""
        return self.test("Greater", self.largest(self.cast(test, "float32")), 0.0)

    def place_of_first(self, test: Value) -> Value:
        """Where in each row it is first said yes, as a column."""
        given = self.cast(test, "float32").name
        return Value(self.node("ArgMax", given, axis=1, keepdims=1), "int64", 1)

    def at(self, one: Value, places: Value) -> Value:
        """Of each row the number in its place."""
        return Value(self.node("GatherElements", one.name, places.name, axis=1), one.kind, places.width)

    def place_of_largest(self, one: Value) -> Value:
        """The first of equals; where one is NaN, as numpy, the first of those."""
        lost = self.test("IsNaN", one)
        known = self.where(lost, np.array(-np.inf, one.kind), one)
        first, missing = self._first(known), self._first(self.cast(lost, "float32"))
        return self.where(self.column(self.any_of(lost), 0), missing, first)

    def refuse(self, one: Value, bad: Value) -> Value:
        """The same, but the run fails where one is bad: it asks for the second number of a list of one.

        A runtime that does not look and takes 0 for it divides by that, and has no finite number.
        """
        only = self.node("Gather", self.constant(np.ones(1, one.kind)), self.cast(bad, "int64").name, axis=0)
        return one._replace(name=self.node("Div", one.name, only))

    def repeat(
        self, most: int, body: Callable[[Value], tuple[Value, Value]], one: Value, goes_on: Value
    ) -> Value:
        """What the body makes of the values, again and again, for the rows that it says go on.

        The body gives the values behind it, and of each row as a column whether it goes on; one that
        does not stays as it is.
        """
        outer, self._nodes = self._nodes, []
        count, asked, now, going = [self._name("v") for _ in range(4)]
        behind, more = body(one._replace(name=now))
        more = self.test("And", goes_on._replace(name=going), more)
        kept = self.where(more, behind, one._replace(name=now))
        many = self.node("ReduceSum", self.cast(more, "float32").name, keepdims=0)
        again = self.node("Greater", many, self.constant(np.float32(0)))
        gives = [self.node("Identity", name) for name in (again, kept.name, more.name)]
        inner, self._nodes = message.body(self._nodes, "again", (count, asked), (now, going), gives), outer
        found = self._name("v"), self._name("v")
        given = self.constant(np.int64(most)), self.constant(np.array([True])[0]), one.name, goes_on.name
        self.node("Loop", *given, gives=found, body=inner)
        return one._replace(name=found[0])

    def finish(self, name: str, inputs: Iterable[Port], outputs: Iterable[Port]) -> bytes:
        return message.graph(self._nodes, name, self._tensors, list(inputs), list(outputs))

    def _first(self, one: Value) -> Value:
        return Value(self.node("ArgMax", one.name, axis=1, keepdims=0), "int64", None)

    def _as(self, one: Value | ArrayLike, kind: str) -> str:
        if isinstance(one, Value):
            return self.cast(one, kind).name
        return self.constant(np.asarray(one).astype(kind))

    def _name(self, letter: str) -> str:
        return self.claim(f"/{letter}{len(self._taken)}")


def _kind(*values: Value | ArrayLike) -> str:
    """What numpy makes of them: a plain number is of the type of what stands beside it."""
    kinds: list[Any] = [one.kind for one in values if isinstance(one, Value)]
    kinds += [one.dtype for one in values if isinstance(one, np.ndarray)]
    return np.result_type(*kinds).name


def _width(*values: Value | ArrayLike) -> int | None:
    widths = [one.width if isinstance(one, Value) else (np.shape(one)[-1:] or (1,))[0] for one in values]
    return None if None in widths else max(one for one in widths if one is not None)


def array_of(values: Any) -> Array:  # plain numbers or texts
    """Plain values as an array: texts as objects."""
    if isinstance(values[0], str):
        found = np.empty(len(values), object)
        found[:] = values
        return found
    return np.array(values)
