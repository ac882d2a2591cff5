"""One HTTP request and one reply, whole: what the dialects read and write."""

from collections.abc import Sequence
from typing import NamedTuple

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
Headers = Sequence[tuple[bytes, bytes]]  # names in lower case


class Call(NamedTuple):
    """A request that has been read to its end."""

    method: bytes
    path: bytes
    query: bytes
    headers: Headers
    body: bytes
    request_id: bytes = b""  # as the caller gave it

    def header(self, name: bytes) -> bytes:
        """The first value of that header; empty where it was not sent."""
        for key, value in self.headers:
            if key == name:
                return value
        return b""


class Reply(NamedTuple):
    """What is sent back; the ids of box, variant and request are added by who sends it."""

    status: int
    media: bytes
    body: bytes
    headers: Headers = ()
