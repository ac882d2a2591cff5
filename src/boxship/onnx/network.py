"""How steps of networks stand in ONNX."""

from collections.abc import Callable

import numpy as np

from boxship.onnx.algebra import linear
from boxship.onnx.graph import Graph, Value
from boxship.twin.network import Combine, Embed, Layer, Leaky, Level, Scale, Slopes

_PLAIN = {"add": "Add", "subtract": "Sub", "multiply": "Mul"}
_TESTS = {"maximum": "Greater", "minimum": "Less"}


def _scale(graph: Graph, step: Scale, rows: Value) -> Value:
    return graph.each("Add", graph.each("Mul", rows, step.factors), step.shifts)


def _leaky(graph: Graph, step: Leaky, rows: Value) -> Value:
    return _bent(graph, rows, graph.each("Mul", rows, np.array(step.slope, np.float32)))


def _slopes(graph: Graph, step: Slopes, rows: Value) -> Value:
    return _bent(graph, rows, graph.each("Mul", rows, step.values))


def _bent(graph: Graph, rows: Value, below: Value) -> Value:
    return graph.where(graph.test("Greater", rows, 0.0), rows, below)


def _level(graph: Graph, step: Level, rows: Value) -> Value:
    apart = graph.each("Sub", rows, _mean(graph, step, rows))
    squares = graph.mean(graph.each("Mul", apart, apart))
    spread = graph.each("Sqrt", graph.each("Add", squares, np.array(step.small, np.float32)))
    if step.every:
        first = _mean(graph, step, graph.pick(rows, range(0, rows.width or 1, step.every)))
        lost = graph.test("IsInf", graph.each("Mul", first, first))
        spread = graph.where(lost, np.array(np.nan, np.float32), spread)
    found = graph.each("Mul", graph.each("Div", apart, spread), step.factors)
    return graph.each("Add", found, step.shifts)


def _mean(graph: Graph, step: Level, rows: Value) -> Value:
    wide = graph.cast(rows, "float64") if step.wide else rows
    return graph.cast(graph.mean(wide), rows.kind)


def _combine(graph: Graph, step: Combine, rows: Value, others: Value) -> Value:
    """The larger and the smaller by a test: what is no number stays so, whatever a runtime's own would do."""
    if step.name in _PLAIN:
        return graph.each(_PLAIN[step.name], rows, others)
    first = graph.test("Or", graph.test("IsNaN", rows), graph.test(_TESTS[step.name], rows, others))
    return graph.where(first, rows, others)


def _embed(graph: Graph, step: Embed, places: Value) -> Value:
    """A row of the table for each place, then these side by side."""
    length, wide = step.table.shape
    if step.wraps:
        from_end = graph.each("Add", places, float(length))
        places = graph.where(graph.test("Less", places, 0.0), from_end, places)
    there = graph.test(
        "And", graph.test("GreaterOrEqual", places, 0.0), graph.test("Less", places, float(length))
    )
    known = graph.where(there, places, np.array(0, places.kind))
    found = graph.look_up(step.table, graph.cast(known, "int64"))
    if step.wraps:
        each = there._replace(name=graph.node("Unsqueeze", there.name, graph.constant(np.array([2]))))
        found = graph.where(each, found, np.array(np.nan, found.kind))
    flat = (places.width or 1) * wide
    found = graph.shaped(found, flat)
    return found if step.wraps else graph.refuse(found, graph.any_of(graph.test("Not", there)))


STEPS: dict[type, Callable[..., Value]] = {
    Combine: _combine,
    Embed: _embed,
    Layer: linear,
    Leaky: _leaky,
    Level: _level,
    Scale: _scale,
    Slopes: _slopes,
}
