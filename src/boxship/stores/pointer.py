"""Names for digests and versions: a line with a check sum; and the order of versions."""

import re
from collections.abc import Iterable
from pathlib import Path

from boxship.core.digest import Digest
from boxship.errors import BoxError

_DIGITS = re.compile(r"([0-9]+)")


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


_Part = tuple[str, int]


def order(version: str) -> tuple[bool, tuple[_Part, ...], str]:
    """What versions are sorted by: numbers in them as numbers, plain integers after all others."""
    parts = [*_DIGITS.split(version), "0"]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return version.isdecimal(), tuple((text, int(number)) for text, number in pairs), version


def next_version(known: Iterable[str]) -> str:
    return str(max((int(version) for version in known if version.isdecimal()), default=0) + 1)
