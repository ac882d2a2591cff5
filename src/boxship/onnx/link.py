"""How steps from scores to answers stand in ONNX."""

from collections.abc import Callable

import numpy as np

from boxship.onnx.curve import curve
from boxship.onnx.function import act
from boxship.onnx.graph import Graph, Value
from boxship.twin.link import Act, Curve, Mean, Median


def _act(graph: Graph, step: Act, scores: Value) -> Value:
    return act(graph, step.name, scores)


def _curve(graph: Graph, step: Curve, rows: Value) -> Value:
    return curve(graph, graph.pick(rows, [0]), step.x, step.y)


def _mean(graph: Graph, step: Mean, *blocks: Value) -> Value:
    weighted = zip(blocks, step.weights.tolist(), strict=True)
    sums, *parts = [graph.each("Mul", graph.cast(block, "float64"), weight) for block, weight in weighted]
    for part in parts:
        sums = graph.each("Add", sums, part)
    return graph.each("Div", sums, float(step.weights.sum()))


def _median(graph: Graph, step: Median, rows: Value) -> Value:
    """NaN as infinity, which is no answer either."""
    known = graph.where(graph.test("IsNaN", rows), np.array(np.inf, rows.kind), rows)
    ordered, places = graph.ordered(known)
    sums = graph.summed_up(graph.look_up(step.weights, places))
    half = graph.each("Mul", graph.pick(sums, [len(step.weights) - 1]), 0.5)
    middle = graph.place_of_first(graph.test("GreaterOrEqual", sums, half))
    return graph.column(graph.at(ordered, middle), 0)


STEPS: dict[type, Callable[..., Value]] = {Act: _act, Curve: _curve, Mean: _mean, Median: _median}
