"""A box asked for all rows at hand, whatever their number."""

from typing import NamedTuple

import numpy as np

from boxship.core.answer import PROBABILITIES
from boxship.core.column import Array, Column
from boxship.core.contract import Output
from boxship.core.null_behind import null_behind
from boxship.core.table import Table, concat
from boxship.core.verdict import FLAGGED, REJECTED, Decoded, Fault, Rows, Verdicts
from boxship.errors import DataError
from boxship.runner.local import Runner
from boxship.validate.meant import OUTLIERS
from boxship.validate.outcome import Outcome
from boxship.validate.truth import Truth

RAISED = "model.raised"
_LARGE = 1e140
_VALUES = 4_000_000  # of one piece: what a model makes of its input stays small beside the data


class Answered(NamedTuple):
    """Every row's verdict, and the outputs of those that have them."""

    verdicts: Array
    rows: Rows  # where the answered ones stand
    table: Table
    reasons: dict[
        tuple[str, str], int
    ]  # field and code of what rejected rows, and how many; of rows on which the
    # model raised the field whose nulls explain all of them

    @property
    def flagged(self) -> int:
        return int((self.verdicts == FLAGGED).sum())

    @property
    def rejected(self) -> int:
        return int((self.verdicts == REJECTED).sum())


def ask(runner: Runner, decoded: Decoded) -> Answered:
    """All rows, some at a time. Every row is answered or rejected, as it would be anywhere else."""
    table = decoded.table
    size = max(1, _VALUES // max(len(table.names), 1))
    faults, rows, tables = list(decoded.verdicts.faults), [], []
    raised = [np.empty(0, np.intp)]
    for start in range(0, max(table.length, 1), size):
        part = table.between(start, start + size)
        answers = runner.answer(Decoded(part, Verdicts(part.length)))
        own = np.arange(part.length) if answers.positions is None else answers.positions
        placed = np.arange(start, start + part.length)
        if decoded.positions is not None:
            placed = decoded.positions[placed]
        faults += [fault.moved(placed) for fault in answers.verdicts.faults]
        raised += [start + fault.rows for fault in answers.verdicts.faults if fault.code == RAISED]
        rows.append(placed[own])
        tables.append(answers.table)
    verdicts = Verdicts(decoded.verdicts.length, tuple(faults)).codes()
    behind = null_behind(table, np.concatenate(raised))
    found = np.concatenate(rows)
    kept = verdicts[found] != REJECTED
    return Answered(verdicts, found[kept], concat(tables).take(kept), _reasons(faults, behind))


def _reasons(faults: list[Fault], behind: str | None) -> dict[tuple[str, str], int]:
    """`behind`: the field whose nulls the model raises on."""
    found: dict[tuple[str, str], int] = {}
    for fault in faults:
        if fault.rejects:
            field = behind if fault.code == RAISED else fault.field
            key = (field or "", fault.code)
            found[key] = found.get(key, 0) + len(fault.rows)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def outcome_of(output: Output, truth: Truth, answered: Answered, rows: Rows) -> Outcome:
    """What the box answered in those rows, which it did answer and whose truth is known."""
    places = np.searchsorted(answered.rows, rows)
    column = answered.table.column(output.name).take(places)
    shares = None
    if output.probabilities:
        shares = answered.table.column(output.name + PROBABILITIES).values[places]
    plain = Outcome(output.name, truth.kind, truth.values[rows], column.values)
    if truth.kind == "numbers":
        numbers = plain._replace(given=column.values.astype(np.float64))
        _refuse_scale(output, truth, numbers)
        return numbers
    if truth.kind == "clusters":
        _refuse_outliers(output, truth, column)
        return plain
    if truth.classes == OUTLIERS:
        _refuse_groups(output, truth, column)
    classes = truth.classes
    if output.classes is None and output.type == "text":
        classes = (*classes, *sorted({*map(str, column.to_list())} - {*map(str, classes)}))
    place_of = {label: place for place, label in enumerate(classes)}
    given = np.fromiter((place_of[value] for value in column.to_list()), np.intp, len(places))  # type: ignore[index]  # labels
    return plain._replace(given=given, classes=classes, shares=shares)


def _refuse_scale(output: Output, truth: Truth, outcome: Outcome) -> None:
    """Numbers whose squares a double cannot hold."""
    largest = max(float(np.abs(one).max(initial=0.0)) for one in (outcome.truth, outcome.given))
    if largest > _LARGE or 0 < largest < 1 / _LARGE:
        raise DataError(
            "check.out_of_scale",
            f"output {output.name!r} and the target {truth.name!r} hold numbers up to {largest:.3g}, "
            f"whose squares are no numbers any more",
            f"measure them in another unit: between {1 / _LARGE:.0e} and {_LARGE:.0e}",
            {"target": truth.name, "output": output.name},
        )


def _refuse_groups(output: Output, truth: Truth, column: Column) -> None:
    if not np.isin(column.values, OUTLIERS).all():
        raise DataError(
            "data.wrong_target",
            f"the target {truth.name!r} holds -1 and 1 alone, as of an outlier detector, "
            f"and output {output.name!r} answers with other groups",
            "write the groups of the target as other integers, or as texts",
            {"target": truth.name, "output": output.name},
        )


def _refuse_outliers(output: Output, truth: Truth, column: Column) -> None:
    """Whether 1 or 0 of such a target means an outlier, nobody can tell."""
    if len(column) and bool((column.values == -1).any()) and np.isin(column.values, OUTLIERS).all():
        raise DataError(
            "data.wrong_target",
            f"output {output.name!r} answers with -1 for an outlier and 1 for others, "
            f"and the target {truth.name!r} holds other values",
            "say what marks an outlier: --class 1=-1 --class 0=1, where 1 does",
            {"target": truth.name, "output": output.name},
        )
