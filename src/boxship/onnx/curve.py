"""Straight lines between points, level before the first and after the last."""

import numpy as np

from boxship.core.column import Array
from boxship.onnx.graph import Graph, Value
from boxship.onnx.stair import count_up_to


def curve(graph: Graph, one: Value, x: Array, y: Array) -> Value:
    """One column by points: which line it is on is told by a tree, so that no value is taken for its neighbour."""
    low, high = np.array(x[0]), np.array(x[-1])
    inside = graph.where(graph.test("Less", one, low), low, one)
    inside = graph.where(graph.test("Greater", inside, high), high, inside)
    places = count_up_to(graph, inside, x[1:])
    with np.errstate(all="ignore"):
        slopes = np.append((y[1:] - y[:-1]) / (x[1:] - x[:-1]), 0.0)
    starts, heights, steep = (graph.look_up(table, places) for table in (x, y, slopes))
    risen = graph.each("Mul", steep, graph.each("Sub", inside, starts))
    return graph.each("Add", risen, heights)
