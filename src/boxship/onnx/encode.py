"""How steps from places in a list to numbers and labels stand in ONNX."""

from collections.abc import Callable

import numpy as np

from boxship.onnx.graph import Graph, Value, array_of
from boxship.onnx.stair import count_up_to, places_of
from boxship.twin.encode import Bin, Column, Find, Label, Lookup, Sides


def _find(graph: Graph, step: Find, rows: Value) -> Value:
    return places_of(
        graph, graph.pick(rows, [0]), {value: at for at, value in enumerate(step.values.tolist())}
    )


def _bin(graph: Graph, step: Bin, rows: Value) -> Value:
    return graph.cast(count_up_to(graph, graph.pick(rows, [0]), step.edges), "float64")


def _lookup(graph: Graph, step: Lookup, places: Value) -> Value:
    last = float(len(step.rows) - 1)
    is_unknown, is_missing = graph.test("Less", places, 0.0), graph.test("IsNaN", places)
    known = graph.where(is_missing, np.array(last), graph.where(is_unknown, np.array(last - 1), places))
    found = graph.look_up(step.rows, graph.cast(graph.column(known, 0), "int64"))
    found = found if step.unknown else graph.refuse(found, is_unknown)
    return found if step.missing else graph.refuse(found, is_missing)


def _label(graph: Graph, step: Label, shares: Value) -> Value:
    return graph.look_up(array_of(step.labels), graph.place_of_largest(shares))


def _sides(graph: Graph, step: Sides, score: Value) -> Value:
    above = graph.test("Greater", graph.column(score, 0), step.above)
    return graph.look_up(array_of(step.labels), graph.cast(above, "int64"))


def _column(graph: Graph, step: Column, rows: Value) -> Value:
    return graph.column(rows, step.place)


STEPS: dict[type, Callable[..., Value]] = {
    Bin: _bin,
    Column: _column,
    Find: _find,
    Label: _label,
    Lookup: _lookup,
    Sides: _sides,
}
