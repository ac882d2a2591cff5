"""The one path from a table to answers."""

import time
from collections.abc import Callable
from typing import Self

from boxship.adapters import Model
from boxship.codecs.table import fit_table
from boxship.core.check import Checker
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.observation import Observation, Observe
from boxship.core.table import Table
from boxship.core.verdict import Answers, Decoded, Verdicts
from boxship.runner.ask import Asked, ask
from boxship.runner.outputs import Outputs


class Runner:
    """Checks rows against the contract, asks the model, words nothing, knows no wire.

    One thread at a time. `observe`, where given, is handed one Observation a call; `clock` and
    `timer` are read only then.
    """

    def __init__(
        self,
        box: Digest,
        contract: Contract,
        model: Model,
        *,
        observe: Observe | None = None,
        variant: str = "",
        clock: Callable[[], int] = time.time_ns,
        timer: Callable[[], int] = time.perf_counter_ns,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.box = box
        self.contract = contract
        self._model = model
        self._observe = observe
        self._variant = variant
        self._clock = clock
        self._timer = timer
        self.close = close
        self._schema = contract.schema
        self._checker = Checker(contract)
        self._outputs = Outputs(contract.outputs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def forks(self) -> bool:
        """Whether children of this process may use it as it is: its model is nothing but memory."""
        return bool(getattr(self._model, "forks", False))

    @property
    def waits(self) -> bool:
        """Whether asking it is to wait for another process, however quick it was so far."""
        return bool(getattr(self._model, "waits", False))

    def predict(self, table: Table, *, request_id: str = "") -> Answers:
        """Answers in the order of the rows. A table of other columns or types is fitted first."""
        if table.schema is self._schema or table.schema == self._schema:
            return self._answer(Decoded(table, Verdicts(table.length)), request_id)
        return self._answer(fit_table(self.contract, table), request_id)

    def answer(self, decoded: Decoded, *, request_id: str = "") -> Answers:
        """Answers to what a codec decoded; its verdicts are kept and ours are added."""
        return self._answer(decoded, request_id)

    def _answer(self, decoded: Decoded, request_id: str) -> Answers:
        started = self._timer() if self._observe else 0
        table, checked = decoded.table, None
        if not self._checker.passes(table):
            checked = self._checker.check(table)
            table = checked.table
        asked = ask(self._model, table, self._outputs)
        if checked is None and not asked.faults:
            answers = Answers(asked.table, decoded.verdicts, decoded.positions)
        else:
            answers = _placed(decoded, checked or Decoded.whole(table), asked)
        if self._observe:
            inputs = table if asked.kept is None else table.take(asked.kept)
            took = self._timer() - started
            self._observe(
                Observation(request_id, self.box, self._variant, self._clock(), took, inputs, answers)
            )
        return answers


def _placed(decoded: Decoded, checked: Decoded, asked: Asked) -> Answers:
    """Count the rows of each stage in the rows of the request."""
    first, second = decoded.positions, checked.positions
    found = list(decoded.verdicts.faults)
    found += [fault if first is None else fault.moved(first) for fault in checked.verdicts.faults]
    rows = second if first is None else (first if second is None else first[second])
    found += [fault if rows is None else fault.moved(rows) for fault in asked.faults]
    if asked.kept is not None:
        rows = asked.kept if rows is None else rows[asked.kept]
    return Answers(asked.table, Verdicts(decoded.verdicts.length, tuple(found)), rows)
