"""One segment, measured and tested: against what another box answers there, or against the other rows."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.validate.chance import (
    Z,
    fisher,
    mcnemar,
    student,
    student_quantile,
    student_tail,
    welch_freedom,
)
from boxship.validate.metric import SMALLEST, rounded, wilson
from boxship.validate.outcome import Outcome, row_losses
from boxship.validate.segment import Split

TESTED = 30  # rows: with fewer, next to nothing can be found, and every test costs the others
LEVEL = 0.05
_STANDS_OUT = 1.25  # times as many wrong labels, or as large a distance


class Measured(msgspec.Struct, frozen=True):
    """One metric in one segment, with its interval."""

    value: float
    low: float
    high: float


class Case(NamedTuple):
    """One output, the segments of its rows, and what the other box answered to these, if there is one."""

    outcome: Outcome
    splits: Sequence[Split]
    other: Outcome | None = None


class Part(NamedTuple):
    """One segment on its way. `chance` is not yet corrected."""

    output: str
    column: str
    label: str
    rows: int
    metric: str
    metrics: dict[str, Measured]
    other: float
    delta: Measured
    chance: float
    paired: bool

    @property
    def is_worse(self) -> bool:
        return self.delta.value < 0 if self.metric == "accuracy" else self.delta.value > 0

    @property
    def is_large(self) -> bool:
        """Some rows are harder than others in every model: of one box alone only what stands out is told."""
        here, elsewhere = self.metrics[self.metric].value, self.other
        if self.metric == "accuracy":
            here, elsewhere = 1 - here, 1 - elsewhere
        return self.paired or max(here, elsewhere) >= _STANDS_OUT * min(here, elsewhere)


def parts(case: Case) -> Iterator[Part]:
    """All of one output that have enough rows to be shown."""
    losses = row_losses(case.outcome)
    if not losses:
        return
    name = next(iter(losses))
    theirs = None if case.other is None else row_losses(case.other)[name]
    for split in case.splits:
        sums = _Sums(split, losses, name, theirs)
        for code in sums.shown():
            rows, metrics = sums.measured(code)
            found = sums.against(code, rows)
            yield Part(
                case.outcome.name,
                split.column,
                split.labels[code],
                rows,
                name,
                metrics,
                *found,
                theirs is not None,
            )


class _Sums:
    """The sums of one column's segments that all of its parts are made of."""

    def __init__(self, split: Split, losses: dict[str, Array], name: str, theirs: Array | None) -> None:
        inside = split.codes >= 0
        self._codes, self._width = split.codes[inside], len(split.labels)
        self._name, self._is_share = name, name == "accuracy"
        self._rows = self._of(np.ones(int(inside.sum())))
        self._sums = {key: (self._of(one[inside]), self._of(one[inside] ** 2)) for key, one in losses.items()}
        self._all = (len(split.codes), float(losses[name].sum()), float((losses[name] ** 2).sum()))
        self._pair = None
        if theirs is not None:
            gap = losses[name][inside] - theirs[inside]
            self._pair = tuple(map(self._of, (theirs[inside], gap, gap**2, gap > 0, gap < 0)))

    def _of(self, values: Array) -> Array:
        return np.asarray(np.bincount(self._codes, values, self._width))

    def shown(self) -> list[int]:
        codes: list[int] = np.flatnonzero(self._rows >= SMALLEST).tolist()
        return codes

    def measured(self, code: int) -> tuple[int, dict[str, Measured]]:
        rows = int(self._rows[code])
        sums = {key: (float(one[code]), float(two[code])) for key, (one, two) in self._sums.items()}
        return rows, {key: _mean(key, *pair, rows) for key, pair in sums.items()}

    def against(self, code: int, rows: int) -> tuple[float, Measured, float]:
        """The other value, the difference to it, and how likely such a one is by chance."""
        return self._beside(code, rows) if self._pair else self._elsewhere(code, rows)

    def _beside(self, code: int, rows: int) -> tuple[float, Measured, float]:
        """Row by row against the other box: McNemar's test of labels, Student's of distances."""
        theirs, gap, square, up, down = (float(one[code]) for one in self._pair or ())
        if self._is_share:
            return theirs / rows, _moved(up, down, rows), mcnemar(int(up), int(down))
        mean, spread = gap / rows, _spread(gap, square, rows)
        return theirs / rows, _about(mean, spread / math.sqrt(rows), rows - 1), student(mean, spread, rows)

    def _elsewhere(self, code: int, rows: int) -> tuple[float, Measured, float]:
        """Against the rows that are not in it: Fisher's test of labels, Welch's of distances."""
        total, square = (float(one[code]) for one in self._sums[self._name])
        count, all_, all_square = self._all
        rest, rest_total = count - rows, all_ - total
        if rest < SMALLEST:
            return total / rows, Measured(0.0, 0.0, 0.0), 1.0
        mean, other = total / rows, rest_total / rest
        here = _spread(total, square, rows) / math.sqrt(rows)
        there = _spread(rest_total, all_square - square, rest) / math.sqrt(rest)
        error, free = math.hypot(here, there), welch_freedom(here, there, (rows, rest))
        delta = _about(mean - other, error, free)
        if self._is_share:
            return other, delta, fisher(round(total), rows, round(rest_total), rest)
        if error == 0:
            return other, delta, student(mean - other, 0.0, rows)
        return other, delta, student_tail((mean - other) / error, free)


def _mean(name: str, total: float, square: float, rows: int) -> Measured:
    if name == "accuracy":
        low, high = wilson(total, rows)
        return Measured(rounded(total / rows), rounded(low), rounded(high))
    return _about(total / rows, _spread(total, square, rows) / math.sqrt(rows), rows - 1)


def _about(value: float, error: float, free: float) -> Measured:
    half = student_quantile(free) * error
    return Measured(rounded(value), rounded(value - half), rounded(value + half))


def _spread(total: float, square: float, rows: int) -> float:
    """The standard deviation; what rounding left of a square is none."""
    left = square - total * total / rows
    return math.sqrt(left / (rows - 1)) if rows > 1 and left > 1e-12 * square else 0.0


def _moved(up: float, down: float, rows: int) -> Measured:
    """The difference of two shares of the same rows; half a row is added to each kind, for small numbers."""
    shifted, count = (up - down) / (rows + 2), rows + 2
    error = math.sqrt(max((up + down + 1) / count - shifted**2, 0.0) / count)
    return Measured(rounded((up - down) / rows), rounded(shifted - Z * error), rounded(shifted + Z * error))
