"""Signs of life that a child writes and its keeper reads, in memory that both share."""

import mmap
import time

_BEAT, _BUSY, _READY, _PID = range(4)


class Life:
    """Made before the fork. A beat is due some times a second."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")

    def begin(self, pid: int) -> None:
        """A new child: nothing of the last one counts."""
        self._numbers[_PID] = pid
        self._numbers[_READY] = self._numbers[_BUSY] = 0.0
        self.beat()

    def beat(self) -> None:
        self._numbers[_BEAT] = time.monotonic()

    def busy(self, *, on: bool) -> None:
        """Before and after a call of the model beside the loop, which goes on beating meanwhile."""
        self._numbers[_BUSY] = time.monotonic() if on else 0.0

    def set_ready(self, *, ready: bool = True) -> None:
        self._numbers[_READY] = float(ready)

    @property
    def pid(self) -> int:
        return int(self._numbers[_PID])

    @property
    def ready(self) -> bool:
        return bool(self._numbers[_READY])

    @property
    def stuck_s(self) -> float:
        """For how long nothing has moved."""
        now, busy = time.monotonic(), self._numbers[_BUSY]
        return max(now - self._numbers[_BEAT], now - busy if busy else 0.0)
