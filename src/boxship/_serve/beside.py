"""One thread beside the loop, for what would hold the loop up."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from boxship._serve.life import Life

T = TypeVar("T")


class Beside:
    """Runs one thing after the other. A thread that hangs does not keep the process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, life: Life) -> None:
        self._loop = loop
        self._life = life
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """`work` in the thread, which may not raise; then `done` with what it gave, in the loop."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="beside the loop", daemon=True)
            self._thread.start()
        self._work.put(lambda: self._hand_over(done, self._do(work)))

    def close(self) -> None:
        self._work.put(None)

    def _do(self, work: Callable[[], T]) -> T:
        self._life.busy(on=True)  # so that one that hangs is noticed
        found = work()
        self._life.busy(on=False)
        return found

    def _hand_over(self, done: Callable[[T], None], found: T) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(done, found)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
