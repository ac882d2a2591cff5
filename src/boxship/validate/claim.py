"""The metrics on a box's card, beside what the data at hand says."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from boxship.validate.metric import Metric, rounded

_ALIKE = {
    "acc": "accuracy",
    "rocauc": "auc",
    "aucroc": "auc",
    "rocaucscore": "auc",
    "f1macro": "macro_f1",
    "f1score": "f1",
    "precisionmacro": "macro_precision",
    "recallmacro": "macro_recall",
    "ap": "average_precision",
    "prauc": "average_precision",
    "brierscore": "brier",
    "ece": "calibration_error",
    "meanabsoluteerror": "mae",
    "rootmeansquarederror": "rmse",
    "r2score": "r2",
    "meanabsolutepercentageerror": "mape",
    "medianabsoluteerror": "median_ae",
    "ari": "adjusted_rand",
    "adjustedrandscore": "adjusted_rand",
}


class Claim(msgspec.Struct, frozen=True):
    """A metric that was given when the box was packed. `agrees` is None where nothing here is like it."""

    name: str
    given: float
    metric: str
    value: float | None
    low: float | None
    high: float | None
    agrees: bool | None


def claims(given: Mapping[str, float], found: Sequence[Metric]) -> tuple[Claim, ...]:
    """By name, loosely: `ROC-AUC` is `auc`. It disagrees where it lies outside of the interval."""
    by_bare = {_bare(one.name): one for one in found}
    return tuple(_claim(name, value, by_bare) for name, value in sorted(given.items()))


def usual(name: str) -> str:
    """What is meant by another's name of a metric: `roc_auc` is `auc`."""
    return _ALIKE.get(_bare(name), name)


def _claim(name: str, given: float, found: Mapping[str, Metric]) -> Claim:
    bare = re.sub(r"^(test|val|valid|validation|holdout|cv)(?=\w)", "", _bare(name))
    one = next(
        (found[_bare(key)] for key in (_bare(name), bare, _ALIKE.get(bare, "")) if _bare(key) in found), None
    )
    if one is None or one.low is None or one.high is None:
        return Claim(name, rounded(given), "" if one is None else one.name, None, None, None, None)
    slack = 1e-6 * max(abs(given), abs(one.low))  # of a number that was written down in few digits
    agrees = one.low - slack <= given <= one.high + slack
    return Claim(name, rounded(given), one.name, one.value, one.low, one.high, agrees)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9\[\]]", "", name.lower())
