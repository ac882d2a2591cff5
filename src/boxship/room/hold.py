"""Locks among processes: kernel locks on files, so that a kill releases them."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def building(rooms: Path) -> Iterator[int]:
    """Held shared by every builder; the descriptor can be given to a child that shall hold it too."""
    with _locked(rooms / ".building", fcntl.LOCK_SH) as descriptor:
        yield descriptor


@contextlib.contextmanager
def nobody_builds(rooms: Path) -> Iterator[bool]:
    """True, and no builder can begin until the end; or False at once."""
    try:
        with _locked(rooms / ".building", fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield True
    except BlockingIOError:
        yield False


@contextlib.contextmanager
def exclusive(rooms: Path, name: str) -> Iterator[None]:
    """One builder of one room at a time; the others wait."""
    with _locked(rooms / f".lock-{name}", fcntl.LOCK_EX):
        yield


def hold_room(room: Path) -> int:
    """A descriptor that keeps the room from being cleaned until it is closed."""
    descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def in_use(room: Path) -> bool:
    """Whether a process holds the room."""
    try:
        descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)
