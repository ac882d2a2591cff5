"""What the model answers to its data as it was given, for its box to be held against."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from boxship import adapters
from boxship._pack.data import Data
from boxship._pack.source import Source
from boxship.adapters import Given
from boxship.core.check import Checker
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.verdict import Answers, Rows
from boxship.errors import BoxError
from boxship.frames.raw import pickle_raw
from boxship.runner.equal import widest_gap
from boxship.runner.local import Runner
from boxship.runner.remote import RoomModel

log = logging.getLogger(__name__)
_NOBODY = Digest("0" * 64)


class Expected(NamedTuple):
    """Answers to some rows of a sample."""

    rows: Rows
    table: Table


class _Fixed:
    """Gives what was given before."""

    def __init__(self, given: Sequence[Given]) -> None:
        self._given = given

    def describe(self) -> Any:  # the runner does not ask
        raise AssertionError("a contract is there already")

    def predict(self, table: Table) -> Sequence[Given]:
        del table
        return self._given


def ask_original(
    model: object, data: Data, source: Source, contract: Contract, sample: Table, positions: Rows
) -> Expected:
    """The answers of the object itself to the rows as they were given, where they are of a kind that
    it may have been trained on: so a column that reaches it in another form in its box is found.

    Else those of its file, loaded here. Rows that a policy changes are left out.
    """
    good = _good(contract, sample)
    given = _asked(model, source.adapter, data.as_given(sample.names, positions[good]))
    if given is not None:
        return _expected(contract, sample, good, given)
    here = adapters.get(source.adapter).load(source.path)
    answers = Runner(_NOBODY, contract, here).predict(sample)
    rows = np.arange(sample.length) if answers.positions is None else answers.positions
    return Expected(rows, answers.table)


def ask_in_room(
    model: RoomModel, data: Data, contract: Contract, sample: Table, positions: Rows
) -> Expected | None:
    """The same of a model given as a file, which is not loaded here: asked in its room. None where
    the data is no frame or array, or the model does not take one."""
    good = _good(contract, sample)
    rows: Any = data.as_given(sample.names, positions[good])  # a frame, a column or an array
    if rows is None:
        return None
    try:
        given = _asked_raw(model, rows)
    except BoxError as error:
        log.info("the model does not take its rows as they were given", extra={"error": error.code})
        return None
    return _expected(contract, sample, good, given)


def _asked_raw(model: RoomModel, rows: Any) -> Sequence[Given]:
    try:
        return model.ask_raw(pickle_raw(rows))
    except BoxError as error:
        if error.code != "proof.missing_module" or not hasattr(rows, "to_numpy"):
            raise
    return model.ask_raw(pickle_raw(rows.to_numpy()))  # there is no pandas, so it takes arrays


def _good(contract: Contract, sample: Table) -> Rows:
    return np.flatnonzero(Checker(contract).check(sample).verdicts.codes() == 0)


def _expected(contract: Contract, sample: Table, rows: Rows, given: Sequence[Given]) -> Expected:
    answers = Runner(_NOBODY, contract, _Fixed(given)).predict(sample.take(rows))
    return Expected(rows if answers.positions is None else rows[answers.positions], answers.table)


def _asked(model: object, adapter: str, rows: object) -> Sequence[Given] | None:
    asker = adapters.get(adapter)
    if rows is None or not isinstance(asker, adapters.Asker):
        return None
    try:
        return asker.ask(model, rows)
    except Exception:  # noqa: BLE001  # a model may raise anything on rows that it was not fitted on
        log.info("the model does not take its rows as they were given")
        return None


def compare_expected(answers: Answers, expected: Expected, contract: Contract) -> None:
    """Raise where the room's answers to the sample are others."""
    answered = np.arange(len(answers)) if answers.positions is None else answers.positions
    lost = np.setdiff1d(expected.rows, answered)
    if len(lost):
        raise BoxError(
            "proof.answers_changed",
            f"the model answers row {lost[0]} of its training data here and not in its room, "
            f"and so with {len(lost)} of {len(expected.rows)} rows",
            _HINT,
        )
    gap = widest_gap(
        contract.outputs, expected.table, answers.table.take(np.searchsorted(answered, expected.rows))
    )
    if not gap.is_equal:
        raise BoxError(
            "proof.answers_changed",
            f"the model answers row {expected.rows[gap.row]} of its training data differently in its room: "
            f"the two values of {gap.output!r} {gap.said}",
            _HINT,
        )


_HINT = (
    "a column may reach it in another form than in training (a time zone, objects, a category of mixed "
    "values): cast it and fit again; or a library loaded here is another than its environment says: restart"
)
