"""Making rooms: found in milliseconds where whole, else built aside and renamed into place."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from boxship.settings import Settings


@dataclass(frozen=True)
class Room:
    """An environment equal to its lock."""

    path: Path
    python: Path
    digest: str  # "sha256:<hex>" over lock, hashes, boxship's files, runtime, python, platform
    lock: str
    hashes: str  # requirements with --hash, as uv reads them: the `hashes` attachment


def ensure(
    lock: str,
    *,
    python_minor: str,
    runtime: tuple[str, ...],
    hashes: str | None,
    settings: Settings,
    say: Callable[[str], None],
    rebuild: bool = False,
) -> Room:
    """The room of this lock. A whole one is found in under 20 ms, without starting a process.

    `hashes` are those frozen with the box; None resolves them once and keeps them under home/locks.
    `rebuild` makes it anew though one is there (after `verify` raised room.corrupt).
    Safe beside other builders and kill -9 at any instant.
    """
    raise NotImplementedError


def verify(room: Room) -> None:
    """Read every file of the room again; HostError room.corrupt names the first that differ."""
    raise NotImplementedError


def clean_rooms(settings: Settings, keep: Collection[str]) -> tuple[str, ...]:
    """Remove what dead builders left and every room not in `keep` (digests) and not in use.

    The digests of the removed rooms. Does nothing while somebody is building.
    """
    raise NotImplementedError
