"""Tails of the distributions that tests need, without scipy."""

import math
from collections.abc import Sequence

import numpy as np

from boxship.core.column import Array

Z = 1.959963984540054  # the normal quantile of an interval that holds in 95 of 100 cases
_TINY = 1e-300


def beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction."""
    if x <= 0 or x >= 1:
        return float(x > 0)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """Lentz's way; about the root of a + b steps are enough."""
    numerator, denominator = 1.0, _away(1 - (a + b) * x / (a + 1))
    denominator = 1 / denominator
    found = denominator
    for m in range(1, 200 + int(4 * math.sqrt(a + b))):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1 / _away(1 + step * denominator)
            numerator = _away(1 + step / numerator)
            found *= denominator * numerator
        if abs(denominator * numerator - 1) < 1e-15:
            break
    return found


def _away(value: float) -> float:
    """Not zero."""
    return value if abs(value) > _TINY else _TINY


def half_tail(hits: int, tries: int) -> float:
    """The chance of so many heads or fewer of a fair coin."""
    return 1.0 if hits >= tries else beta_share(tries - hits, hits + 1, 0.5)


def mcnemar(one: int, other: int) -> float:
    """Two-sided and exact: the chance that discordant rows fall at least so unevenly."""
    return min(1.0, 2 * half_tail(min(one, other), one + other))


def student(mean: float, spread: float, rows: int) -> float:
    """Two-sided: the chance of a mean at least so far from 0, of rows with this standard deviation."""
    if rows < 2 or mean == 0:
        return 1.0
    if spread == 0:
        return float(2.0 ** (1 - min(rows, 1000)))  # all rows moved alike: the sign test
    return student_tail(mean / spread * math.sqrt(rows), rows - 1)


def normal_tail(z: float) -> float:
    """Two-sided."""
    return math.erfc(abs(z) / math.sqrt(2))


def student_tail(t: float, free: float) -> float:
    """Two-sided, of so many degrees of freedom."""
    return beta_share(free / 2, 0.5, free / (free + t * t))


def student_quantile(free: float) -> float:
    """That of an interval which holds in 95 of 100 cases; right to four digits from eight degrees of freedom on."""
    z2 = Z * Z
    terms = (
        (z2 + 1) / 4,
        ((5 * z2 + 16) * z2 + 3) / 96,
        (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160,
    )
    return Z * (1 + sum(term / free**power for power, term in enumerate(terms, 1)))


def welch_freedom(one: float, other: float, rows: tuple[int, int]) -> float:
    """Of the difference of two means with these standard errors, each of so many rows."""
    if one == other == 0:
        return min(rows) - 1.0
    share = one**2 / (one**2 + other**2)
    return 1 / (share**2 / (rows[0] - 1) + (1 - share) ** 2 / (rows[1] - 1))


def fisher(hits: int, tries: int, other_hits: int, other_tries: int) -> float:
    """Two-sided and exact: the chance that so many hits fall at least so unevenly on two groups."""
    total, all_hits = tries + other_tries, hits + other_hits
    low, high = max(0, all_hits - other_tries), min(all_hits, tries)
    places = np.arange(low, high + 1)
    logs = _log_choices(tries, places) + _log_choices(other_tries, all_hits - places)
    logs -= math.lgamma(total + 1) - math.lgamma(all_hits + 1) - math.lgamma(total - all_hits + 1)
    found = logs[hits - low]
    return min(1.0, float(np.exp(logs[logs <= found + 1e-7]).sum()))


def _log_choices(of: int, picked: Array) -> Array:
    factorial = _log_factorials(of)
    return np.asarray(factorial[of] - factorial[picked] - factorial[of - picked])


def _log_factorials(up_to: int) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, up_to + 1)))])


def holm(chances: Sequence[float]) -> list[float]:
    """Corrected, in the given order, so that in 95 of 100 such families nothing is found below 0.05 by chance.

    It asks nothing of how the tests depend on each other, and segments share their rows.
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    corrected, worst = [1.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = worst
    return corrected
