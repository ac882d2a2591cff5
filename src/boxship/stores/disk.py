"""Writing that survives a kill, and says what the disk said."""

import errno
import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxship.errors import HostError

_WORDS = {
    errno.ENOSPC: ("store.disk_full", "the disk is full", "free space (boxship clean), or set BOXSHIP_HOME"),
    errno.EDQUOT: ("store.disk_full", "the disk quota is used up", "free space, or set BOXSHIP_HOME"),
    errno.EROFS: ("store.read_only", "the store is read-only", "set BOXSHIP_HOME to a folder you may write"),
    errno.EACCES: ("store.read_only", "permission is denied", "set BOXSHIP_HOME to a folder you may write"),
    errno.EPERM: ("store.read_only", "permission is denied", "set BOXSHIP_HOME to a folder you may write"),
    errno.ENOTDIR: (
        "store.not_a_folder",
        "a file stands where a folder should",
        "set BOXSHIP_HOME to a folder",
    ),
}


@contextmanager
def said(doing: str) -> Iterator[None]:
    """Turn what the system says while `doing` something into our own words."""
    try:
        yield
    except OSError as error:
        code, words, hint = _WORDS.get(
            error.errno or 0,
            ("store.failed", error.strerror or str(error), "boxship doctor looks at the store"),
        )
        raise HostError(code, f"{doing}: {words}", hint, {"path": error.filename}) from error


def write_file(path: Path, data: bytes) -> None:
    """The whole content, on disk when this returns; not yet safe under its final name."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """The new content under the name, or the old one: never a part."""
    aside = path.with_name(f".{path.name[:64]}.{uuid.uuid4().hex}")  # threads and hosts share numbers
    try:
        write_file(aside, data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def link_over(path: Path, other: Path) -> None:
    """Let `other` be the same file as `path`, whatever it was: never nothing, never a part."""
    aside = other.with_name(f".{other.name[:64]}.{uuid.uuid4().hex}")
    try:
        os.link(path, aside)
        aside.replace(other)
    finally:
        aside.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[int]:
    """Hold the lock file; the kernel lets go when the holder dies, and every child that was given the
    descriptor. `BlockingIOError` where it is not free and we do not `wait`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield file.fileno()


def try_lock(path: Path) -> bool:
    """Whether nobody holds the lock file now."""
    try:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True
