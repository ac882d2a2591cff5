"""How each protocol words its requests and answers, one file a protocol."""

from typing import NamedTuple, Protocol

from boxship import plug
from boxship._serve.message import Call, Reply
from boxship.core.contract import Contract
from boxship.core.join import Share
from boxship.core.verdict import Decoded
from boxship.errors import BoxshipError


class Read(NamedTuple):
    """A request as a dialect read it, with what it needs to word the answer."""

    decoded: Decoded
    wanted: object = None


class Dialect(Protocol):
    """Compiled from a contract once, then used for every request, in the loop's thread or beside it."""

    name: str  # under which its requests are counted

    def __init__(self, contract: Contract) -> None:
        """Compile. Raising means that this protocol cannot carry this contract: its routes say so."""

    def read(self, call: Call) -> Read:
        """A bad row becomes a verdict; raising `DataError` means that no rows could be told apart."""

    def write(self, read: Read, share: Share) -> Reply:
        """The answers to what this dialect has read."""

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        """The same protocol's words for a request that is not answered."""


DIALECTS = {
    "own": "boxship._serve.dialects.own:Own",
}


def get(name: str) -> type[Dialect]:
    """The dialect of that name, imported now."""
    dialect: type[Dialect] = plug.load(name, DIALECTS, "dialect.unknown")
    return dialect
