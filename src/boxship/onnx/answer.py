"""The outputs of the file: what a contract makes of the program's answers."""

import numpy as np

from boxship.core.column import Array
from boxship.core.contract import Output
from boxship.core.type import INTEGERS, Type
from boxship.onnx.curve import curve
from boxship.onnx.graph import Graph, Value, array_of
from boxship.onnx.message import Port
from boxship.twin.encode import Labels
from boxship.twin.refused import NoTwinError

PROBABILITIES = "_probabilities"
_SAFE = {
    "int64": ("float64", "float32", "float16"),
    "bool": ("int64", "float64", "float32", "float16"),
    "float64": ("float32", "float16"),
    "float32": ("float64", "float16"),
}


def answer(
    graph: Graph, output: Output, values: Value, shares: Value | None, labels: Labels | None
) -> list[tuple[Value, Port]]:
    """The values of one output and its probabilities, of the contract's types; `labels` are those that the
    values are, if they are."""
    if output.scores:
        values, shares = _labelled(graph, output, values)
    if not output.probabilities:
        shares = None
    elif shares is None or shares.width != len(output.classes or ()):
        raise NoTwinError(f"it gives no probabilities for each class of {output.name!r}")
    if shares is not None:
        shares = graph.cast(shares, "float64")
        values, shares = _decided(graph, output, values, shares)
    found = [_typed(graph, output, values, labels)]
    if shares is not None:
        found.append((shares, Port(output.name + PROBABILITIES, "float64", (shares.width or 1,))))
    return found


def _labelled(graph: Graph, output: Output, scores: Value) -> tuple[Value, Value | None]:
    """The class of the largest score; a score that is not finite makes the run fail."""
    count = len(output.classes or ())
    if scores.width != count and (scores.width is not None or count != 2):
        raise NoTwinError(f"it gives no score for each class of {output.name!r}")
    bad = graph.test("Or", graph.test("IsNaN", scores), graph.test("IsInf", scores))
    scores = graph.refuse(scores, bad)
    if scores.width is None:
        second = graph.standing(scores)
        one = graph.each("Sub", 1.0, second)
        scores = graph.beside(one if output.probabilities else graph.each("Mul", second, 0.0), second)
    return graph.look_up(_classes(output), graph.place_of_largest(scores)), scores


def _classes(output: Output) -> Array:
    return array_of(output.classes)


def _decided(graph: Graph, output: Output, values: Value, shares: Value) -> tuple[Value, Value]:
    """By the contract's calibration and threshold, where it has them."""
    if output.threshold is None and output.calibration is None:
        return values, shares
    second = graph.pick(shares, [1])
    if output.calibration is not None:
        given, true = (np.array(points, np.float64) for points in zip(*output.calibration, strict=True))
        second = curve(graph, second, given, true)
        shares = graph.beside(graph.each("Sub", 1.0, second), second)
    threshold = 0.5 if output.threshold is None else output.threshold
    above = graph.test("GreaterOrEqual", graph.column(second, 0), threshold)
    return graph.look_up(_classes(output), graph.cast(above, "int64")), shares


def _typed(graph: Graph, output: Output, values: Value, labels: Labels | None) -> tuple[Value, Port]:
    """Of the contract's type: a number as a column, as others write it, a label as one value a row."""
    type_ = Type.parse(output.type)
    kind = "str" if type_.kind in ("text", "category") else "int64" if type_.kind in INTEGERS else type_.kind
    if values.kind != kind and kind not in _SAFE.get(values.kind, ()) and not _are(labels, kind):
        raise NoTwinError(f"it gives {values.kind} for {output.name!r}, which is {output.type}")
    values = graph.cast(values, kind)
    if type_.shape and (values.width,) != type_.shape:
        raise NoTwinError(f"it gives other arrays for {output.name!r} than {output.type}")
    if not type_.shape and values.width is not None:
        raise NoTwinError(f"it gives several numbers for {output.name!r}")
    if type_.shape:
        return values, Port(output.name, kind, type_.shape)
    if type_.is_float and output.classes is None:
        return graph.standing(values), Port(output.name, kind, (1,))
    return values, Port(output.name, kind, ())


def _are(labels: Labels | None, kind: str) -> bool:
    """Whether labels that are numbers are the same as another type."""
    if labels is None or kind not in ("bool", "int64") or any(isinstance(one, str) for one in labels):
        return False
    given = np.array(labels)
    return bool((given.astype(kind) == given).all())
