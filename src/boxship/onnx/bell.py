"""How much of a normal distribution lies below a number, from what ONNX has in double precision: not its erf."""

import math
from functools import cache

import numpy as np

from boxship.onnx.graph import Graph, Value

_FAR = 40.0  # beyond it nothing is left that a double holds
_MIDDLE = 3.0
_DEGREE = 32
_LEVELS = 400  # of a fraction that goes on without end


def bell(graph: Graph, scores: Value) -> Value:
    """By the side that is below a half, which is exp(-z * z) times a function that a short series gives."""
    size = graph.each("Mul", graph.each("Abs", scores), math.sqrt(0.5))
    size = graph.where(graph.test("Greater", size, _FAR), np.array(_FAR, size.kind), size)
    place = graph.each("Div", graph.each("Sub", size, _MIDDLE), graph.each("Add", size, _MIDDLE))
    tail = graph.each("Exp", graph.each("Neg", graph.each("Mul", size, size)))
    half = graph.each("Mul", graph.each("Mul", tail, 0.5), _series(graph, place))
    return graph.where(graph.test("Less", scores, 0.0), half, graph.each("Sub", 1.0, half))


def _series(graph: Graph, place: Value) -> Value:
    """A sum of Chebyshev's polynomials, from the highest to the lowest."""
    first, *others = _weights()
    twice = graph.each("Mul", place, 2.0)
    above = here = graph.each("Mul", place, 0.0)
    for weight in reversed(others):
        lifted = graph.each("Add", graph.each("Mul", twice, here), weight)
        above, here = here, graph.each("Sub", lifted, above)
    return graph.each("Sub", graph.each("Add", graph.each("Mul", place, here), first), above)


@cache
def _weights() -> list[float]:
    places = np.polynomial.chebyshev.chebpts1(_DEGREE + 1)
    values = [_scaled(_MIDDLE * (1 + one) / (1 - one)) for one in places.tolist()]
    found: list[float] = np.polynomial.chebyshev.chebfit(places, values, _DEGREE).tolist()
    return found


def _scaled(z: float) -> float:
    """erfc(z) times exp(z * z): as it stands, or where that is too small by a fraction of fractions."""
    if z < 2:
        return math.erfc(z) * math.exp(z * z)
    below = z
    for level in range(_LEVELS, 0, -1):
        below = z + level / 2 / below
    return 1 / (math.sqrt(math.pi) * below)
