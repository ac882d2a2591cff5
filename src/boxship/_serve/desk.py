"""The one answer: whatever was asked in a turn of the loop is answered together at its end."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import NamedTuple

from boxship._serve.beside import Beside
from boxship._serve.board import Row
from boxship._serve.pace import Pace
from boxship._serve.problem import unexpected
from boxship.core.join import Packed, Share, join, shares
from boxship.core.verdict import Decoded
from boxship.errors import BoxshipError
from boxship.runner.local import Runner

log = logging.getLogger(__name__)
_ON_LOOP_S = 0.005  # what takes longer is asked beside the loop, so that health is answered at once
_MOST_ROWS = 4096  # in one call of the model, unless one request alone brings more

Answered = Callable[[Share | BoxshipError], None]


class Asked(NamedTuple):
    """One request that waits for the end of the turn."""

    rows: Decoded | Packed
    request_id: bytes
    answered: Answered


class Desk:
    """Joins what waits, asks the runner once, and gives every request its own answers.

    There is no timer: one connection alone waits for nothing. All methods are called in the loop.
    """

    def __init__(
        self, runner: Runner, pace: Pace, loop: asyncio.AbstractEventLoop, beside: Beside, row: Row
    ) -> None:
        self._runner = runner
        self._pace = pace
        self._loop = loop
        self._beside = beside
        self._row = row
        self._waiting: deque[Asked] = deque()
        self._waiting_rows = 0
        self._called = False  # whether a turn is to come
        self._done_by_s = 0.0  # when the call of the model beside the loop should be over; 0 if there is none

    def ask(self, rows: Decoded | Packed, request_id: bytes, answered: Answered) -> None:
        self._waiting.append(Asked(rows, request_id, answered))
        self._waiting_rows += len(rows)
        if not self._called and not self._done_by_s:
            self._called = True
            self._loop.call_soon(self._turn)

    @property
    def free(self) -> bool:
        """Whether the next turn can ask the model."""
        return not self._done_by_s

    def wait_s(self) -> float:
        """How long one request more would wait for those before it, as long as the desk is not free."""
        running_s = abs(self._done_by_s - time.perf_counter())  # one that is late may be as late again
        return running_s + (self._pace.expected_s(self._waiting_rows) if self._waiting_rows else 0.0)

    def _turn(self) -> None:
        self._called = False
        while self._waiting and not self._done_by_s:
            many, rows = self._next()
            expected_s = self._pace.expected_s(rows)
            if expected_s <= _ON_LOOP_S and not self._runner.waits:
                _deliver(many, self._ask(many, rows))
            else:
                self._done_by_s = time.perf_counter() + expected_s
                self._beside.run(partial(self._ask, many, rows), partial(self._asked, many))

    def _next(self) -> tuple[Sequence[Asked], int]:
        """The requests that waited longest, as many as go together."""
        waiting = self._waiting
        many = [waiting.popleft()]
        rows = len(many[0].rows)
        while waiting and rows + len(waiting[0].rows) <= _MOST_ROWS:
            many.append(waiting.popleft())
            rows += len(many[-1].rows)
        self._waiting_rows -= rows
        return many, rows

    def _ask(self, many: Sequence[Asked], rows: int) -> Sequence[Share] | BoxshipError:
        started = time.perf_counter()
        try:
            answers = self._runner.answer(join(self._runner.contract.schema, [one.rows for one in many]))
            took_s = time.perf_counter() - started
            self._pace.took(rows, took_s)
            self._row.asked(answers.verdicts, rows, took_s)
            return shares(answers, [len(one.rows) for one in many])
        except BoxshipError as error:
            log.warning("the box could not answer", extra={"error": error.code})
            return error
        except Exception as error:  # a request may fail, the worker lives on
            log.exception("a request failed")
            return unexpected(error)

    def _asked(self, many: Sequence[Asked], found: Sequence[Share] | BoxshipError) -> None:
        self._done_by_s = 0.0
        _deliver(many, found)
        self._turn()


def _deliver(many: Sequence[Asked], found: Sequence[Share] | BoxshipError) -> None:
    all_found: Iterable[Share | BoxshipError]
    all_found = repeat(found) if isinstance(found, BoxshipError) else found
    for one, its in zip(many, all_found, strict=False):
        try:
            one.answered(its)
        except Exception:  # the others have theirs to come
            log.exception("an answer could not be handed over")
