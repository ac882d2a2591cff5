"""One measured number with its interval."""

import math

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.validate.chance import Z, half_tail

SMALLEST = 10  # rows that a number or a category needs behind it to be shown
FEW = f"fewer than {SMALLEST} rows are of this class"
_DIGITS = 9  # of what is kept: less than any sum of doubles may differ by
_MOST_UNDEFINED = 0.05  # of the resamples


class Metric(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value, where it has one, and the interval that holds the true one in 95 of 100 cases.

    `note` says why there is no value or no interval, or what the value is of.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""
    rows: int = 0
    note: str = ""


def metric(
    name: str,
    value: float,
    interval: tuple[float, float] | None = None,
    method: str = "",
    rows: int = 0,
    note: str = "",
) -> Metric:
    """NaN is no value, and has a note that says why."""
    if not math.isfinite(value):
        return Metric(name, None, rows=rows, note=note or "not defined for these rows")
    if interval is None or not all(map(math.isfinite, interval)):
        return Metric(name, rounded(value), rows=rows, note=note or "too few rows for an interval")
    return Metric(name, rounded(value), rounded(interval[0]), rounded(interval[1]), method, rows, note)


def rounded(value: float) -> float:
    """The same text on every run, whatever the last bits of a sum were."""
    return float(f"{value:.{_DIGITS}g}") + 0.0


def wilson(hits: float, tries: float) -> tuple[float, float]:
    """The interval of a share."""
    if not tries:
        return math.nan, math.nan
    share, z2 = hits / tries, Z * Z
    middle = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z / (1 + z2 / tries) * math.sqrt(share * (1 - share) / tries + z2 / (4 * tries * tries))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if hits == 0 else low), (1.0 if hits == tries else high)


def proportion(name: str, hits: float, tries: float, note: str = "") -> Metric:
    """A share of rows."""
    value = hits / tries if tries else math.nan
    return metric(name, value, wilson(hits, tries), "wilson", int(tries), note)


def middle(name: str, values: Array) -> Metric:
    """The median of values, between the order statistics that hold it in 95 of 100 cases, whatever its law."""
    ordered, rows = np.sort(values), len(values)
    if not rows:
        return metric(name, math.nan)
    place = _place_below(rows)
    interval = (float(ordered[place]), float(ordered[rows - 1 - place])) if place >= 0 else None
    return metric(name, float(np.median(ordered)), interval, "order statistics", rows)


def median_difference(one: Array, other: Array) -> Metric:
    """Of two columns of the same rows: how much of what each median may be off by they share, their sides tell."""
    found, theirs = middle("", one), middle("", other)
    value = float(np.median(one) - np.median(other)) if len(one) else math.nan
    interval = None
    if None not in (found.low, theirs.low):
        errors = [((each.high or 0) - (each.low or 0)) / (2 * Z) for each in (found, theirs)]
        sides = [np.where(values > np.median(values), 1.0, -1.0) for values in (one, other)]
        shared = float(np.mean(sides[0] * sides[1]))
        square = errors[0] ** 2 + errors[1] ** 2 - 2 * shared * errors[0] * errors[1]
        half = Z * math.sqrt(max(square, 0.0))
        interval = value - half, value + half
    return metric("delta.median_ae", value, interval, "order statistics", len(one))


def _place_below(rows: int) -> int:
    """The largest place whose tail of a fair coin stays within a fortieth; -1 where there is none."""
    low, high = -1, rows // 2
    while low < high:
        place = (low + high + 1) // 2
        if half_tail(place, rows) <= 0.025:
            low = place
        else:
            high = place - 1
    return low


def between(draws: Array) -> tuple[float, float] | None:
    """The interval of a resampled value; None where too many resamples have none."""
    known = draws[np.isfinite(draws)]
    if len(known) < (1 - _MOST_UNDEFINED) * len(draws) or not len(known):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
