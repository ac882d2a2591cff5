"""Names for digests and versions: a line with a check sum; and the order of versions."""

from collections.abc import Iterable
from pathlib import Path

from boxship.core.digest import Digest
from boxship.errors import BoxError


def pointer_bytes(what: str, value: str) -> bytes:
    return f"{value} {Digest.of(f'{what} {value}'.encode()).hex[:16]}\n".encode()


def read_pointer(path: Path, what: str) -> str:
    try:
        value, _, _ = path.read_bytes().decode("ascii", "replace").partition(" ")
        if path.read_bytes() == pointer_bytes(what, value):
            return value
    except OSError as error:
        raise BoxError(
            "store.damaged_pointer",
            f"the pointer {what} cannot be read: {error.strerror}",
            f"look at {path}",
        ) from error
    raise BoxError(
        "store.damaged_pointer",
        f"the pointer {what} is not what was written",
        f"remove {path} and pack again, or restore it from a copy",
    )


def order(version: str) -> tuple[int, int, str]:
    return (1, int(version), "") if version.isdecimal() else (0, 0, version)


def next_version(known: Iterable[str]) -> str:
    return str(max((int(version) for version in known if version.isdecimal()), default=0) + 1)
