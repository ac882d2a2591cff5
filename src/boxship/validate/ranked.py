"""Average precision: how early the rows of a class come, in the order of their scores."""

import math

import numpy as np

from boxship.core.column import Array
from boxship.validate.metric import Metric, between, metric
from boxship.validate.outcome import Outcome
from boxship.validate.resample import Resample

_BINS, _CLASSES = 512, 4  # scores apart in a resample, of so many classes, and fewer of more;
_FEWEST = 32  # what this moves the value by, the interval is moved by too
ALONE = "the target has one class only"
NAME = "average_precision"


def precision_metric(outcome: Outcome, draw: Resample) -> Metric:
    """Of two classes the second, of more the mean."""
    value = average_precision(outcome)
    note = ALONE if math.isnan(value) else "" if outcome.is_binary else "mean of the classes"
    drawn = _drawn(outcome, draw, value) if outcome.rows else np.array([])
    return metric(NAME, value, between(drawn), "bootstrap", outcome.rows, note)


def precision_difference(one: Outcome, other: Outcome, draw: Resample) -> Metric:
    """Of two boxes that answered the same rows, which are drawn together."""
    mine, theirs = (average_precision(outcome) for outcome in (one, other))
    if math.isnan(mine):
        return metric(f"delta.{NAME}", math.nan, note=ALONE)
    drawn = _drawn(one, draw, mine) - _drawn(other, draw, theirs)
    return metric(f"delta.{NAME}", mine - theirs, between(drawn), "bootstrap", one.rows)


def average_precision(outcome: Outcome) -> float:
    """The mean precision over the recall that each score adds."""
    found = []
    for place, scores in _seen(outcome):
        order = np.argsort(-scores, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
        hits = np.cumsum(outcome.truth[order] == place)[ends]
        found.append(float(_mean_precision(hits.astype(np.float64), ends + 1.0)))
    return sum(found) / len(found) if found else math.nan


def _seen(outcome: Outcome) -> list[tuple[int, Array]]:
    """The classes that some rows are of and some are not, and the scores for them."""
    assert outcome.shares is not None  # noqa: S101  # asked of outcomes with probabilities alone
    places = [1] if outcome.is_binary else range(outcome.width)
    counts = np.bincount(outcome.truth, minlength=outcome.width)
    return [(place, outcome.shares[:, place]) for place in places if 0 < counts[place] < outcome.rows]


def _mean_precision(hits: Array, rows: Array) -> Array:
    """Of running counts, over the last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(rows > 0, hits / rows, 0.0)
        found: Array = (np.diff(hits, prepend=0.0, axis=-1) * precision).sum(-1) / hits[..., -1]
    return found


def _drawn(outcome: Outcome, draw: Resample, value: float) -> Array:
    """In every resample, moved by what the bins change in the rows at hand."""
    resampled, at_hand = [], []
    seen = _seen(outcome)
    most = max(_FEWEST, _BINS * _CLASSES // max(len(seen), _CLASSES))
    for place, scores in seen:
        bins = _bins(scores, most)
        of_it = (outcome.truth == place).astype(np.float64)
        width = int(bins.max()) + 1
        hits, rows = draw.sums_by(bins, width, of_it), draw.sums_by(bins, width)
        resampled.append(_mean_precision(*(np.cumsum(draw.totals(one), -1) for one in (hits, rows))))
        at_hand.append(float(_mean_precision(*(np.cumsum(one.sum(0)) for one in (hits, rows)))))
    found: Array = (
        np.mean(resampled, axis=0) + (value - float(np.mean(at_hand))) if resampled else np.array([])
    )
    return found


def _bins(scores: Array, most: int) -> Array:
    """The highest first: one a score where they are few, else as many rows in each."""
    distinct = np.unique(scores)
    if len(distinct) > most:
        distinct = np.unique(np.quantile(scores, np.arange(1, most) / most))
    found: Array = len(distinct) - np.searchsorted(distinct, scores, "left")
    return found
