"""From what boxes answered to the whole report."""

from collections.abc import Container, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from boxship.core.answer import class_name
from boxship.core.contract import Output as Promised
from boxship.core.digest import Digest
from boxship.core.verdict import OK
from boxship.validate.answered import Answered
from boxship.validate.change import Change, changes
from boxship.validate.claim import claims
from boxship.validate.condition import Condition, judge
from boxship.validate.flip import Flips, flips
from boxship.validate.measure import differences, measure
from boxship.validate.metric import SMALLEST, Metric, proportion
from boxship.validate.number import residuals, spreads
from boxship.validate.outcome import Outcome
from boxship.validate.pair import Pairing, pairing
from boxship.validate.part import Case
from boxship.validate.report import Confusion, Output, Rejected, Rows, Validation, named
from boxship.validate.roc import curve
from boxship.validate.score import calibration
from boxship.validate.segment import Split
from boxship.validate.truth import Truth
from boxship.validate.weak import segments

_MOST_LABELS = 30  # of a confusion matrix
_MOST_REASONS = 20


class Asked(NamedTuple):
    """A box, and what it answered."""

    digest: Digest
    answered: Answered


class Question(NamedTuple):
    """What was asked, apart from the boxes."""

    outputs: Sequence[Promised]
    truths: Sequence[Truth]
    splits: Sequence[Split]
    conditions: Sequence[Condition]
    card: dict[str, float]
    notes: Sequence[str]


def metric_names(question: Question, *, paired: bool) -> list[str]:
    """What conditions may name: as if there were no rows."""
    names: list[str] = []
    for output, truth in zip(question.outputs, question.truths, strict=True):
        prefix = f"{output.name}/" if len(question.outputs) > 1 else ""
        shares = np.empty((0, len(truth.classes))) if output.probabilities else None
        nothing = np.empty(0, truth.values.dtype)
        empty = Outcome(output.name, truth.kind, nothing, nothing, truth.classes, shares)
        found = [one.name for one in (*measure(empty), *_of_all(truth, empty, 0))]
        if paired:
            deltas = [one.name for one in differences(empty, empty)]
            labels = [one.name for one in flips(empty, empty).metrics] if truth.kind == "classes" else []
            found += deltas + labels
        names += [prefix + name for name in found]
    return [*names, "worse_segments", *(["worse_metrics"] if paired else [])]


def make(question: Question, box: Asked, against: Asked | None = None) -> Validation:
    """What `pairing` refuses is refused; nothing else is."""
    pairs = list(zip(question.outputs, question.truths, strict=True))
    beside = [pairing(output, truth, box.answered, against and against.answered) for output, truth in pairs]
    outputs = [_output(*pair, one) for pair, one in zip(pairs, beside, strict=True)]
    report = Validation(
        box.digest,
        None if against is None else against.digest,
        _rows(box.answered, against and against.answered, len(beside[0].rows)),
        tuple(
            Rejected(field, code, rows)
            for (field, code), rows in list(box.answered.reasons.items())[:_MOST_REASONS]
        ),
        tuple(outputs),
        claims(question.card, [one for output in outputs for one in output.metrics])
        if len(outputs) == 1
        else (),
        tuple(_changes(outputs, beside)),
        tuple(_flips(beside)),
        tuple(segments(_cases(beside, question.splits))),
        (),
        tuple(question.notes),
    )
    held = judge(question.conditions, {name: _as(name, one) for name, one in named(report)})
    return msgspec.structs.replace(report, conditions=held)


def _as(name: str, one: Metric) -> Metric:
    return msgspec.structs.replace(one, name=name)


def _rows(mine: Answered, theirs: Answered | None, compared: int) -> Rows:
    total, ok = len(mine.verdicts), int((mine.verdicts == OK).sum())
    counted = total, ok, mine.flagged, mine.rejected
    if theirs is None:
        return Rows(*counted)
    both = len(np.intersect1d(mine.rows, theirs.rows, assume_unique=True))
    return Rows(*counted, compared, len(mine.rows) - both, len(theirs.rows) - both)


def _output(promised: Promised, truth: Truth, beside: Pairing) -> Output:
    whole, one, other = beside.all_rows, beside.one, beside.other
    known = int(truth.known.sum())
    metrics = (*measure(whole), *_of_all(truth, whole, known))
    hidden = set() if promised.classes or truth.kind != "classes" else _rare(one)
    return Output(
        whole.name,
        truth.name,
        whole.kind,
        whole.rows,
        len(truth.known) - known,
        known - whole.rows,
        _but(hidden, metrics),
        () if other is None else _but(hidden, differences(one, other)),
        _confusion(whole) if whole.kind == "classes" else None,
        calibration(whole),
        curve(whole),
        residuals(whole) if whole.kind == "numbers" else (),
        spreads(whole) if whole.kind == "numbers" else (),
        () if other is None else calibration(other),
        () if other is None else curve(other),
        () if other is None else _but(hidden, measure(other)),
    )


def _rare(outcome: Outcome) -> set[str]:
    """Labels that the contract does not name, and that are in few rows: nobody is told that they are."""
    counts = np.bincount(outcome.truth, minlength=outcome.width)
    rare = np.flatnonzero(counts < SMALLEST).tolist()
    return {f"[{class_name(outcome.classes[place])}]" for place in rare}


def _but(hidden: Container[str], metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    return tuple(
        one for one in metrics if "[" not in one.name or one.name[one.name.index("[") :] not in hidden
    )


def _of_all(truth: Truth, outcome: Outcome, known: int) -> list[Metric]:
    """With the rows that have a truth and no answer counted too: as not covered, and as not right."""
    found = [proportion("coverage", outcome.rows, known)]
    if truth.kind == "classes":
        found.append(
            proportion("accuracy_of_all", int(outcome.right.sum()), known, "a rejected row is not right")
        )
    return found


def _confusion(outcome: Outcome) -> Confusion:
    """Labels with many rows first to last as the classes stand; the others together."""
    counts = np.bincount(outcome.truth, minlength=outcome.width)
    order = np.argsort(-counts, kind="stable")[:_MOST_LABELS]
    shown = np.sort(order[counts[order] >= SMALLEST])
    place = np.full(outcome.width, len(shown))
    place[shown] = np.arange(len(shown))
    width = len(shown) + (1 if len(shown) < outcome.width else 0)
    cells = np.bincount(place[outcome.truth] * width + place[outcome.given], minlength=width * width)
    names = [class_name(outcome.classes[at]) for at in shown.tolist()]
    labels = (*names, "(others)") if len(names) < width else tuple(names)
    return Confusion(labels, tuple(tuple(row) for row in cells.reshape(width, width).tolist()))


def _changes(outputs: Sequence[Output], beside: Sequence[Pairing]) -> list[Change]:
    return [
        change
        for output, pair in zip(outputs, beside, strict=True)
        if pair.other is not None
        for change in changes(output.name, pair.one, pair.other, output.other_metrics, output.differences)
    ]


def _flips(beside: Sequence[Pairing]) -> list[Flips]:
    return [flips(b.one, b.other) for b in beside if b.other is not None and b.one.kind == "classes"]


def _cases(beside: Sequence[Pairing], splits: Sequence[Split]) -> list[Case]:
    return [
        Case(one.one, [split._replace(codes=split.codes[one.rows]) for split in splits], one.other)
        for one in beside
    ]
