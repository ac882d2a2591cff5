"""How well clusters agree with true groups, whatever either is called."""

from collections.abc import Callable, Iterator

import numpy as np

from boxship.core.column import Array
from boxship.validate.metric import Metric, between, metric
from boxship.validate.outcome import Outcome
from boxship.validate.resample import Resample, Values

NAMES = ("adjusted_rand", "homogeneity", "completeness", "v_measure")


def cluster_values(outcome: Outcome) -> Callable[[Array], Values]:
    """Of rows that count so often each."""
    truth, given = (np.unique(one, return_inverse=True)[1] for one in (outcome.truth, outcome.given))
    width, height = (int(one.max(initial=-1)) + 1 for one in (given, truth))
    cells, places = np.unique(truth * width + given, return_inverse=True)

    def measured(weights: Array) -> Values:
        counts = np.bincount(places, weights, len(cells))
        rows = np.bincount(cells // max(width, 1), counts, height)
        columns = np.bincount(cells % max(width, 1), counts, width)
        twice = float((weights * (weights - 1) / 2).sum())  # a row with itself is no pair
        found = (_rand(counts, rows, columns, twice), *_entropies(counts, rows, columns))
        return dict(zip(NAMES, found, strict=True))

    return measured


def _rand(counts: Array, rows: Array, columns: Array, twice: float) -> Array:
    """Pairs that are together in both, beyond what chance would bring together."""
    total, together, in_truth, in_given = (
        float((one * (one - 1) / 2).sum()) - twice
        for one in (counts.sum(keepdims=True), counts, rows, columns)
    )
    if total <= 0:
        return np.array(np.nan)
    expected, most = in_truth * in_given / total, (in_truth + in_given) / 2
    return np.array(1.0 if most == expected else (together - expected) / (most - expected))


def _entropies(counts: Array, rows: Array, columns: Array) -> tuple[Array, Array, Array]:
    joint, truth, given = (_entropy(one) for one in (counts, rows, columns))
    homogeneity = 1.0 if truth == 0 else (truth + given - joint) / truth
    completeness = 1.0 if given == 0 else (truth + given - joint) / given
    both = homogeneity + completeness
    mean = 0.0 if both == 0 else 2 * homogeneity * completeness / both
    return np.array(homogeneity), np.array(completeness), np.array(mean)


def _entropy(counts: Array) -> float:
    shares = counts[counts > 0] / max(counts.sum(), 1.0)
    return float(-(shares * np.log(shares)).sum())


def cluster_metrics(outcome: Outcome, draw: Resample) -> Iterator[Metric]:
    """All four, with their intervals by resampling."""
    measured = cluster_values(outcome)
    if not outcome.rows:
        yield from (metric(name, np.nan) for name in NAMES)
        return
    values, drawn = measured(np.ones(outcome.rows)), draw.weighted(measured)
    for name in NAMES:
        value = float(values[name])
        found = between(drawn[name])
        yield metric(name, value, found, "bootstrap", outcome.rows)
