"""How far numbers are from the true ones."""

from collections.abc import Iterator

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.validate.metric import SMALLEST, Metric, between, metric, middle
from boxship.validate.outcome import Outcome
from boxship.validate.resample import Resample, Values

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_GROUPS = 10
_SHOWN = 3  # digits of what comes from few rows
_NOTES = {
    "r2": "the target is the same in every row",
    "mape": "the target is 0 in some row",
}


class Residual(msgspec.Struct, frozen=True):
    """A quantile of predicted minus true."""

    share: float
    value: float


class Spread(msgspec.Struct, frozen=True):
    """The residuals of rows that were predicted about the same."""

    predicted: float
    low: float  # the quartiles
    middle: float
    high: float
    rows: int


def number_sums(outcome: Outcome, draw: Resample, centre: float) -> Array:
    """Of each group: rows, errors, and the target about a centre that keeps its squares small."""
    error, target = outcome.given - outcome.truth, outcome.truth - centre
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(outcome.truth == 0, np.nan, np.abs(error / outcome.truth))
    columns = (np.ones(outcome.rows), np.abs(error), error**2, error, target, target**2, relative)
    return np.hstack([draw.sums(column) for column in columns])


def number_values(sums: Array) -> Values:
    """From the sums; NaN where a metric has no meaning."""
    rows, absolute, square, error, target, target2, relative = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = target2 - target**2 / rows
        return {
            "mae": absolute / rows,
            "rmse": np.sqrt(square / rows),
            "r2": np.where(spread > 1e-12 * target2, 1 - square / spread, np.nan),
            "mape": relative / rows,
            "bias": error / rows,
        }


def centre_of(outcome: Outcome) -> float:
    return float(outcome.truth.mean()) if outcome.rows else 0.0


def number_metrics(outcome: Outcome, draw: Resample) -> Iterator[Metric]:
    """MAPE only where no true value is 0."""
    sums = number_sums(outcome, draw, centre_of(outcome))
    values, drawn = number_values(sums.sum(0)), number_values(draw.totals(sums))
    for name, value in values.items():
        found = float(value)
        note = _NOTES.get(name, "") if not np.isfinite(found) else ""
        yield metric(name, found, between(drawn[name]), "bootstrap", outcome.rows, note)
    yield middle("median_ae", np.abs(outcome.given - outcome.truth))


def residuals(outcome: Outcome) -> tuple[Residual, ...]:
    """The quantiles beyond which enough rows lie, to three digits."""
    error, rows = outcome.given - outcome.truth, outcome.rows
    shares = [share for share in _QUANTILES if min(share, 1 - share) * rows >= SMALLEST]
    return tuple(Residual(share, _short(np.quantile(error, share))) for share in shares)


def spreads(outcome: Outcome) -> tuple[Spread, ...]:
    """Residuals by what was predicted, in groups of the same size."""
    groups = min(_GROUPS, outcome.rows // (4 * SMALLEST))
    found = []
    for places in np.array_split(np.argsort(outcome.given, kind="stable"), groups) if groups else ():
        error = outcome.given[places] - outcome.truth[places]
        low, middle_, high = map(_short, np.quantile(error, [0.25, 0.5, 0.75]))
        found.append(Spread(_short(np.median(outcome.given[places])), low, middle_, high, len(places)))
    return tuple(found)


def _short(value: float) -> float:
    return float(f"{value:.{_SHOWN}g}") + 0.0
