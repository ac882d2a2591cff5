"""How good probabilities are: log loss, Brier score, calibration."""

from collections.abc import Iterator

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.validate.metric import SMALLEST, Metric, between, metric, rounded, wilson
from boxship.validate.outcome import Outcome, briers, log_losses
from boxship.validate.ranked import precision_metric
from boxship.validate.resample import Resample, Values
from boxship.validate.roc import area_metric

BINS = 10  # of equal width


class Bin(msgspec.Struct, frozen=True):
    """Rows of about one probability: what was told, and what came true."""

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


def score_sums(outcome: Outcome, draw: Resample) -> Array:
    """Losses and rows, and of every bin its rows, what came true and what was told."""
    told, true, places = _told(outcome)
    return np.hstack(
        [
            draw.sums(log_losses(outcome)),
            draw.sums(briers(outcome)),
            draw.sums(np.ones(outcome.rows)),
            draw.sums_by(places, BINS, true),
            draw.sums_by(places, BINS, told),
        ]
    )


def score_values(sums: Array) -> Values:
    """From the sums; the calibration error is the mean distance of what was told from what came true."""
    rows = sums[..., 2]
    true, told = np.split(sums[..., 3:], 2, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "log_loss": sums[..., 0] / rows,
            "brier": sums[..., 1] / rows,
            "calibration_error": np.abs(true - told).sum(-1) / rows,
        }


def _told(outcome: Outcome) -> tuple[Array, Array, Array]:
    """What was told of each row, whether it came true, and its bin: of two classes the second, else the likeliest."""
    assert outcome.shares is not None  # noqa: S101  # asked of outcomes with probabilities alone
    likeliest = 1 if outcome.is_binary else outcome.shares.argmax(1)
    told = outcome.shares[np.arange(outcome.rows), likeliest]
    places = np.clip((told * BINS).astype(np.intp), 0, BINS - 1)
    return told, np.asarray(outcome.truth == likeliest, np.float64), places


def score_metrics(outcome: Outcome, draw: Resample) -> Iterator[Metric]:
    """What probabilities are worth, beside `label_metrics`."""
    yield area_metric(outcome)
    yield precision_metric(outcome, draw)
    sums = score_sums(outcome, draw)
    values, drawn = score_values(sums.sum(0)), score_values(draw.totals(sums))
    for name in ("log_loss", "brier"):
        yield metric(name, float(values[name]), between(drawn[name]), "bootstrap", outcome.rows)
    yield _calibration_metric(float(values["calibration_error"]), drawn["calibration_error"], outcome.rows)


def _calibration_metric(value: float, drawn: Array, rows: int) -> Metric:
    """Resampling adds to an error that cannot be negative, so the interval is mirrored at the value."""
    found = between(drawn)
    mirrored = found and (max(0.0, 2 * value - found[1]), max(0.0, 2 * value - found[0]))
    return metric("calibration_error", value, mirrored, "bootstrap", rows)


def calibration(outcome: Outcome) -> tuple[Bin, ...]:
    """The bins that enough rows stand behind."""
    if outcome.shares is None:
        return ()
    told, true, places = _told(outcome)
    rows = np.bincount(places, minlength=BINS)
    sums = [np.bincount(places, values, BINS) for values in (told, true)]
    found = []
    for at in np.flatnonzero(rows >= SMALLEST):
        count = int(rows[at])
        low, high = wilson(sums[1][at], count)
        told_, true_ = (rounded(float(one[at]) / count) for one in sums)
        found.append(Bin(told_, true_, rounded(low), rounded(high), count))
    return tuple(found)
