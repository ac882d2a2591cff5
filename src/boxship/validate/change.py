"""Metrics that differ between two boxes by more than chance, over all rows."""

from collections.abc import Sequence

import msgspec

from boxship.core.answer import class_name
from boxship.validate.chance import Z, holm, mcnemar, normal_tail, student
from boxship.validate.metric import Metric
from boxship.validate.outcome import Outcome

_TESTED = 30  # rows, or rows of a class: with fewer, next to nothing can be found
_LEVEL = 0.05
_FIRST = {"classes": "accuracy", "numbers": "mae", "clusters": "adjusted_rand"}  # by which a kind is judged
_SMALL_IS_GOOD = ("log_loss", "brier", "calibration_error", "mae", "rmse", "median_ae", "mape")
_SAME = ("macro_recall", "precision", "recall", "f1")  # as others that are told by their class
_EITHER = ("bias",)  # more of it is neither better nor worse


class Change(msgspec.Struct, frozen=True):
    """A metric over all rows, before and now. `chance` is corrected but for the first metric of its kind.

    `finding` is `worse` or `better` where that is no chance.
    """

    output: str
    metric: str
    before: float
    now: float
    low: float  # of the difference
    high: float
    chance: float
    finding: str = ""


def changes(
    output: str, one: Outcome, other: Outcome, before: Sequence[Metric], differences: Sequence[Metric]
) -> list[Change]:
    """Of every difference with an interval; the first by itself, the others corrected together (Holm)."""
    known = {metric.name: metric.value for metric in before}
    found = [_change(output, one, other, known, delta) for delta in differences]
    parts = [change for change in found if change is not None]
    first = [change for change in parts if change.metric == _FIRST[one.kind]]
    others = [change for change in parts if change.metric != _FIRST[one.kind]]
    corrected = zip(others, holm([change.chance for change in others]), strict=True)
    return [_judged(change, change.chance) for change in first] + sorted(
        (_judged(change, chance) for change, chance in corrected), key=lambda change: change.chance
    )


def _change(
    output: str, one: Outcome, other: Outcome, before: dict[str, float | None], delta: Metric
) -> Change | None:
    name = delta.name.removeprefix("delta.")
    was = before.get(name)
    if name in (*_SAME, *_EITHER) or was is None or delta.value is None:
        return None
    if delta.low is None or delta.high is None or _rows(one, name) < _TESTED:
        return None
    chance = _chance(one, other, name, delta.value, (delta.high - delta.low) / (2 * Z))
    return Change(output, name, was, was + delta.value, delta.low, delta.high, chance)


def _rows(outcome: Outcome, name: str) -> int:
    place = _place(outcome, name)
    return outcome.rows if place is None else int((outcome.truth == place).sum())


def _place(outcome: Outcome, name: str) -> int | None:
    """The class that a metric is of."""
    _, of, label = name.removesuffix("]").partition("[")
    return [class_name(one) for one in outcome.classes].index(label) if of else None


def _chance(one: Outcome, other: Outcome, name: str, value: float, error: float) -> float:
    """McNemar's exact one where rows are right or wrong; else by the error that the interval tells."""
    if name.partition("[")[0] in ("accuracy", "recall"):
        place = _place(one, name)
        inside = slice(None) if place is None else one.truth == place
        mine, theirs = one.right[inside], other.right[inside]
        return mcnemar(int((mine & ~theirs).sum()), int((theirs & ~mine).sum()))
    return normal_tail(value / error) if error else student(value, 0.0, _rows(one, name))


def _judged(change: Change, chance: float) -> Change:
    finding = ""
    if chance < _LEVEL:
        finding = "better" if (change.now > change.before) != (change.metric in _SMALL_IS_GOOD) else "worse"
    return msgspec.structs.replace(change, chance=float(f"{chance:.3g}"), finding=finding)
