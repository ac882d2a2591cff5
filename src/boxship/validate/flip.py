"""Rows that two boxes label differently."""

import msgspec
import numpy as np

from boxship.core.answer import class_name
from boxship.validate.chance import mcnemar
from boxship.validate.metric import SMALLEST, Metric, proportion
from boxship.validate.outcome import Outcome

_MOST = 12


class Pair(msgspec.Struct, frozen=True):
    """From which label to which, and in how many rows."""

    before: str
    after: str
    rows: int


class Flips(msgspec.Struct, frozen=True):
    """Shares of the rows that both answered: other labels at all, from right to wrong, from wrong to right.

    `chance` is McNemar's: that the two kinds differ so much in two boxes that are right equally often.
    """

    output: str
    metrics: tuple[Metric, ...]
    chance: float
    pairs: tuple[Pair, ...]


def flips(one: Outcome, other: Outcome) -> Flips:
    """From the labels of the other box to those of this one; pairs that enough rows stand behind."""
    moved = one.given != other.given
    bad, good = other.right & ~one.right, one.right & ~other.right
    shares = {"flips": moved, "flips_to_wrong": bad, "flips_to_right": good}
    metrics = tuple(proportion(name, int(rows.sum()), one.rows) for name, rows in shares.items())
    chance = mcnemar(int(bad.sum()), int(good.sum()))
    return Flips(one.name, metrics, float(f"{chance:.3g}"), _pairs(one, other))


def _pairs(one: Outcome, other: Outcome) -> tuple[Pair, ...]:
    width = max(one.width, 1)
    counts = np.bincount(other.given * width + one.given, minlength=width * width).reshape(width, width)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:_MOST]
    found = [(*divmod(int(place), width), int(counts.flat[place])) for place in order]
    names = [class_name(label) for label in one.classes]
    return tuple(Pair(names[a], names[b], rows) for a, b, rows in found if rows >= SMALLEST)
