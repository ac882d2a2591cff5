"""Signals as something to wait for beside everything else."""

import contextlib
import select
import selectors
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, Self

Handler = Callable[[int, FrameType | None], Any] | int | None  # as signal.signal takes it


class Signals:
    """While it is open, these signals interrupt nothing: `take` tells which have come."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers
        self._read, self._write = socket.socketpair()
        self._read.settimeout(0)
        self._write.settimeout(0)
        self._fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _noted) for number in numbers}

    def fileno(self) -> int:
        return self._read.fileno()

    def take(self) -> set[int]:
        found = b""
        with contextlib.suppress(BlockingIOError):
            while data := self._read.recv(4096):
                found += data
        return set(found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """All is as before."""
        self._forget(self._before)

    def forget(self) -> None:
        """In a forked child, which has no part in its parent's signals: they do what they do by themselves."""
        self._forget(dict.fromkeys(self._numbers, signal.SIG_DFL))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._numbers)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What comes meanwhile comes afterwards; in a child that is forked here, when it forgets."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._numbers)

    def _forget(self, handlers: Mapping[signal.Signals, Handler]) -> None:
        signal.set_wakeup_fd(self._fd)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()


def _noted(number: int, frame: FrameType | None) -> None:
    """The number is written to the socket by the interpreter itself."""


def wait(sources: Sequence[Signals | int], timeout_s: float) -> None:
    """Until one of them can be read, or the time is over."""
    with selectors.DefaultSelector() as selector:
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        selector.select(timeout_s)


def is_readable(fd: int) -> bool:
    """Which the end of a pipe is, when nobody holds the other one any more."""
    return bool(select.select([fd], [], [], 0)[0])
