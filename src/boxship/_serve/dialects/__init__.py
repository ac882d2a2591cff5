"""How each protocol words its requests and answers, one file a protocol."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from boxship import plug
from boxship._serve.about import About
from boxship._serve.message import Call, Reply
from boxship.core.join import Packed, Share
from boxship.core.verdict import Decoded
from boxship.errors import BoxshipError


class Read(NamedTuple):
    """A request as a dialect read it, with what it needs to word the answer."""

    rows: Decoded | Packed
    wanted: Any = None  # each dialect's own


class Dialect(Protocol):
    """Compiled once for what is served, then used for every request, in one thread.

    It knows nothing of policies, batches and metrics: those are the same for all.
    """

    name: str  # under which its requests are counted
    prefix: (
        bytes  # of paths that are its own: what is not there is refused in its words; empty if it has none
    )

    def __init__(self, about: About) -> None:
        """Compile. Raising `BoxError` means that this protocol cannot carry this contract."""

    @property
    def asked(self) -> Sequence[bytes]:
        """Whole paths where the box is asked, by POST."""

    @property
    def told(self) -> Mapping[bytes, Callable[[], Reply]]:
        """Whole paths that are answered by GET without asking the box."""

    def read(self, call: Call) -> Read:
        """A bad row becomes a verdict; raising `DataError` means that no rows could be told apart."""

    def write(self, read: Read, share: Share) -> Reply:
        """The answers to what this dialect has read. May raise `DataError` where the protocol has no word
        for a row that is refused."""

    def refuse(self, status: int, error: BoxshipError) -> Reply:
        """The same protocol's words for a request that is not answered."""


DIALECTS = {
    "own": "boxship._serve.dialects.own:Own",
    "open_inference": "boxship._serve.dialects.open_inference:OpenInference",
    "tf_serving": "boxship._serve.dialects.tf_serving:TfServing",
    "invocations": "boxship._serve.dialects.invocations:Invocations",
    "vertex": "boxship._serve.dialects.vertex:Vertex",  # the last, as its path may be that of another
}


def get(name: str) -> type[Dialect]:
    """The dialect of that name, imported now."""
    dialect: type[Dialect] = plug.load(name, DIALECTS, "dialect.unknown")
    return dialect
