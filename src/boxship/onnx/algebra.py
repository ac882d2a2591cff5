"""How steps that mix columns stand in ONNX."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.onnx.function import expm1, log1p
from boxship.onnx.graph import Graph, Value
from boxship.twin.algebra import NO_LENGTH, Bells, Linear, Norm, Power, Products
from boxship.twin.network import Layer

Pair = tuple[int, int]


def linear(graph: Graph, step: Linear | Layer, rows: Value) -> Value:
    kind = np.result_type(rows.kind, step.weights.dtype).name
    factors, starts = (graph.constant(one.astype(kind)) for one in (step.weights, step.bias))
    return Value(
        graph.node("Gemm", graph.cast(rows, kind).name, factors, starts), kind, step.weights.shape[1]
    )


def _products(graph: Graph, step: Products, rows: Value) -> Value:
    """All products of as many factors at once; a column of ones stands behind the others."""
    depths = _depths(step.pairs)
    beside = graph.padded(rows, after=1)
    last = (beside.width or 1) - 1
    blocks: list[Value] = []
    place = np.zeros(len(depths), np.int64)  # of each in its block
    for depth in range(int(depths.max()) + 1):
        mine = np.flatnonzero(depths == depth)
        place[mine] = np.arange(len(mine))
        earlier, columns = np.array(step.pairs)[mine].T
        block = graph.pick(beside, np.where(columns < 0, last, columns))
        blocks.append(graph.each("Mul", graph.pick(blocks[-1], place[earlier]), block) if depth else block)
    starts = np.cumsum([0, *(one.width or 1 for one in blocks)])
    return graph.pick(graph.beside(*blocks), starts[depths] + place)


def _depths(pairs: tuple[Pair, ...]) -> NDArray[np.int64]:
    """Of each product: how many others it stands on."""
    found: list[int] = []
    for earlier, _ in pairs:
        found.append(0 if earlier < 0 else found[earlier] + 1)
    return np.array(found)


def _power(graph: Graph, step: Power, rows: Value) -> Value:
    above = _raised(graph, graph.where(graph.test("Less", rows, 0.0), np.array(0.0), rows), step.powers)
    mirrored = graph.each("Neg", rows)
    below = _raised(
        graph, graph.where(graph.test("Less", mirrored, 0.0), np.array(0.0), mirrored), 2 - step.powers
    )
    found = graph.where(graph.test("GreaterOrEqual", rows, 0.0), above, graph.each("Neg", below))
    return graph.where(graph.test("IsNaN", rows), np.array(np.nan), found)


def _raised(graph: Graph, rows: Value, powers: Array) -> Value:
    logs = log1p(graph, rows)
    flat = np.abs(powers) < np.finfo(np.float64).eps
    raised = graph.each("Div", expm1(graph, graph.each("Mul", logs, powers)), np.where(flat, 1.0, powers))
    if not flat.any():
        return raised
    return graph.where(flat, logs, raised)


def _norm(graph: Graph, step: Norm, rows: Value) -> Value:
    if step.kind == "l2":
        length = graph.each("Sqrt", graph.total(graph.each("Mul", rows, rows)))
    else:
        sizes = graph.each("Abs", rows)
        length = graph.total(sizes) if step.kind == "l1" else graph.largest(sizes)
    return graph.each("Div", rows, graph.where(graph.test("Less", length, NO_LENGTH), np.array(1.0), length))


def _bells(graph: Graph, step: Bells, rows: Value) -> Value:
    """A dimension for the classes, between those of rows and columns."""
    apart = graph.each("Sub", graph.tall(rows), step.means)
    squares = graph.each("Div", graph.each("Mul", apart, apart), step.variances)
    sums = graph.totals(squares, len(step.start))
    return graph.each("Sub", step.start, graph.each("Mul", sums, 0.5))


STEPS: dict[type, Callable[..., Value]] = {
    Bells: _bells,
    Linear: linear,
    Norm: _norm,
    Power: _power,
    Products: _products,
}
