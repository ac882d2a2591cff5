"""What one output answered, beside what was true: only rows that have both."""

from typing import Literal, NamedTuple

import numpy as np

from boxship.core.column import Array
from boxship.core.contract import Scalar

Kind = Literal["classes", "numbers", "clusters"]


class Outcome(NamedTuple):
    """One output. `truth` and `given` are places in `classes`, or plain numbers where there are none."""

    name: str
    kind: Kind
    truth: Array
    given: Array
    classes: tuple[Scalar, ...] = ()
    shares: Array | None = None  # a row's probabilities, in the order of the classes

    @property
    def rows(self) -> int:
        return len(self.truth)

    @property
    def width(self) -> int:
        return len(self.classes)

    @property
    def is_binary(self) -> bool:
        return self.width == 2

    @property
    def right(self) -> Array:
        """Whether the label is the true one."""
        return np.asarray(self.truth == self.given)

    def take(self, rows: Array) -> "Outcome":
        """Other rows, by a mask or by position."""
        shares = None if self.shares is None else self.shares[rows]
        return self._replace(truth=self.truth[rows], given=self.given[rows], shares=shares)


def row_losses(outcome: Outcome) -> dict[str, Array]:
    """What is measured row by row, so that any part of the rows has its mean; the first decides what is worse."""
    if outcome.kind == "numbers":
        error = outcome.given - outcome.truth
        return {"mae": np.abs(error), "bias": error}
    if outcome.kind == "clusters":
        return {}
    found = {"accuracy": outcome.right.astype(np.float64)}
    if outcome.shares is not None:
        found |= {"log_loss": log_losses(outcome), "brier": briers(outcome)}
    return found


def log_losses(outcome: Outcome) -> Array:
    """Minus the logarithm of the probability that the true class was given; none is below the double's own step."""
    shares = _of_truth(outcome)
    found: Array = -np.log(np.clip(shares, np.finfo(np.float64).eps, 1.0))
    return found


def briers(outcome: Outcome) -> Array:
    """The squared distance from the truth: of two classes of the second one alone, else of all together."""
    assert outcome.shares is not None  # noqa: S101  # asked of outcomes with probabilities alone
    if outcome.is_binary:
        return np.asarray((outcome.shares[:, 1] - outcome.truth) ** 2)
    squares = np.asarray(outcome.shares**2).sum(axis=1)
    return np.asarray(squares - 2 * _of_truth(outcome) + 1)


def _of_truth(outcome: Outcome) -> Array:
    assert outcome.shares is not None  # noqa: S101  # asked of outcomes with probabilities alone
    found: Array = outcome.shares[np.arange(outcome.rows), outcome.truth]
    return found
