"""Steps from scores to answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boxship.core.column import Array
from boxship.twin.program import NEAR, NEAR_SINGLE


def _logistic(scores: Array) -> Array:
    return 1 / (1 + np.exp(-scores))


def _softmax(scores: Array) -> Array:
    return _normal(np.exp(scores - scores.max(axis=1, keepdims=True)))


def _two(share: Array) -> Array:
    out = np.empty((len(share), 2), share.dtype)
    np.subtract(1, share, out=out[:, :1])
    out[:, 1:] = share
    return out


def _normal(scores: Array) -> Array:
    sums: Array = scores.sum(axis=1, keepdims=True)
    return scores / np.where(sums == 0, 1.0, sums)


def _even(scores: Array) -> Array:
    return np.where(scores.any(axis=1, keepdims=True), _normal(scores), 1 / scores.shape[1])


def _opposite(scores: Array) -> Array:
    return np.concatenate([-scores, scores], axis=1)


def _beside_one(scores: Array) -> Array:
    return np.concatenate([np.ones((len(scores), 1)), scores], axis=1)


def _bell(scores: Array) -> Array:
    below = [0.5 * math.erfc(-score / math.sqrt(2.0)) for score in scores.reshape(-1).tolist()]
    return np.array(below).reshape(scores.shape)


def _elu(scores: Array) -> Array:
    return np.where(scores > 0, scores, np.expm1(np.minimum(scores, 0)))


def _log_softmax(scores: Array) -> Array:
    lower = scores - scores.max(axis=1, keepdims=True)
    found: Array = lower - np.log(np.exp(lower).sum(axis=1, keepdims=True))
    return found


# of degree 10 in 1 / (1 + z / 2), fitted by Chebyshev's nodes to erfc(z) exp(z^2) from 0 to 6: off by 2e-10 at most
_TAIL = (
    2.76877399173e-05,
    0.281425800299,
    0.28928857147,
    0.201479386891,
    0.361895808815,
    -0.43012908371,
    0.963915767092,
    -1.25950677494,
    0.83657654481,
    -0.285557007584,
    0.0405832992554,
)


def _erf(scores: Array) -> Array:
    """In double precision, to nine digits behind the point."""
    size = np.abs(scores, dtype=np.float64)
    share = 1 / (1 + size / 2)
    found = np.zeros_like(share)
    for factor in reversed(_TAIL):
        found = found * share + factor
    signed: Array = np.copysign(1 - found * np.exp(-size * size), scores)
    return signed


def _gelu(scores: Array) -> Array:
    found: Array = (0.5 * scores * (1 + _erf(scores * math.sqrt(0.5)))).astype(scores.dtype)
    return found


def _gelu_tanh(scores: Array) -> Array:
    inside = math.sqrt(2 / math.pi) * (scores + 0.044715 * scores**3)
    found: Array = 0.5 * scores * (1 + np.tanh(inside))
    return found


def _selu(scores: Array) -> Array:
    found: Array = 1.0507009873554805 * np.where(
        scores > 0, scores, 1.6732632423543772 * np.expm1(np.minimum(scores, 0))
    )

    return found


def _hard_logistic(scores: Array) -> Array:
    found: Array = np.clip(scores + 3, 0, 6) / 6
    return found


def _softplus(scores: Array) -> Array:
    return np.where(scores > 20, scores, np.log1p(np.exp(np.minimum(scores, 20))))


ACTS: dict[str, Callable[[Array], Array]] = {
    "bell": _bell,
    "cos": np.cos,
    "cloglog": lambda scores: 1 - np.exp(-np.exp(scores)),
    "elu": _elu,
    "even": _even,
    "exp": np.exp,
    "expm1": np.expm1,
    "gelu": _gelu,
    "gelu tanh": _gelu_tanh,
    "halve": lambda scores: 2.0**-scores,
    "hard logistic": _hard_logistic,
    "hard silu": lambda scores: scores * _hard_logistic(scores),
    "inverse": np.reciprocal,
    "log": np.log,
    "log1p": np.log1p,
    "log softmax": _log_softmax,
    "logistic": _logistic,
    "loglog": lambda scores: np.exp(-np.exp(-scores)),
    "mish": lambda scores: scores * np.tanh(_softplus(scores)),
    "normal": _normal,
    "one and": _beside_one,
    "opposite": _opposite,
    "logistic single": lambda scores: _logistic(scores.astype(np.float32)),
    "relu": lambda scores: np.maximum(scores, 0),
    "selu": _selu,
    "silu": lambda scores: scores * _logistic(scores),
    "softmax": _softmax,
    "softmax single": lambda scores: _softmax(scores.astype(np.float32)),
    "softplus": _softplus,
    "sqrt": np.sqrt,
    "square": np.square,
    "tanh": np.tanh,
    "two": _two,
}


@dataclass(frozen=True)
class Act:
    """A function of scores, by name: `normal` divides each row by its sum, where that is not zero; `even`
    too, and gives equal shares where all are zero; `two` puts 1 - x before x, `opposite` -x, `one and` a
    one before each row; `halve` gives a half to the power of x, `bell` how much of a normal
    distribution lies below x; `single` is in single precision."""

    overflows: ClassVar = True  # what is not finite becomes no answer
    name: str

    @property
    def near(self) -> float:
        return NEAR_SINGLE if self.name.endswith(" single") else NEAR

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        if self.name not in ACTS:
            raise ValueError(f"there is no function {self.name!r}")

    def run(self, scores: Array) -> Array:
        return ACTS[self.name](scores)


@dataclass(frozen=True)
class Curve:
    """One column by points of a curve: straight lines between them, level before and after."""

    near: ClassVar = NEAR

    x: Array
    y: Array

    def run(self, rows: Array) -> Array:
        return np.interp(rows[:, 0], self.x, self.y)[:, None]


@dataclass(frozen=True)
class Mean:
    """Blocks of one shape, weighted."""

    near: ClassVar = NEAR

    weights: Array

    def run(self, *blocks: Array) -> Array:
        return np.average(np.stack(blocks), axis=0, weights=self.weights)


@dataclass(frozen=True)
class Median:
    """The weighted median of each row."""

    weights: Array

    def run(self, rows: Array) -> Array:
        order = np.argsort(rows, axis=1)
        sums = np.cumsum(self.weights[order], axis=1)
        middle = (sums >= 0.5 * sums[:, -1:]).argmax(axis=1)
        each = np.arange(len(rows))
        found: Array = rows[each, order[each, middle]]
        return found
