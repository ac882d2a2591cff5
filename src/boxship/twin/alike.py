"""Steps of kernel machines: how alike rows are to points, and what classes in pairs make of that."""

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from boxship.core.column import Array
from boxship.twin.program import NEAR

_AT_ONCE = 2**18  # differences of rows and points that are held
_HELD = 2**23  # of rows and points how alike they are
_KINDS = ("linear", "poly", "rbf", "sigmoid")
LEAST = 1e-7  # that a pair gives either side, in libsvm


@dataclass(frozen=True)
class Alike:
    """How alike each row is to each point: `linear` by their product, `poly` and `sigmoid` by a power or the
    hyperbolic tangent of that times `gamma` plus `start`, `rbf` by the square of their distance."""

    near: ClassVar = NEAR
    overflows: ClassVar = True  # what is not finite becomes no answer

    kind: str
    points: Array
    gamma: float
    start: float
    degree: float

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        if self.kind not in _KINDS or self.points.ndim != 2:
            raise ValueError(f"there is no likeness {self.kind!r} to points of {self.points.ndim} dimensions")

    @property
    def most_rows(self) -> int:
        return max(1, _HELD // max(1, len(self.points)))

    def run(self, rows: Array) -> Array:
        if self.kind == "rbf":
            return np.exp(-self.gamma * self._squares(rows))
        products: Array = rows @ self.points.T
        if self.kind == "linear":
            return products
        inner = self.gamma * products + self.start
        return np.tanh(inner) if self.kind == "sigmoid" else inner**self.degree

    def _squares(self, rows: Array) -> Array:
        """Of the distances, from differences: what is near stays near, however far from zero it lies."""
        out = np.empty((len(rows), len(self.points)))
        many = max(1, _AT_ONCE // max(1, self.points.size))
        for first in range(0, len(rows), many):
            apart = rows[first : first + many, None, :] - self.points
            np.einsum("ijk,ijk->ij", apart, apart, out=out[first : first + many])
        return out


def pairs(classes: int) -> list[tuple[int, int]]:
    """Each class against each that stands behind it, in the order of their scores."""
    return list(combinations(range(classes), 2))


def _check_pairs(classes: int) -> None:
    if not 2 <= classes <= 1000:
        raise ValueError(f"{classes} classes make no pairs")


@dataclass(frozen=True)
class Votes:
    """What each class gets of the pairs that it is in: the first of two where a score is above zero."""

    classes: int

    def __post_init__(self) -> None:
        """Refuse what makes no pairs."""
        _check_pairs(self.classes)

    def run(self, scores: Array) -> Array:
        out = np.zeros((len(scores), self.classes))
        for place, (one, other) in enumerate(pairs(self.classes)):
            first = scores[:, place] > 0
            out[:, one] += first
            out[:, other] += ~first
        return out


@dataclass(frozen=True)
class Rivals:
    """The same, with the sums of its scores in the place behind the point."""

    near: ClassVar = NEAR
    overflows: ClassVar = True

    classes: int

    def __post_init__(self) -> None:
        """Refuse what makes no pairs."""
        _check_pairs(self.classes)

    def run(self, scores: Array) -> Array:
        votes, sums = np.zeros((2, len(scores), self.classes))
        for place, (one, other) in enumerate(pairs(self.classes)):
            score = scores[:, place]
            sums[:, one] += score
            sums[:, other] -= score
            votes[:, one] += ~(score < 0)
            votes[:, other] += score < 0
        found: Array = votes + sums / (3 * (np.abs(sums) + 1))
        return found


@dataclass(frozen=True)
class Coupled:
    """Probabilities from the scores of pairs: each by a logistic curve of its own, all together by the
    iteration of Wu, Lin and Weng, which ends as soon as it is near enough."""

    near: ClassVar = NEAR
    overflows: ClassVar = True

    steep: Array
    shift: Array
    classes: int

    def __post_init__(self) -> None:
        """Refuse what makes no pairs."""
        _check_pairs(self.classes)
        if not len(self.steep) == len(self.shift) == len(pairs(self.classes)):
            raise ValueError("there is not one curve a pair")

    def run(self, scores: Array) -> Array:
        count = self.classes
        said = 1 / (1 + np.exp(scores * self.steep + self.shift))
        said = np.where(said > LEAST, np.minimum(said, 1 - LEAST), LEAST)  # also of what is no number
        beats = np.zeros((len(scores), count, count))
        for place, (one, other) in enumerate(pairs(count)):
            beats[:, one, other] = said[:, place]
            beats[:, other, one] = 1 - said[:, place]
        return _coupled(beats)


def _coupled(beats: Array) -> Array:
    """The shares of each row that go best with how often each class beats each other."""
    count = beats.shape[1]
    forms = -beats * beats.transpose(0, 2, 1)
    each = np.arange(count)
    forms[:, each, each] = (beats**2).sum(axis=1)
    shares = np.full(beats.shape[:2], 1 / count)
    going = np.arange(len(beats))
    for _ in range(most_rounds(count)):
        form, share = forms[going], shares[going]
        slopes = np.einsum("ijk,ik->ij", form, share)
        level = (share * slopes).sum(axis=1)
        goes_on = ~(np.abs(slopes - level[:, None]).max(axis=1) < near_enough(count))
        if not goes_on.any():
            break
        going = going[goes_on]
        shares[going] = _nearer(form[goes_on], share[goes_on], slopes[goes_on], level[goes_on])
    return shares


def most_rounds(classes: int) -> int:
    """How often at most shares are moved, in libsvm."""
    return max(100, classes)


def near_enough(classes: int) -> float:
    """How far the slopes of shares that stay may lie apart."""
    return 0.005 / classes


def _nearer(form: Array, share: Array, slopes: Array, level: Array) -> Array:
    """One class after the other moved to where it fits best, all then scaled to one."""
    for place in range(share.shape[1]):
        own = form[:, place, place]
        by = (level - slopes[:, place]) / own
        share[:, place] += by
        level = (level + by * (by * own + 2 * slopes[:, place])) / (1 + by) / (1 + by)
        slopes = (slopes + by[:, None] * form[:, place]) / (1 + by)[:, None]
        share /= (1 + by)[:, None]
    return share
