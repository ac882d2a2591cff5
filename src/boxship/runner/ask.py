"""Asking a model for a table, whatever it raises: only the guilty rows fail."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from boxship.adapters import Given, Model
from boxship.core.table import Table
from boxship.core.verdict import Fault, Rows
from boxship.errors import BoxshipError, DataError, HostError
from boxship.runner.outputs import Outputs
from boxship.twin.refused import RefusedError

_TOLD = 3  # nulls of a row
log = logging.getLogger(__name__)
_RAISED = (Exception, SystemExit)  # a model may raise anything, and the others must live


class Asked(NamedTuple):
    """The answers, and what is wrong with the rows that have none."""

    table: Table
    faults: Sequence[Fault] = ()
    kept: Rows | None = None  # the rows that were answered, where these are not all


def ask(model: Model, table: Table, outputs: Outputs) -> Asked:
    """Ask once. If the model raises, halve until only the guilty rows are left, at bounded cost."""
    if not table.length:
        return Asked(outputs.empty)
    try:
        given = outputs.typed(model.predict(table), table.length)
    except HostError:
        raise
    except _RAISED as error:
        log.info("model raised", extra={"rows": table.length, "error": type(error).__name__})
        return _bisect(model, table, outputs, _why(error))
    answers, finite = outputs.table(given)
    return Asked(answers) if finite is None else _without_broken(answers, finite, np.arange(table.length), ())


def _without_broken(answers: Table, finite: Rows, asked: Rows, faults: Sequence[Fault]) -> Asked:
    """Name the rows that the model answered with NaN or infinity."""
    rows = np.delete(asked, finite)
    fault = Fault(None, "model.not_finite", rows, [None] * len(rows), "a finite answer", rejects=True)
    return Asked(answers, (*faults, fault), asked[finite])


def _why(error: BaseException) -> tuple[str, str]:
    """A code and what was expected, without the text of a stranger's error: that may hold other rows' values.

    The same from a room, which says what was raised there."""
    name = type(error).__name__
    if isinstance(error, RefusedError):
        return "model.raised", f"no value that is {error.why}"
    if isinstance(error, BoxshipError):
        if error.code in ("model.wrong_label", "model.wrong_shape", "model.wrong_type", "model.not_finite"):
            return error.code, error.hint
        if isinstance(error, DataError):  # an adapter's, which names columns and types
            return "model.raised", f"a row that the model takes; {error.message}"
        name = str(error.detail.get("raised") or name)
    return "model.raised", f"a row that the model takes; on this one it raised {name}"


def _of_row(why: tuple[str, str], row: Table) -> tuple[str, str]:
    """What of it is null is no value of anybody's, and often the reason."""
    code, expected = why
    nulls = [name for name in row.null_names() if row.column(name).nulls().any()][:_TOLD]
    if code != "model.raised" or not nulls:
        return why
    names = " and ".join(map(repr, nulls))
    return code, f"{expected}; {names} {'is' if len(nulls) == 1 else 'are'} null"


def _bisect(model: Model, table: Table, outputs: Outputs, first: tuple[str, str]) -> Asked:
    """At most two calls a row, however many rows are guilty: an innocent one is never given up."""
    waiting = [(0, table.length, first)]
    pieces: list[tuple[int, Sequence[Given]]] = []
    raised: dict[int, tuple[str, str]] = {}
    while waiting:
        start, stop, why = waiting.pop()
        if stop - start == 1:
            raised[start] = _of_row(why, table.between(start, stop))
            continue
        middle = (start + stop) // 2
        for low, high in ((start, middle), (middle, stop)):
            try:
                piece = table.between(low, high)
                pieces.append((low, outputs.typed(model.predict(piece), high - low)))
            except HostError:
                raise
            except _RAISED as error:
                waiting.append((low, high, _why(error)))
    pieces.sort(key=lambda piece: piece[0])
    return _put_together(outputs, [given for _, given in pieces], table.length, raised)


def _put_together(
    outputs: Outputs, pieces: Sequence[Sequence[Given]], length: int, raised: Mapping[int, tuple[str, str]]
) -> Asked:
    faults = _faults(raised)
    kept = np.array([row for row in range(length) if row not in raised], np.intp)
    if not len(kept):
        return Asked(outputs.empty, faults, kept)
    answers, finite = outputs.table(_joined(pieces))
    return Asked(answers, faults, kept) if finite is None else _without_broken(answers, finite, kept, faults)


def _faults(raised: Mapping[int, tuple[str, str]]) -> list[Fault]:
    by_reason: dict[tuple[str, str], list[int]] = {}
    for row, why in sorted(raised.items()):
        by_reason.setdefault(why, []).append(row)
    return [
        Fault(None, code, np.array(rows, np.intp), [None] * len(rows), expected, rejects=True)
        for (code, expected), rows in by_reason.items()
    ]


def _joined(pieces: Sequence[Sequence[Given]]) -> Sequence[Given]:
    if len(pieces) == 1:
        return pieces[0]
    return [
        Given(
            np.concatenate([one.values for one in many]),
            None if many[0].probabilities is None else np.concatenate([one.probabilities for one in many]),
        )
        for many in zip(*pieces, strict=True)
    ]
