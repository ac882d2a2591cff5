"""How steps of kernel machines stand in ONNX."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.onnx.algebra import linear
from boxship.onnx.graph import Graph, Value
from boxship.twin.algebra import Linear
from boxship.twin.alike import Alike, Rivals, Votes, pairs
from boxship.twin.refused import NoTwinError

_AT_ONCE = 8192  # differences a row that one node gives
_PARTS = 256  # of them at most: each is some nodes


def _alike(graph: Graph, step: Alike, rows: Value) -> Value:
    if step.kind == "rbf":
        return graph.each("Exp", graph.each("Mul", _squares(graph, step, rows), -step.gamma))
    plain = step.kind == "linear"
    factor, start = (1.0, 0.0) if plain else (step.gamma, step.start)
    inner = linear(graph, Linear(step.points.T * factor, np.full(len(step.points), start)), rows)
    if plain:
        return inner
    return graph.each("Tanh", inner) if step.kind == "sigmoid" else graph.each("Pow", inner, step.degree)


def _squares(graph: Graph, step: Alike, rows: Value) -> Value:
    """Of the distances, from differences: of some columns at a time, added up, as all of them are many numbers."""
    count, wide = step.points.shape
    size = max(1, _AT_ONCE // count, -(-wide // _PARTS))
    sums: Value | None = None
    for first in range(0, wide, size):
        some = range(first, min(first + size, wide))
        part = _of_columns(graph, graph.pick(rows, some), step.points[:, some])
        sums = part if sums is None else graph.each("Add", sums, part)
    if sums is None:
        raise NoTwinError("it measures how alike rows of no columns are")
    return sums


def _of_columns(graph: Graph, rows: Value, points: Array) -> Value:
    """A dimension for the points, between those of rows and columns."""
    apart = graph.each("Sub", graph.tall(rows), points)
    return graph.totals(graph.each("Mul", apart, apart), len(points))


def _votes(graph: Graph, step: Votes, scores: Value) -> Value:
    own, is_first = of_each(graph, step.classes, scores)
    return _won(graph, step.classes, graph.test("Greater", own, 0.0), is_first)


def _rivals(graph: Graph, step: Rivals, scores: Value) -> Value:
    own, is_first = of_each(graph, step.classes, scores)
    votes = _won(graph, step.classes, graph.test("Not", graph.test("Less", own, 0.0)), is_first)
    sums = added(graph, step.classes, graph.each("Mul", own, np.where(is_first, 1.0, -1.0)))
    size = graph.each("Mul", graph.each("Add", graph.each("Abs", sums), 1.0), 3.0)
    return graph.each("Add", votes, graph.each("Div", sums, size))


def of_each(graph: Graph, classes: int, scores: Value) -> tuple[Value, NDArray[np.bool_]]:
    """Class after class, the scores of the pairs that it is in, and whether it is the first of the pair."""
    both = np.array(pairs(classes))
    mine = [np.flatnonzero((both == one).any(axis=1)) for one in range(classes)]
    is_first = [both[places, 0] == one for one, places in enumerate(mine)]
    return graph.pick(scores, np.concatenate(mine)), np.concatenate(is_first)


def _won(graph: Graph, classes: int, goes_first: Value, is_first: NDArray[np.bool_]) -> Value:
    won = graph.test("Equal", goes_first, is_first)
    return added(graph, classes, graph.cast(won, "float64"))


def added(graph: Graph, classes: int, each: Value) -> Value:
    return graph.totals(graph.shaped(each, classes, classes - 1), classes)


STEPS: dict[type, Callable[..., Value]] = {
    Alike: _alike,
    Rivals: _rivals,
    Votes: _votes,
}
