"""Children kept alive: started, watched, replaced when they die or hang, ended in order."""

import contextlib
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from boxship._serve.life import Life
from boxship._serve.signals import Signals, wait
from boxship.errors import BoxshipError, HostError

log = logging.getLogger(__name__)
_LOOK_S = 0.1
_MOST_TRIES = 3  # of a start, as long as none was ever ready
_SLOWEST_S = 5.0  # between two starts of a child that dies at once
_STEADY_S = 10.0  # of life after which a death is no part of a row of them
_HOLDS: set[int] = set()  # of all keepers of this process: a child that had another's would keep it alive
_KINDS = {kind.__name__: kind for kind in BoxshipError.__subclasses__()}
Body = Callable[
    [int, int], None
]  # what a child does, handed its place, and what it can read when we are gone


@dataclass
class _Seat:
    """A place for one child: who has it, and when the next may try."""

    life: Life
    pid: int = 0
    started_s: float = 0.0
    not_before_s: float = 0.0
    deaths: int = 0  # in a row


class Keeper:
    """As many children as there are lives. `look` is to be called some times a second.

    A child that ends by an error before any was ever ready is not tried again: `error` is what it said.
    """

    def __init__(
        self,
        lives: Sequence[Life],
        body: Body,
        signals: Signals,
        *,
        hang_s: float = math.inf,
        died: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._seats = [_Seat(life) for life in lives]
        self._body = body
        self._signals = signals
        self._hang_s = hang_s
        self._died = died
        self._alive, self._hold = os.pipe()
        _HOLDS.add(self._hold)
        self._said, self._say = os.pipe()
        os.set_blocking(self._said, False)
        os.set_blocking(self._say, False)  # what nobody reads any more must not keep a child
        self._was_ready = False
        self._end_by_s = math.inf
        self.error: BoxshipError | None = None

    @property
    def ready(self) -> bool:
        return all(seat.pid and seat.life.ready for seat in self._seats)

    @property
    def gone(self) -> bool:
        return not any(seat.pid for seat in self._seats)

    def look(self) -> None:
        """Take leave of the dead, end the hung, fill what is empty."""
        now = time.monotonic()
        for place, seat in enumerate(self._seats):
            if seat.pid:
                self._reap(seat)
            if seat.pid and (seat.life.stuck_s > self._hang_s or now > self._end_by_s):
                os.kill(seat.pid, signal.SIGKILL)
                self._took_leave(seat, os.waitpid(seat.pid, 0)[1], hung=True)
            if not seat.pid and not self._ending and self.error is None and now >= seat.not_before_s:
                self._start(place, seat)
        self._was_ready = self._was_ready or self.ready

    def end(self, within_s: float) -> None:
        """Ask all of them to end; they are not replaced any more, and those that are left then are killed."""
        self._end_by_s = time.monotonic() + within_s
        for seat in self._seats:
            if seat.pid:
                os.kill(seat.pid, signal.SIGTERM)

    def close(self) -> None:
        """Once all are gone."""
        _HOLDS.discard(self._hold)
        for fd in (self._alive, self._hold, self._said, self._say):
            os.close(fd)

    @property
    def _ending(self) -> bool:
        return self._end_by_s < math.inf

    def _start(self, place: int, seat: _Seat) -> None:
        seat.life.begin(0)  # what the last one wrote would be taken for its own
        seat.started_s = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        with self._signals.held():  # one that comes before the child has its own would be taken for ours
            seat.pid = os.fork()
            if not seat.pid:
                self._be_child(place)

    def _be_child(self, place: int) -> NoReturn:
        status = 70
        try:
            self._signals.forget()
            for fd in (*_HOLDS, self._said):
                os.close(fd)
            _HOLDS.clear()
            self._seats[place].life.begin(os.getpid())
            self._body(place, self._alive)
            status = 0
        except BoxshipError as error:
            status = 1
            said = type(error).__name__, error.code, error.message, error.hint
            with contextlib.suppress(BlockingIOError):
                os.write(self._say, msgspec.json.encode(said) + b"\n")
        except BaseException:
            log.exception("a process of the server failed")
        finally:
            os._exit(status)  # nothing of the parent's is to be closed by us

    def _reap(self, seat: _Seat) -> None:
        pid, status = os.waitpid(seat.pid, os.WNOHANG)
        if pid:
            self._took_leave(seat, status)

    def _took_leave(self, seat: _Seat, status: int, *, hung: bool = False) -> None:
        lived_s, pid = time.monotonic() - seat.started_s, seat.pid
        seat.pid, seat.deaths = 0, 1 if lived_s > _STEADY_S else seat.deaths + 1
        if self._ending:
            return
        killed = os.WIFSIGNALED(status)
        how = f"signal {os.WTERMSIG(status)}" if killed else f"status {os.WEXITSTATUS(status)}"
        why = "hung" if hung else "killed" if killed else "ended"
        log.error(
            "a process is replaced", extra={"pid": pid, "why": why, "by": how, "lived_s": round(lived_s, 1)}
        )
        self._died(why)
        seat.not_before_s = time.monotonic() + min(_SLOWEST_S, 0.05 * 2 ** min(seat.deaths - 1, 10))
        if not self._was_ready:
            self.error = self._heard() or (_never(how) if seat.deaths >= _MOST_TRIES else None)

    def _heard(self) -> BoxshipError | None:
        """What a child said before it ended."""
        with contextlib.suppress(BlockingIOError, msgspec.DecodeError):
            line = os.read(self._said, 65536).partition(b"\n")[0]
            kind, code, message, hint = msgspec.json.decode(line, type=tuple[str, str, str, str])
            return _KINDS.get(kind, BoxshipError)(code, message, hint)
        return None


def _never(how: str) -> HostError:
    message = f"the server's processes end by {how} before they are ready"
    return HostError("serve.never_ready", message, "boxship check tells whether the box answers here at all")


def end_in_order(keepers: Sequence[Keeper], signals: Signals, within_s: float) -> None:
    """Ask all children to end, and wait until they have."""
    for keeper in keepers:
        keeper.end(within_s)
    while not all(keeper.gone for keeper in keepers):
        wait((signals,), _LOOK_S)
        signals.take()
        for keeper in keepers:
            keeper.look()
