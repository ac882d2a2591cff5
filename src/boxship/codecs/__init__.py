"""Wire formats to tables and back, one file a format."""

from typing import NamedTuple, Protocol

from boxship import plug
from boxship.core.contract import Contract
from boxship.core.verdict import Answers, Decoded


class Request(NamedTuple):
    """One decoded request. `single` is true where the caller sent one row and not a list of one."""

    decoded: Decoded
    single: bool


class Codec(Protocol):
    """Compiled from a contract once, then used for every request, in any thread."""

    def __init__(self, contract: Contract) -> None:
        """Compile. Raising means that this format cannot carry this contract."""

    def decode(self, body: bytes) -> Request:
        """Called with one whole body. A bad row becomes a verdict; raising `DataError` means
        that no rows could be told apart at all."""

    def encode(self, answers: Answers, *, single: bool) -> bytes:
        """Called with the answers to one request, in the order of its rows."""


CODECS = {
    "json": "boxship.codecs.json:JsonCodec",
}


def get(name: str) -> type[Codec]:
    """The codec of that name, imported now. A stranger's codec is named `package.module:Class`."""
    codec: type[Codec] = plug.load(name, CODECS, "codec.unknown")
    return codec
