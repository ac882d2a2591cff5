"""Numbers and findings as people read them, on a terminal as on a page."""

from collections.abc import Sequence

from boxship.validate.change import Change
from boxship.validate.claim import Claim
from boxship.validate.metric import Metric
from boxship.validate.weak import Segment

_MOST = 3
LABELS = {
    "auc": "ROC AUC",
    "mae": "MAE",
    "rmse": "RMSE",
    "r2": "R2",
    "mape": "MAPE",
    "median_ae": "median AE",
    "f1": "F1",
    "macro_f1": "macro F1",
    "brier": "Brier score",
}


def number(value: float | None) -> str:
    """Four digits."""
    return "-" if value is None else f"{value:.4g}"


def label(name: str) -> str:
    """`delta.macro_f1` is macro F1."""
    name = name.removeprefix("delta.")
    return LABELS.get(name, name.replace("_", " ") if "[" not in name else name)


def interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def measured(one: Metric) -> str:
    """A value and its interval, or why there is none."""
    if one.value is None:
        return f"none: {one.note}"
    found = interval(one.low, one.high)
    return f"{number(one.value)} ({found})" if found else number(one.value)


def chance(value: float) -> str:
    return "p<0.0001" if value < 0.0001 else f"p={value:.2g}"


def finding(segment: Segment, *, paired: bool, several: bool) -> str:
    """Worse in region=south: accuracy 0.91 -> 0.74, or against what is elsewhere."""
    value = segment.metrics[segment.metric].value
    where = f"{segment.output}: " if several else ""
    sure = chance(segment.chance if segment.chance is not None else 1.0)
    name = label(segment.metric)
    if paired:
        moved = f"{name} {number(segment.other)} -> {number(value)}"
    else:
        moved = f"{name} {number(value)}, elsewhere {number(segment.other)}"
    return f"{where}{segment.finding} in {segment.segment}: {moved}, {segment.rows} rows, {sure}"


def by_these_rows(others: Sequence[Segment]) -> str:
    """What else is worse, and would not be without the rows of the finding before."""
    return f"by these rows alone also in {_some(others)}"


def as_everywhere(others: Sequence[Segment]) -> str:
    """What is worse as all rows are."""
    return f"worse, but no more than all rows are, in {_some(others)}"


def _some(segments: Sequence[Segment]) -> str:
    more = f" and {len(segments) - _MOST} more" if len(segments) > _MOST else ""
    return ", ".join(one.segment for one in segments[:_MOST]) + more


def change(one: Change, *, several: bool) -> str:
    """Worse over all: accuracy 0.91 -> 0.74, and what the difference may be."""
    where = f"{one.output}: " if several else ""
    moved = f"{label(one.metric)} {number(one.before)} -> {number(one.now)}"
    return f"{where}{one.finding} over all: {moved}, difference {interval(one.low, one.high)}"


def disagreement(claim: Claim) -> str:
    """The card and the rows at hand, both."""
    found = f"{number(claim.value)} ({interval(claim.low, claim.high)})"
    return f"the card says {claim.name} {number(claim.given)}, these rows say {found}"


def share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.2g} %)" if whole else "")
