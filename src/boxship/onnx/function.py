"""The functions of scores in ONNX, in the same words as numpy's: those that ONNX lacks from those it has."""

import math
from collections.abc import Callable

import numpy as np

from boxship.onnx.bell import bell
from boxship.onnx.graph import Graph, Value
from boxship.twin.refused import NoTwinError

Function = Callable[[Graph, Value], Value]


def act(graph: Graph, name: str, scores: Value) -> Value:
    """The function of that name in `boxship.twin.link`."""
    if name.endswith(" single"):
        return act(graph, name.removesuffix(" single"), graph.cast(scores, "float32"))
    if name not in ACTS:
        raise NoTwinError(f"{name!r} has no form in ONNX")
    return ACTS[name](graph, scores)


def log1p(graph: Graph, one: Value) -> Value:
    """By the logarithm of 1 + x, corrected by what rounding that sum lost."""
    sums = graph.each("Add", one, 1.0)
    lost = graph.each("Div", one, graph.each("Sub", sums, 1.0))
    lifted = graph.each("Mul", graph.each("Log", sums), lost)
    found = graph.where(graph.test("Equal", sums, 1.0), one, lifted)
    return graph.where(graph.test("Equal", one, np.inf), one, found)


def expm1(graph: Graph, one: Value) -> Value:
    """By the exponential and its logarithm, which correct each other."""
    powers = graph.each("Exp", one)
    less = graph.each("Sub", powers, 1.0)
    lifted = graph.each("Mul", less, graph.each("Div", one, graph.each("Log", powers)))
    found = graph.where(graph.test("Equal", powers, 1.0), one, lifted)
    far = graph.test("Greater", graph.each("Abs", one), 40.0)  # where there is nothing left to correct
    return graph.where(far, less, found)


def logistic(graph: Graph, scores: Value) -> Value:
    return graph.each("Div", 1.0, graph.each("Add", graph.each("Exp", graph.each("Neg", scores)), 1.0))


def relu(graph: Graph, scores: Value) -> Value:
    return graph.where(graph.test("Less", scores, 0.0), np.array(0, scores.kind), scores)


def _normal(graph: Graph, scores: Value) -> Value:
    sums = graph.total(scores)
    return graph.each(
        "Div", scores, graph.where(graph.test("Equal", sums, 0.0), np.array(1, sums.kind), sums)
    )


def _even(graph: Graph, scores: Value) -> Value:
    some = graph.any_of(graph.test("Not", graph.test("Equal", scores, 0.0)))
    return graph.where(some, _normal(graph, scores), np.array(1 / (scores.width or 1), scores.kind))


def _lowered(graph: Graph, scores: Value) -> Value:
    return graph.each("Sub", scores, graph.largest(scores))


def _softmax(graph: Graph, scores: Value) -> Value:
    return _normal(graph, graph.each("Exp", _lowered(graph, scores)))


def _log_softmax(graph: Graph, scores: Value) -> Value:
    lower = _lowered(graph, scores)
    return graph.each("Sub", lower, graph.each("Log", graph.total(graph.each("Exp", lower))))


def _softplus(graph: Graph, scores: Value) -> Value:
    far = graph.test("Greater", scores, 20.0)
    near = graph.where(far, np.array(20, scores.kind), scores)
    return graph.where(far, scores, log1p(graph, graph.each("Exp", near)))


def _elu(graph: Graph, scores: Value) -> Value:
    above = graph.test("Greater", scores, 0.0)
    below = expm1(graph, graph.where(above, np.array(0, scores.kind), scores))
    return graph.where(above, scores, below)


def _selu(graph: Graph, scores: Value) -> Value:
    above = graph.test("Greater", scores, 0.0)
    below = expm1(graph, graph.where(above, np.array(0, scores.kind), scores))
    bent = graph.where(above, scores, graph.each("Mul", below, 1.6732632423543772))
    return graph.each("Mul", bent, 1.0507009873554805)


def _gelu(graph: Graph, scores: Value) -> Value:
    """By the runtime's own erf, which it has in single precision only."""
    if scores.kind != "float32":
        return graph.each("Mul", scores, bell(graph, scores))
    erf = graph.each("Erf", graph.each("Mul", scores, math.sqrt(0.5)))
    return graph.each("Mul", graph.each("Mul", scores, 0.5), graph.each("Add", erf, 1.0))


def _gelu_tanh(graph: Graph, scores: Value) -> Value:
    cubes = graph.each("Mul", graph.each("Mul", scores, scores), scores)
    inside = graph.each("Add", scores, graph.each("Mul", cubes, 0.044715))
    bent = graph.each("Tanh", graph.each("Mul", inside, math.sqrt(2 / math.pi)))
    return graph.each("Mul", graph.each("Mul", scores, 0.5), graph.each("Add", bent, 1.0))


def _mish(graph: Graph, scores: Value) -> Value:
    return graph.each("Mul", scores, graph.each("Tanh", _softplus(graph, scores)))


def _hard_logistic(graph: Graph, scores: Value) -> Value:
    lifted = relu(graph, graph.each("Add", scores, 3.0))
    above = graph.test("Greater", lifted, 6.0)
    return graph.each("Div", graph.where(above, np.array(6, scores.kind), lifted), 6.0)


def _cos(graph: Graph, scores: Value) -> Value:
    """By the sine, which runtimes have had in double precision for longer."""
    sine = graph.each("Sin", graph.each("Mul", scores, 0.5))
    return graph.each("Sub", 1.0, graph.each("Mul", graph.each("Mul", sine, sine), 2.0))


def _less_than_one(graph: Graph, one: Value) -> Value:
    return graph.each("Sub", 1.0, one)


def _cloglog(graph: Graph, scores: Value) -> Value:
    return _less_than_one(graph, graph.each("Exp", graph.each("Neg", graph.each("Exp", scores))))


def _loglog(graph: Graph, scores: Value) -> Value:
    lower = graph.each("Exp", graph.each("Neg", scores))
    return graph.each("Exp", graph.each("Neg", lower))


def _halve(graph: Graph, scores: Value) -> Value:
    return graph.each("Pow", np.array(2, scores.kind), graph.each("Neg", scores))


def _by(op: str) -> Function:
    return lambda graph, scores: graph.each(op, scores)


ACTS: dict[str, Function] = {
    "bell": bell,
    "cloglog": _cloglog,
    "cos": _cos,
    "elu": _elu,
    "even": _even,
    "exp": _by("Exp"),
    "expm1": expm1,
    "gelu": _gelu,
    "gelu tanh": _gelu_tanh,
    "halve": _halve,
    "hard logistic": _hard_logistic,
    "hard silu": lambda graph, scores: graph.each("Mul", scores, _hard_logistic(graph, scores)),
    "inverse": lambda graph, scores: graph.each("Div", 1.0, scores),
    "log": _by("Log"),
    "log softmax": _log_softmax,
    "log1p": log1p,
    "logistic": logistic,
    "loglog": _loglog,
    "mish": _mish,
    "normal": _normal,
    "one and": lambda graph, scores: graph.padded(scores, before=1),
    "opposite": lambda graph, scores: graph.beside(graph.each("Neg", scores), scores),
    "relu": relu,
    "selu": _selu,
    "silu": lambda graph, scores: graph.each("Mul", scores, logistic(graph, scores)),
    "softmax": _softmax,
    "softplus": _softplus,
    "sqrt": _by("Sqrt"),
    "square": lambda graph, scores: graph.each("Mul", scores, scores),
    "tanh": _by("Tanh"),
    "two": lambda graph, share: graph.beside(_less_than_one(graph, share), share),
}
