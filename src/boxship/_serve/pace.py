"""How long the model takes with so many rows: measured when it starts, corrected by every call."""

import time
from collections.abc import Callable

_FOLLOWS = 0.1  # of a call's surprise
_MOST = 10.0  # a call that was interrupted says nothing of the next
_FASTEST_S = 1e-7


class Pace:
    """A straight line through the times of one row and of many, and how far it has been off lately."""

    def __init__(self, one_s: float, many_s: float, many: int) -> None:
        self._row_s = max((many_s - one_s) / max(many - 1, 1), _FASTEST_S)
        self._call_s = max(one_s - self._row_s, _FASTEST_S)
        self._off = 1.0

    def expected_s(self, rows: int) -> float:
        return (self._call_s + self._row_s * rows) * self._off

    def took(self, rows: int, seconds: float) -> None:
        surprise = min(seconds / (self._call_s + self._row_s * rows), _MOST)
        self._off += _FOLLOWS * (surprise - self._off)


def measure(ask: Callable[[int], object], many: int, *, times: int = 3) -> Pace:
    """The quickest of a few calls each: what else runs at the start shall not count."""
    one_s, many_s = (min(_timed(ask, rows) for _ in range(times)) for rows in (1, many))
    return Pace(one_s, many_s, many)


def _timed(ask: Callable[[int], object], rows: int) -> float:
    started = time.perf_counter()
    ask(rows)
    return time.perf_counter() - started
