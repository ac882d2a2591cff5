"""Messages between this process and a room, over one socket."""

import socket
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from boxship.adapters import Given
from boxship.core.column import column_of
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes

_LARGEST_HEADER = 64 * 2**20


class Message(NamedTuple):
    """A few named values, and bytes."""

    values: dict[str, Any]  # plain JSON values
    buffers: list[bytes]


def send(sock: socket.socket, values: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
    header = msgspec.json.encode([values, [len(buffer) for buffer in buffers]])
    sock.sendall(struct.pack("<Q", len(header)) + header)
    for buffer in buffers:
        sock.sendall(buffer)


def receive(sock: socket.socket) -> Message:
    """The next message. `EOFError` where the other side has gone."""
    (size,) = struct.unpack("<Q", _exactly(sock, 8))
    if size > _LARGEST_HEADER:
        raise EOFError("a message without sense")
    values, lengths = msgspec.json.decode(_exactly(sock, size))
    return Message(values, [_exactly(sock, length) for length in lengths])


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        got = sock.recv_into(view, min(len(view), 2**20))
        if not got:
            raise EOFError("the other side has gone")
        view = view[got:]
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
    out: list[Given] = []
    for table in map(from_bytes, buffers):
        has_shares = "probabilities" in table.schema.places
        shares = table.column("probabilities").values if has_shares else None
        out.append(Given(table.column("values").values, shares))
    return out
