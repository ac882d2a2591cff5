"""Names for digests and versions: a line with a check sum; and the order of versions."""

import re
from collections.abc import Iterable
from pathlib import Path

from boxship.core.digest import Digest
from boxship.errors import BoxError

_DIGITS = re.compile(r"([0-9]+)")
_MOST_DIGITS = 18
_PHASES = {"dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "pre": 3, "preview": 3}


def pointer_bytes(what: str, value: str) -> bytes:
    return f"{value} {Digest.of(f'{what} {value}'.encode()).hex[:16]}\n".encode()


def read_pointer(path: Path, what: str) -> str:
    try:
        data = path.read_bytes()
        value, _, _ = data.decode("ascii", "replace").partition(" ")
        if data == pointer_bytes(what, value):
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


_Part = tuple[int, str, int]


def order(version: str) -> tuple[bool, tuple[_Part, ...], str]:
    """What versions are sorted by: numbers in them as numbers, 1.0rc1 before 1.0, plain integers
    after all others."""
    parts = [*_DIGITS.split(version), "0"]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    ranked = tuple((_phase(text), text, int(number)) for text, number in pairs)
    return version.isdecimal(), ranked, version


def _phase(text: str) -> int:
    """What comes before a release, by name; a release and what follows it are last."""
    return _PHASES.get(text.strip("._-").lower(), 4)


def next_version(known: Iterable[str]) -> str:
    """One more than the highest that counts; longer ones are somebody's own numbers, such as times."""
    counted = (int(version) for version in known if version.isdecimal() and len(version) <= _MOST_DIGITS)
    return str(max(counted, default=0) + 1)
