"""A module run by a room's python, in a jail, that ends when its parent does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from boxship.room.build import Room
from boxship.settings import Settings


@dataclass(frozen=True)
class Isolation:
    """What the jail managed, for the proof to record."""

    network: str  # none | open
    files: str  # hidden | readonly | open
    unprivileged: bool
    why: tuple[str, ...]  # for each thing it did not manage


@dataclass(frozen=True)
class Exit:
    """How a process ended."""

    code: int  # negative: the signal
    words: str  # "exit status 3", "killed for memory", "killed by SIGSEGV", "stopped after 300 s"
    output: str  # the tail of stdout and stderr, at most 64 kB


class Process:
    """A running process; a context manager that kills what is left of it."""

    isolation: Isolation
    pid: int

    def wait(self, timeout_s: float | None = None) -> Exit:
        """The end of it; past `timeout_s` the whole process group is killed and `words` say so."""
        raise NotImplementedError

    def close(self) -> Exit:
        """Kill the whole process group, if it still runs."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def start(
    room: Room,
    module: str,
    args: Sequence[str] = (),
    *,
    read: Sequence[Path] = (),
    settings: Settings,
    isolated: bool = True,
    fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> Process:
    """Run `python -m module args...` in the room; `read` are the only further files it can see.

    `fds` stay open under the same numbers; the caller closes its own copies of the child's ends.
    The working folder, HOME and TMPDIR are a tmpfs of 1 GiB at /tmp. Of `env` only names on the
    allow-list pass. HostError: room.no_isolation (settings.isolation is require), room.corrupt.
    """
    raise NotImplementedError
