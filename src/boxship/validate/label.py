"""How often labels are right: over all rows, class by class, and the mean over classes."""

from collections.abc import Iterator

import numpy as np

from boxship.core.answer import class_name
from boxship.core.column import Array
from boxship.validate.metric import FEW, SMALLEST, Metric, between, metric, proportion
from boxship.validate.outcome import Outcome
from boxship.validate.resample import Resample, Values

OVERALL = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")
OF_SECOND = ("precision", "recall", "f1")  # of two classes


def label_sums(outcome: Outcome, draw: Resample) -> Array:
    """Of every class: rows rightly given it, rows that are of it, rows given it."""
    width, right = outcome.width, outcome.right.astype(np.float64)
    return np.hstack(
        [
            draw.sums_by(outcome.truth, width, right),
            draw.sums_by(outcome.truth, width),
            draw.sums_by(outcome.given, width),
        ]
    )


def label_values(outcome: Outcome, sums: Array) -> Values:
    """From the sums; a mean is over the classes that are in the truth or among the answers."""
    hits, true, given = np.split(sums, 3, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, precision, f1 = hits / true, hits / given, 2 * hits / (true + given)
        found = {
            "accuracy": hits.sum(-1) / true.sum(-1),
            "balanced_accuracy": _mean(recall, true > 0),
            "macro_precision": _mean(precision, true + given > 0),
            "macro_recall": _mean(recall, true + given > 0),
            "macro_f1": _mean(f1, true + given > 0),
        }
    if outcome.is_binary:
        found |= {"precision": precision[..., 1], "recall": recall[..., 1], "f1": f1[..., 1]}
    for place, label in enumerate(outcome.classes):
        name = class_name(label)
        found[f"precision[{name}]"] = precision[..., place]
        found[f"recall[{name}]"] = recall[..., place]
        found[f"f1[{name}]"] = f1[..., place]
    return found


def _mean(values: Array, counted: Array) -> Array:
    """Of the classes that count; a share of nothing is 0 in it."""
    found: Array = np.where(counted, np.nan_to_num(values), 0.0).sum(-1) / counted.sum(-1)
    return found


def label_metrics(outcome: Outcome, draw: Resample) -> Iterator[Metric]:
    """Shares of rows by Wilson's interval, the others by resampling; small classes are not told."""
    sums = label_sums(outcome, draw)
    values = label_values(outcome, sums.sum(0))
    drawn = label_values(outcome, draw.totals(sums))
    hits, true, given = np.split(sums.sum(0), 3)
    yield proportion("accuracy", hits.sum(), true.sum())
    for name in OVERALL[1:]:
        yield _resampled(name, float(values[name]), drawn[name], outcome.rows)
    if outcome.is_binary:
        yield from _of_class(outcome, 1, "", (hits, true, given), drawn)
    for place, label in enumerate(outcome.classes):
        yield from _of_class(outcome, place, f"[{class_name(label)}]", (hits, true, given), drawn)


def _of_class(
    outcome: Outcome, place: int, suffix: str, sums: tuple[Array, Array, Array], drawn: Values
) -> Iterator[Metric]:
    hits, true, given = (float(one[place]) for one in sums)
    name = class_name(outcome.classes[place])
    if 0 < true < SMALLEST:
        for what in OF_SECOND:
            yield metric(what + suffix, np.nan, note=FEW)
        return
    of = "" if suffix else f"of {name}"
    none = f"no row was answered {name}" if not given else of
    yield proportion("precision" + suffix, hits, given, none)
    yield proportion("recall" + suffix, hits, true, of if true else f"no row is {name}")
    f1 = 2 * hits / (true + given) if true + given else np.nan
    neither = "" if true + given else f"no row is {name}, and none was answered so"
    yield _resampled("f1" + suffix, f1, drawn["f1" + suffix], int(true), neither or of)


def _resampled(name: str, value: float, drawn: Array, rows: int, note: str = "") -> Metric:
    """All right or all wrong is so in every resample too, which proves nothing: then as a share of the rows."""
    if value in (0.0, 1.0):
        return proportion(name, value * rows, rows, note)
    return metric(name, value, between(drawn), "bootstrap", rows, note)
