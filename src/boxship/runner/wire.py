"""Messages between this process and a room, over one socket."""

import socket
import struct
import time
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from boxship.adapters import Described, Given, Settled
from boxship.core.column import column_of
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.errors import BoxshipError
from boxship.host import memory_limit
from boxship.runner.trial import Trial
from boxship.twin.record import Speed

_LARGEST_HEADER = 64 * 2**20
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Code = Annotated[str, msgspec.Meta(pattern=r"^([a-z_]+\.[a-z0-9_]+)?$", max_length=100)]
_Name = Annotated[str, msgspec.Meta(pattern=r"^\w+$", max_length=100)]
_Text = Annotated[str, msgspec.Meta(max_length=10_000)]
_Texts = Annotated[tuple[_Text, ...], msgspec.Meta(max_length=1000)]
# what is not whole may fail in numpy or in our own reading of it
_NOT_WHOLE = (BoxshipError, ValueError, LookupError, TypeError, OverflowError, MemoryError, RecursionError)


class NoMessageError(Exception):
    """What came makes no sense: the room may be anybody's, so nothing of it is believed."""


class Load(msgspec.Struct, tag="load"):
    """Check the names of a model file, and load it."""

    adapter: str
    model: str
    code: str  # "" where there is none
    trust: tuple[str, ...]


class Describe(msgspec.Struct, tag="describe"):
    """What does the model say of itself?"""


class Settle(msgspec.Struct, tag="settle"):
    """What do the answers to these rows, the one buffer, tell?"""

    nullable: tuple[str, ...]
    units: dict[str, str]


class Compare(msgspec.Struct, tag="compare"):
    """Answer rows as their user has them, to compare: the one buffer is their pickle."""


class Predict(msgspec.Struct, tag="predict"):
    """Answer a table, the one buffer."""


class Prove(msgspec.Struct, tag="prove"):
    """Try the box: the buffers are its contract and its golden rows."""

    box: str


class Lower(msgspec.Struct, tag="lower"):
    """Lower the model to a twin: the buffers are the contract and some rows to take the time with."""


class Export(msgspec.Struct, tag="export"):
    """Turn the model into an ONNX file: the buffer is the contract."""


class Loaded(msgspec.Struct, tag="loaded"):
    """The model is there; what it reached for."""

    seconds: float
    network: _Texts
    files: _Texts


class Said(msgspec.Struct, tag="described"):
    """What the model says of itself."""

    described: Described


class Found(msgspec.Struct, tag="settled"):
    """What was settled."""

    settled: Settled


class Lowered(msgspec.Struct, tag="lowered"):
    """The twin, the one buffer, and how long both take; or none, and why, and whether it could be exported."""

    reason: _Text
    speeds: Annotated[tuple[Speed, ...], msgspec.Meta(max_length=8)] = ()
    exports: bool = False


class Exported(msgspec.Struct, tag="exported"):
    """The ONNX file, the one buffer; or none, and why."""

    reason: _Text


class Predicted(msgspec.Struct, tag="predicted"):
    """A table an output, in the buffers."""


class Tried(msgspec.Struct, tag="tried"):
    """What the trial gave; the buffer holds the answers to the golden rows."""

    trial: Trial
    codes: tuple[int, ...]
    memory_bytes: _Count
    network: _Texts
    files: _Texts


class Failed(msgspec.Struct, tag="failed"):
    """Something was raised."""

    raised: _Name  # the exception's type
    code: _Code
    message: _Text
    hint: _Text
    missing_module: _Text
    absent_file: _Text
    network: _Texts
    files: _Texts


Request = Load | Describe | Settle | Compare | Predict | Prove | Lower | Export
Reply = Loaded | Lowered | Exported | Said | Found | Predicted | Tried | Failed
T = TypeVar("T")


def send(sock: socket.socket, message: Request | Reply, buffers: Sequence[bytes] = ()) -> None:
    header = msgspec.msgpack.encode((message, [len(buffer) for buffer in buffers]))
    sock.sendall(struct.pack("<Q", len(header)) + header)
    for buffer in buffers:
        sock.sendall(buffer)


def receive(
    sock: socket.socket, kind: type[T], *, buffers: int, until: float | None = None
) -> tuple[T, list[bytes]]:
    """The next message, of that kind and with at most so many buffers, before `until` (monotonic).

    `EOFError` where the other side has gone, `NoMessageError` where it does not keep to the form.
    """
    (size,) = struct.unpack("<Q", _exactly(sock, 8, until))
    if size > _LARGEST_HEADER:
        raise NoMessageError(f"a header of {size} bytes")
    header = _exactly(sock, size, until)
    form: Any = tuple[kind, list[_Count]]  # type: ignore[valid-type]  # made here, for msgspec alone
    try:
        message, lengths = msgspec.msgpack.decode(header, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NoMessageError(str(error)) from error
    if len(lengths) > buffers or sum(lengths) > memory_limit():
        raise NoMessageError(f"{len(lengths)} buffers of {sum(lengths)} bytes")
    return message, [_exactly(sock, length, until) for length in lengths]


def _exactly(sock: socket.socket, size: int, until: float | None) -> bytes:
    """In pieces, so that a length costs memory only as its bytes come."""
    data = bytearray()
    while len(data) < size:
        if until is not None:
            sock.settimeout(max(0.001, until - time.monotonic()))
        piece = sock.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError("the other side has gone")
        data += piece
    return bytes(data)


def given_bytes(given: Sequence[Given]) -> list[bytes]:
    """What a model gave, as one table an output."""
    buffers: list[bytes] = []
    for values, shares in given:
        columns = {"values": column_of(values)}
        if shares is not None:
            columns["probabilities"] = column_of(shares)
        buffers.append(to_bytes(Table.from_columns(columns)))
    return buffers


def given_from(buffers: Sequence[bytes]) -> list[Given]:
    return [_given(table_from(buffer)) for buffer in buffers]


def _given(table: Table) -> Given:
    names = set(table.names)
    if not {"values"} <= names <= {"values", "probabilities"}:
        raise NoMessageError(f"columns {sorted(names)[:5]}")
    if "probabilities" not in names:
        return Given(table.column("values").values, None)
    shares = table.column("probabilities").values
    if shares.ndim != 2 or shares.dtype.kind not in "fiub":
        raise NoMessageError(f"probabilities of {shares.dtype} {shares.shape}")
    return Given(table.column("values").values, shares)


def table_from(buffer: bytes) -> Table:
    try:
        return from_bytes(buffer)
    except _NOT_WHOLE as error:
        raise NoMessageError(f"a table that is not whole: {type(error).__name__}") from error
