"""How probabilities from pairs of classes stand in ONNX: a loop, which each row leaves when it is near enough."""

from collections.abc import Callable

import numpy as np

from boxship.onnx.alike import added, of_each
from boxship.onnx.graph import Graph, Value
from boxship.twin.alike import LEAST, Coupled, most_rounds, near_enough, pairs


def _coupled(graph: Graph, step: Coupled, scores: Value) -> Value:
    said = _said(graph, step, scores)
    forms = _forms(graph, step.classes, said)
    flat = graph.each("Mul", graph.pick(said, [0] * step.classes), 0.0)
    shares = graph.each("Add", flat, 1 / step.classes)
    all_ = graph.test("GreaterOrEqual", graph.pick(shares, [0]), 0.0)

    def round_(share: Value) -> tuple[Value, Value]:
        return _round(graph, step.classes, forms, share)

    return graph.repeat(most_rounds(step.classes), round_, shares, all_)


def _said(graph: Graph, step: Coupled, scores: Value) -> Value:
    """How often the first of each pair beats the second; also of what is no number."""
    lifted = graph.each("Exp", graph.each("Add", graph.each("Mul", scores, step.steep), step.shift))
    said = graph.each("Div", 1.0, graph.each("Add", lifted, 1.0))
    least, most = np.array(LEAST), np.array(1 - LEAST)
    lowered = graph.where(graph.test("Less", said, most), said, most)
    return graph.where(graph.test("Greater", said, least), lowered, least)


def _forms(graph: Graph, classes: int, said: Value) -> Value:
    """Of each row a square, with what stands for each two classes."""
    own, is_first = of_each(graph, classes, said)
    beaten = graph.where(is_first, graph.each("Sub", 1.0, own), own)
    middle = added(graph, classes, graph.each("Mul", beaten, beaten))
    others = graph.each("Neg", graph.each("Mul", said, graph.each("Sub", 1.0, said)))
    places = np.diag(np.arange(classes)) + len(pairs(classes))
    for place, (one, other) in enumerate(pairs(classes)):
        places[one, other] = places[other, one] = place
    return graph.shaped(graph.pick(graph.beside(others, middle), places.reshape(-1)), classes, classes)


def _round(graph: Graph, classes: int, forms: Value, share: Value) -> tuple[Value, Value]:
    """One class after the other moved to where it fits best, all then scaled to one."""
    slopes = graph.totals(graph.each("Mul", forms, graph.tall(share)), classes)
    level = graph.total(graph.each("Mul", share, slopes))
    apart = graph.largest(graph.each("Abs", graph.each("Sub", slopes, level)))
    goes_on = graph.test("Not", graph.test("Less", apart, near_enough(classes)))
    for place in range(classes):
        form = graph.column(forms, place)._replace(width=classes)
        own, slope = graph.pick(form, [place]), graph.pick(slopes, [place])
        by = graph.each("Div", graph.each("Sub", level, slope), own)
        scale = graph.each("Add", by, 1.0)
        share = graph.each("Add", share, graph.each("Mul", by, np.eye(classes)[place]))
        lifted = graph.each("Add", graph.each("Mul", by, own), graph.each("Mul", slope, 2.0))
        level = graph.each("Add", level, graph.each("Mul", by, lifted))
        level = graph.each("Div", graph.each("Div", level, scale), scale)
        slopes = graph.each("Div", graph.each("Add", slopes, graph.each("Mul", by, form)), scale)
        share = graph.each("Div", share, scale)
    return share, goes_on


STEPS: dict[type, Callable[..., Value]] = {Coupled: _coupled}
