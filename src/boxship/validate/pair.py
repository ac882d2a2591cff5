"""One output of a box over the rows that count: those it answered, and those that another box answered too."""

from typing import NamedTuple

import numpy as np

from boxship.core.column import Array
from boxship.core.contract import Output
from boxship.errors import DataError
from boxship.validate.answered import Answered, outcome_of
from boxship.validate.metric import SMALLEST
from boxship.validate.outcome import Outcome
from boxship.validate.truth import Truth


class Pairing(NamedTuple):
    """One output of this box and, where there is one, of the other, over the same rows."""

    all_rows: Outcome  # that this box answered
    one: Outcome  # the same, or those that both answered
    other: Outcome | None
    rows: Array


def pairing(output: Output, truth: Truth, mine: Answered, theirs: Answered | None) -> Pairing:
    """Refuses (`check.too_few_rows` and others) what no metric could be told of."""
    rows = mine.rows[truth.known[mine.rows]]
    _refuse_few(truth, mine, rows)
    whole = outcome_of(output, truth, mine, rows)
    if theirs is None:
        return Pairing(whole, whole, None, rows)
    both = np.isin(rows, theirs.rows, assume_unique=True)
    if both.sum() < SMALLEST:
        raise DataError(
            "check.too_few_rows",
            f"{int(both.sum())} rows were answered by both boxes, fewer than {SMALLEST}",
            "give data that both contracts take; boxship inspect shows each",
        )
    other = outcome_of(output, truth, theirs, rows[both])
    one = whole if both.all() else whole.take(both)
    return Pairing(whole, *_same_classes(one, other), rows[both])


def _same_classes(one: Outcome, other: Outcome) -> tuple[Outcome, Outcome]:
    """Of models that do not say their labels, each may have answered some that the other never did."""
    if one.classes == other.classes:
        return one, other
    classes = (*one.classes, *(label for label in other.classes if label not in one.classes))
    place = np.array([classes.index(label) for label in other.classes], np.intp)
    moved = other._replace(given=place[other.given], truth=place[other.truth], classes=classes)
    return one._replace(classes=classes), moved


def _refuse_few(truth: Truth, answered: Answered, rows: Array) -> None:
    if len(rows) >= SMALLEST:
        return
    known = int(truth.known.sum())
    if not known:
        raise DataError(
            "check.no_truth",
            f"the target {truth.name!r} is null in every row",
            "name the column that holds the true values with --target",
        )
    if not len(answered.rows):
        (field, code), count = next(iter(answered.reasons.items()), (("", "no reason"), 0))
        where = f"{code} in field {field!r}" if field else code
        raise DataError(
            "check.all_rejected",
            f"the box rejects all {len(answered.verdicts)} rows, most of all by {where} ({count} rows)",
            "give data with the columns and types of its contract; boxship inspect shows it",
            {"reasons": [[*key, rows] for key, rows in answered.reasons.items()]},
        )
    have = "row has" if len(rows) == 1 else "rows have"
    raise DataError(
        "check.too_few_rows",
        f"{len(rows)} {have} both an answer and a truth in {truth.name!r}, fewer than {SMALLEST}",
        "give more rows: from so few nothing can be told",
    )
