"""Segments in which a box fares worse: than elsewhere, or than another box does."""

from collections.abc import Iterator, Sequence

import msgspec

from boxship.validate.cause import Cause, causes
from boxship.validate.chance import holm
from boxship.validate.metric import rounded
from boxship.validate.part import LEVEL, TESTED, Case, Measured, Part, parts

_ORDER = {"worse": 0, "": 1, "better": 2}
_NONE = Cause(0.0)


class Segment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One segment. `other` is the other box's value in it, or this box's elsewhere; `chance` is corrected.

    `finding` is `worse` or `better` where that is no chance; `by_rows_of` is the segment without whose rows
    it would not be worse, and `*` where it is no worse than all rows are.
    """

    output: str
    column: str
    segment: str
    rows: int
    metric: str
    metrics: dict[str, Measured]
    other: float | None = None
    delta: Measured | None = None
    chance: float | None = None
    finding: str = ""
    by_rows_of: str = ""


def segments(cases: Sequence[Case]) -> list[Segment]:
    """Those with enough rows, what is worse first: what tells most rows apart, then what is so by its rows.

    Chances are corrected over all of them together (Holm).
    """
    found = [[*parts(case)] for case in cases]
    tested = [part for one in found for part in one if part.rows >= TESTED]
    corrected = dict(zip(map(_key, tested), holm([part.chance for part in tested]), strict=True))
    made = (
        pair
        for case, one in zip(cases, found, strict=True)
        for pair in _told(case, [(part, corrected.get(_key(part))) for part in one])
    )
    return [segment for segment, _ in sorted(made, key=_worst_first)]


def _key(part: Part) -> tuple[str, str, str]:
    return part.output, part.column, part.label


def _told(case: Case, found: Sequence[tuple[Part, float | None]]) -> Iterator[tuple[Segment, Cause]]:
    why = causes(case, [part for part, chance in found if _finding(part, chance) == "worse"])
    for part, chance in found:
        cause = why.get((part.column, part.label), _NONE)
        yield _segment(part, chance, cause.segment), cause


def _finding(part: Part, chance: float | None) -> str:
    if chance is None or chance >= LEVEL or not part.is_large:
        return ""
    return "worse" if part.is_worse else "better"


def _segment(part: Part, chance: float | None, by_rows_of: str) -> Segment:
    return Segment(
        part.output,
        part.column,
        part.label,
        part.rows,
        part.metric,
        part.metrics,
        rounded(part.other),
        part.delta,
        None if chance is None else float(f"{chance:.3g}"),
        _finding(part, chance),
        by_rows_of,
    )


def _worst_first(told: tuple[Segment, Cause]) -> tuple[int, bool, float, float, float]:
    one, cause = told
    sure = 1.0 if one.chance is None else one.chance
    size = abs(one.delta.value) if one.delta else 0.0
    return _ORDER[one.finding], bool(cause.segment), -cause.share, sure, -size
