"""How steps that act on each value or column alone stand in ONNX."""

from collections.abc import Callable
from typing import Any

import numpy as np

from boxship.onnx.graph import Graph, Value
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import (
    Above,
    Add,
    Clip,
    Divide,
    Fill,
    Finite,
    Join,
    Missing,
    Multiply,
    Pick,
    Standing,
    Subtract,
)


def _finite(graph: Graph, step: Finite, rows: Value) -> Value:
    bad = graph.test("IsInf", rows)
    if not step.missing:
        bad = graph.test("Or", bad, graph.test("IsNaN", rows))
    return graph.refuse(rows, bad)


def _pick(graph: Graph, step: Pick, rows: Value) -> Value:
    return graph.pick(rows, step.columns)


def _standing(graph: Graph, step: Standing, values: Value) -> Value:
    del step
    return values if values.width else graph.standing(values)


def _join(graph: Graph, step: Join, *blocks: Value) -> Value:
    del step
    return graph.beside(*blocks)


def _fill(graph: Graph, step: Fill, rows: Value) -> Value:
    return graph.where(graph.test("IsNaN", rows), step.values, rows)


def _missing(graph: Graph, step: Missing, rows: Value) -> Value:
    return graph.cast(graph.test("IsNaN", graph.pick(rows, step.columns)), "float64")


def _clip(graph: Graph, step: Clip, rows: Value) -> Value:
    if np.isnan(step.low).any() or np.isnan(step.high).any():
        raise NoTwinError("it cuts off at no number")
    rows = graph.where(graph.test("Less", rows, step.low), step.low, rows)
    return graph.where(graph.test("Greater", rows, step.high), step.high, rows)


def _above(graph: Graph, step: Above, rows: Value) -> Value:
    return graph.cast(graph.test("Greater", rows, step.values), "float64")


def _by(op: str) -> Callable[[Graph, Any, Value], Value]:
    return lambda graph, step, rows: graph.each(op, rows, step.values)


STEPS: dict[type, Callable[..., Value]] = {
    Above: _above,
    Add: _by("Add"),
    Clip: _clip,
    Divide: _by("Div"),
    Fill: _fill,
    Finite: _finite,
    Join: _join,
    Missing: _missing,
    Multiply: _by("Mul"),
    Pick: _pick,
    Standing: _standing,
    Subtract: _by("Sub"),
}
