"""All metrics of an output, and all differences between two boxes that answered the same rows."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from boxship.core.answer import class_name
from boxship.validate.cluster import cluster_metrics, cluster_values
from boxship.validate.label import label_metrics, label_sums, label_values
from boxship.validate.metric import FEW, SMALLEST, Metric, between, median_difference, metric
from boxship.validate.number import centre_of, number_metrics, number_sums, number_values
from boxship.validate.outcome import Outcome
from boxship.validate.ranked import precision_difference
from boxship.validate.resample import Resample, Values
from boxship.validate.roc import area_difference
from boxship.validate.score import score_metrics, score_sums, score_values


def measure(outcome: Outcome) -> tuple[Metric, ...]:
    """Every metric there is for its kind, those without a value too."""
    draw = Resample(outcome.rows)
    if outcome.kind == "numbers":
        return tuple(number_metrics(outcome, draw))
    if outcome.kind == "clusters":
        return tuple(cluster_metrics(outcome, draw))
    scores = () if outcome.shares is None else score_metrics(outcome, draw)
    return (*label_metrics(outcome, draw), *scores)


def differences(one: Outcome, other: Outcome) -> tuple[Metric, ...]:
    """`delta.` of each metric: the first box minus the second, drawn together row by row."""
    draw = Resample(one.rows)
    if one.kind == "numbers":
        return tuple(_of_numbers(one, other, draw))
    if one.kind == "clusters":
        return tuple(_of_clusters(one, other, draw))
    return tuple(_of_classes(one, other, draw))


def _of_classes(one: Outcome, other: Outcome, draw: Resample) -> Iterator[Metric]:
    both = [(outcome, label_sums(outcome, draw)) for outcome in (one, other)]
    values = [label_values(outcome, sums.sum(0)) for outcome, sums in both]
    drawn = [label_values(outcome, draw.totals(sums)) for outcome, sums in both]
    counts = np.bincount(one.truth, minlength=one.width)
    small = {
        f"[{class_name(label)}]" for label, rows in zip(one.classes, counts, strict=True) if rows < SMALLEST
    }
    yield from (
        metric(found.name, math.nan, note=FEW) if found.name[found.name.find("[") :] in small else found
        for found in _subtracted(values, drawn, one.rows)
    )
    if one.shares is None:
        return
    yield area_difference(one, other)
    scores = [score_sums(outcome, draw) for outcome in (one, other)]
    values = [score_values(sums.sum(0)) for sums in scores]
    drawn = [score_values(draw.totals(sums)) for sums in scores]
    yield from _subtracted(values, drawn, one.rows)
    yield precision_difference(one, other, draw)


def _of_numbers(one: Outcome, other: Outcome, draw: Resample) -> Iterator[Metric]:
    both = [number_sums(outcome, draw, centre_of(one)) for outcome in (one, other)]
    values = [number_values(sums.sum(0)) for sums in both]
    drawn = [number_values(draw.totals(sums)) for sums in both]
    yield from _subtracted(values, drawn, one.rows)
    yield median_difference(*(np.abs(outcome.given - outcome.truth) for outcome in (one, other)))


def _of_clusters(one: Outcome, other: Outcome, draw: Resample) -> Iterator[Metric]:
    measured = [cluster_values(outcome) for outcome in (one, other)]
    values = [of(np.ones(one.rows)) for of in measured]
    yield from _subtracted(values, [draw.weighted(of) for of in measured], one.rows)


def _subtracted(values: Sequence[Values], drawn: Sequence[Values], rows: int) -> Iterator[Metric]:
    """The first's minus the second's, in every resample too: they were drawn together."""
    for name in values[0]:
        value, other = (float(one[name]) for one in values)
        interval = between(drawn[0][name] - drawn[1][name])
        yield metric(f"delta.{name}", value - other, interval, "bootstrap", rows)
