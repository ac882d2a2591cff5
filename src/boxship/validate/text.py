"""The report as lines of text: what is wrong first."""

from collections.abc import Iterator

from boxship.validate.answered import RAISED
from boxship.validate.report import Output, Rejected, Validation
from boxship.validate.words import (
    as_everywhere,
    by_these_rows,
    chance,
    change,
    disagreement,
    finding,
    interval,
    label,
    measured,
    number,
    share,
)

_FIRST = {
    "classes": (
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "precision",
        "recall",
        "auc",
        "log_loss",
        "calibration_error",
    ),
    "numbers": ("mae", "rmse", "median_ae", "r2", "mape", "bias"),
    "clusters": ("adjusted_rand", "v_measure"),
}
_MOST = 5
Row = tuple[str, ...]


def lines(report: Validation) -> Iterator[str]:
    """What failed, what is worse, what the card says otherwise, what is odd; then the rows."""
    for held in report.conditions:
        if held.holds:
            yield f"FAILED: {held.words}"
    several = len(report.outputs) > 1
    yield from _changes(report, "worse")
    for one, others in report.causes[:_MOST]:
        yield finding(one, paired=report.against is not None, several=several)
        if others:
            yield f"  {by_these_rows(others)}"
    if len(report.causes) > _MOST:
        yield f"and in {len(report.causes) - _MOST} more segments: --report FILE.html shows them"
    if report.everywhere:
        yield as_everywhere(report.everywhere)
    if not report.findings and any(one.kind != "clusters" for one in report.outputs):
        yield _no_finding(report)
    yield from _changes(report, "better")
    yield from (disagreement(claim) for claim in report.card if claim.agrees is False)
    yield from (f"note: {note}" for note in report.notes)
    yield _rows(report)
    if all(not held.holds for held in report.conditions) and report.conditions:
        yield f"none of {len(report.conditions)} conditions holds: not failed"


def _changes(report: Validation, which: str) -> Iterator[str]:
    found = [one for one in report.changes if one.finding == which]
    yield from (change(one, several=len(report.outputs) > 1) for one in found[:_MOST])
    if len(found) > _MOST:
        yield f"and {len(found) - _MOST} more metrics are {which}: --report FILE.html shows them"


def _no_finding(report: Validation) -> str:
    """That there was a search, where it found nothing."""
    tested = [one for one in report.segments if one.chance is not None]
    columns = [*dict.fromkeys(one.column for one in tested)]
    if not tested:
        return "no segment was looked into: none can be told apart that has 30 rows"
    of = ", ".join(columns[:_MOST]) + (f" and {len(columns) - _MOST} more" if len(columns) > _MOST else "")
    return f"no segment is worse by more than chance: {len(tested)} were looked into, of {of}"


def _rows(report: Validation) -> str:
    rows = report.rows
    words = f"{rows.total} rows: {rows.ok} ok, {rows.flagged} flagged, {rows.rejected} rejected"
    why = "; ".join(map(_reason, report.rejected[:3]))
    unknown = [f"{one.unknown} without {one.target}" for one in report.outputs if one.unknown]
    if rows.compared is not None:
        unknown.append(f"{rows.compared} compared")
    lone = ((rows.only_this, "this box"), (rows.only_other, "the other box"))
    unknown += [f"{count} answered by {who} alone" for count, who in lone if count]
    return ", ".join([words + (f" ({why})" if why else ""), *unknown])


def _reason(one: Rejected) -> str:
    if not one.field:
        return one.code
    return f"{one.code} where {one.field} is null" if one.code == RAISED else f"{one.code} in {one.field}"


def tables(report: Validation) -> Iterator[tuple[str, Row, list[Row]]]:
    """A heading, the names of the columns, the rows."""
    for output in report.outputs:
        if report.against is None:
            yield (
                f"{output.name} against {output.target}",
                ("METRIC", "VALUE", "95 % INTERVAL"),
                _alone(output),
            )
        else:
            header = ("METRIC", "BEFORE", "NOW", "DIFFERENCE")
            yield f"{output.name} against {output.target}", header, _beside(output)
    for flips in report.flips:
        rows: list[Row] = [
            (
                label(one.name),
                share(round((one.value or 0) * one.rows), one.rows),
                interval(one.low, one.high),
            )
            for one in flips.metrics
        ]
        yield (
            f"flips of {flips.output}, McNemar {chance(flips.chance)}",
            ("FLIPS", "ROWS", "95 % INTERVAL"),
            rows,
        )


def _alone(output: Output) -> list[Row]:
    found = {one.name: one for one in output.metrics}
    counted = ("coverage", "accuracy_of_all") if output.unanswered else ("coverage",)
    shown = [found[name] for name in (*_first(output), *counted) if name in found]
    return [(label(one.name), number(one.value), interval(one.low, one.high) or one.note) for one in shown]


def _first(output: Output) -> Iterator[str]:
    """Of two classes the precision and recall of each: which of them is the second is not seen in the number."""
    names = [one.name for one in output.metrics]
    for name in _FIRST[output.kind]:
        each = [one for one in names if one.startswith(f"{name}[")] if name in names else []
        yield from each or [name]


def _beside(output: Output) -> list[Row]:
    deltas = {one.name.removeprefix("delta."): one for one in output.differences}
    before = {one.name: one.value for one in output.other_metrics}
    return [
        (
            label(name),
            number(before[name]),
            number(_now(before[name], deltas[name].value)),
            measured(deltas[name]),
        )
        for name in _first(output)
        if name in deltas and name in before
    ]


def _now(before: float | None, delta: float | None) -> float | None:
    """Of the rows that both answered; the box alone may have answered more."""
    return None if before is None or delta is None else before + delta
