"""Locks among processes: kernel locks on files, so that a kill releases them."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from boxship.errors import HostError
from boxship.stores.disk import locked


@contextlib.contextmanager
def building(rooms: Path) -> Iterator[int]:
    """Held shared by every builder; the descriptor can be given to a child that shall hold it too."""
    with locked(rooms / ".building", shared=True) as descriptor:
        yield descriptor


@contextlib.contextmanager
def nobody_builds(rooms: Path) -> Iterator[bool]:
    """True, and no builder can begin until the end; or False at once."""
    try:
        with locked(rooms / ".building", wait=False):
            yield True
    except BlockingIOError:
        yield False


@contextlib.contextmanager
def exclusive(rooms: Path, name: str) -> Iterator[None]:
    """One builder of one room at a time; the others wait."""
    with locked(rooms / f".lock-{name}"):
        yield


def hold_room(room: Path) -> int:
    """A descriptor that keeps the room from being removed until it is closed.

    HostError room.gone where it was removed since it was found.
    """
    while True:
        try:
            descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise HostError(
                "room.gone",
                f"the room {room.name[:12]} was removed before it was entered",
                "ask again: it is then made anew",
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if _is_still(room, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another has taken its place meanwhile, or none


def _is_still(room: Path, descriptor: int) -> bool:
    """Whether what was opened still has that name."""
    try:
        return os.path.samestat(room.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def unused(room: Path) -> Iterator[bool]:
    """True, and no process can hold the room until the end; or False at once."""
    try:
        descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def in_use(room: Path) -> bool:
    """Whether a process holds the room now; it may be otherwise a moment later."""
    with unused(room) as free:
        return room.exists() and not free
