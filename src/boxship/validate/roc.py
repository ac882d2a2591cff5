"""The area under the ROC curve by DeLong's components, and the curve."""

import math
from typing import NamedTuple

import numpy as np

from boxship.core.column import Array
from boxship.validate.chance import Z
from boxship.validate.metric import SMALLEST, Metric, metric, wilson
from boxship.validate.outcome import Outcome

_POINTS = 60


class Area(NamedTuple):
    """The mean over classes of the chance that a row of the class scores above a row that is none of it.

    `parts` is each row's share in how far it may be off: the sum of their squares is its variance.
    """

    value: float
    parts: Array
    classes: int
    fewest: int  # rows on the smaller side


def area(outcome: Outcome) -> Area:
    """Of two classes the second against the first, of more each against the rest; NaN for one class alone."""
    assert outcome.shares is not None  # noqa: S101  # asked of outcomes with probabilities alone
    places = [1] if outcome.is_binary else range(outcome.width)
    values, parts, fewest = [], np.zeros(outcome.rows), outcome.rows
    for place in places:
        of_it = outcome.truth == place
        count = int(of_it.sum())
        if 0 < count < outcome.rows:
            value, own = _one(outcome.shares[:, place], of_it)
            values.append(value)
            parts += own
            fewest = min(fewest, count, outcome.rows - count)
    if not values:
        return Area(math.nan, parts, 0, 0)
    return Area(sum(values) / len(values), parts / len(values), len(values), fewest)


def _one(scores: Array, of_it: Array) -> tuple[float, Array]:
    inside, outside = scores[of_it], scores[~of_it]
    above = _share_below(inside, outside)  # of each row of the class: the rows outside that it beats
    below = 1 - _share_below(outside, inside)
    value = float(above.mean())
    parts = np.empty(len(scores))
    parts[of_it] = (above - value) / len(inside) * _unbiased(len(inside))
    parts[~of_it] = (below - value) / len(outside) * _unbiased(len(outside))
    return value, parts


def _share_below(values: Array, others: Array) -> Array:
    """Of the others; equal ones count half."""
    ordered = np.sort(others)
    places = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(places / (2 * len(others)))


def _unbiased(rows: int) -> float:
    return math.sqrt(rows / (rows - 1)) if rows > 1 else 1.0


def area_metric(outcome: Outcome) -> Metric:
    """On the scale of the logit, which keeps the interval within 0 and 1."""
    found = area(outcome)
    if math.isnan(found.value):
        return metric("auc", math.nan, rows=outcome.rows, note="the target has one class only")
    note = "" if outcome.is_binary else f"mean of {found.classes} classes, each against the rest"
    return metric("auc", found.value, _interval(found), "delong", outcome.rows, note)


def _interval(found: Area) -> tuple[float, float]:
    spread = math.sqrt(float((found.parts**2).sum()))
    if spread == 0 or found.value in (0.0, 1.0):  # nothing to see a spread by: as a share of the smaller side
        return wilson(found.value * found.fewest, found.fewest)
    middle = math.log(found.value / (1 - found.value))
    half = Z * spread / (found.value * (1 - found.value))
    low, high = (1 / (1 + math.exp(-end)) for end in (max(middle - half, -700), min(middle + half, 700)))
    return low, high


def area_difference(one: Outcome, other: Outcome) -> Metric:
    """Of two boxes that answered the same rows; what their rows have in common cancels."""
    mine, theirs = area(one), area(other)
    value = mine.value - theirs.value
    half = Z * math.sqrt(float(((mine.parts - theirs.parts) ** 2).sum()))
    note = "the target has one class only" if math.isnan(value) else ""
    return metric("delta.auc", value, (value - half, value + half), "delong", one.rows, note)


def curve(outcome: Outcome) -> tuple[tuple[float, float], ...]:
    """Points of the ROC curve of two classes, so far apart that each stands for enough rows."""
    if outcome.shares is None or not outcome.is_binary or len(np.unique(outcome.truth)) < 2:
        return ()
    order = np.argsort(-outcome.shares[:, 1], kind="stable")
    scores, truth = outcome.shares[order, 1], outcome.truth[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # the last row of each score
    step = max(SMALLEST, outcome.rows // _POINTS)
    kept = ends[
        np.unique(np.searchsorted(ends, np.arange(step - 1, outcome.rows, step)).clip(max=len(ends) - 1))
    ]
    hits, rows = np.cumsum(truth)[kept], kept + 1
    x, y = (rows - hits) / (outcome.rows - truth.sum()), hits / truth.sum()
    points = [(0.0, 0.0), *zip(x.round(4).tolist(), y.round(4).tolist(), strict=True), (1.0, 1.0)]
    return tuple(dict.fromkeys(points))
