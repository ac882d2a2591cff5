"""Segments that are worse by the rows of another one alone, so that one cause is told once."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from boxship.core.column import Array
from boxship.validate.chance import holm, normal_tail
from boxship.validate.outcome import row_losses
from boxship.validate.part import LEVEL, TESTED, Case, Part, parts

ALL = "*"
_MOST = 10  # causes that are looked for


class Cause(NamedTuple):
    """`share` of the variance between rows is between this segment and the others; `segment` is the one
    without whose rows it is not worse, `*` where all rows are."""

    share: float
    segment: str = ""


def causes(case: Case, worse: Sequence[Part]) -> dict[tuple[str, str], Cause]:
    """Of segments that are worse, by column and label.

    The one that tells most apart is a cause. Its rows are taken away, and the others tested anew on those that
    are left: what is no longer worse was so by the taken rows. The rest has another cause, or is no worse
    than all rows are.
    """
    found: dict[tuple[str, str], Cause] = {}
    case = case._replace(outcome=case.outcome._replace(shares=None))
    left_over = Cause(0.0)
    for _ in range(_MOST):
        if not worse:
            break
        gaps = _gaps(case)
        share, first = max(((_share(part, gaps), part) for part in worse), key=lambda pair: pair[0])
        if first.paired and not _stands_out(share, len(gaps), len(worse)):
            left_over = Cause(0.0, ALL)
            break
        found[first.column, first.label] = Cause(share)
        columns = {part.column for part in worse}
        case = _without(case, first, columns)
        still = _still_worse(case, [part for part in worse if part is not first])
        kept = {(part.column, part.label) for part in still}
        gone = {(part.column, part.label) for part in worse} - kept - found.keys()
        found |= dict.fromkeys(gone, Cause(0.0, first.label))
        worse = still
    return found | dict.fromkeys(((part.column, part.label) for part in worse), left_over)


def _stands_out(share: float, rows: int, tests: int) -> bool:
    """Whether so large a share between one of so many segments and the others is more than chance."""
    return share > 0 and normal_tail(math.sqrt(share * rows)) * tests < LEVEL


def _without(case: Case, part: Part, columns: set[str]) -> Case:
    split = next(one for one in case.splits if one.column == part.column)
    left = split.codes != split.labels.index(part.label)
    return Case(
        case.outcome.take(left),
        [one._replace(codes=one.codes[left]) for one in case.splits if one.column in columns],
        case.other and case.other.take(left),
    )


def _still_worse(case: Case, worse: Sequence[Part]) -> list[Part]:
    named = {(part.column, part.label) for part in worse}
    again = [part for part in parts(case) if part.rows >= TESTED and (part.column, part.label) in named]
    chances = holm([part.chance for part in again])
    return [
        part
        for part, chance in zip(again, chances, strict=True)
        if chance < LEVEL and part.is_worse and part.is_large
    ]


def _gaps(case: Case) -> Array:
    """What each row loses: to the other box, if there is one."""
    name, mine = next(iter(row_losses(case.outcome).items()))
    gaps = mine if case.other is None else mine - row_losses(case.other)[name]
    return -gaps if name == "accuracy" else gaps


def _share(part: Part, gaps: Array) -> float:
    """Of the variance of what rows lose, that between the segment and the others; negative where it loses less."""
    delta = -part.delta.value if part.metric == "accuracy" else part.delta.value
    spread, rest = float(np.var(gaps)), len(gaps) - part.rows
    if spread == 0 or rest == 0:
        return 0.0
    if part.paired:  # against the other box, not yet against the other rows
        delta = (delta - float(gaps.mean())) * len(gaps) / rest
    return delta * abs(delta) * part.rows * rest / len(gaps) ** 2 / spread
