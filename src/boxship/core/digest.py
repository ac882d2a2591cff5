"""The identity of bytes."""

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from boxship.errors import UsageError

_FORM = re.compile(r"sha256:[0-9a-f]{64}")
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Digest(NamedTuple):
    """A SHA-256 of bytes, written `sha256:<64 hex digits>`.

    >>> str(Digest.of(b""))[:19]
    'sha256:e3b0c44298fc'
    """

    hex: str

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Self:
        return cls(hashlib.sha256(data).hexdigest())

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Read the file in pieces; its size does not matter to memory."""
        with path.open("rb") as file:
            return cls(hashlib.file_digest(file, "sha256").hexdigest())

    @classmethod
    def parse(cls, text: str) -> Self:
        if not _FORM.fullmatch(text):
            raise UsageError(
                "digest.malformed",
                f"{text[:100]!r} is not a digest",
                "a digest is sha256: and 64 lower-case hexadecimal digits; eight or more of them find a box here",
            )
        return cls(text.removeprefix("sha256:"))

    @property
    def short(self) -> str:
        return self.hex[:12]

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


def canonical_json(value: Any) -> bytes:  # any value that msgspec can write
    """The one way a value is written where its bytes are its identity: keys sorted, no blanks."""
    return _ENCODER.encode(value)
