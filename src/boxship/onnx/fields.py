"""The fields of a protobuf message as they lie in its bytes: nothing is made of them."""

import mmap
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

Bytes = bytes | mmap.mmap
_VARINT = re.compile(rb"[\x80-\xff]{0,9}[\x00-\x7f]")
# lists that are not packed: a forest has millions of such numbers, each with its own tag
_INTS = re.compile(rb"(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])+")
_FLOATS = re.compile(rb"(?:\x3d.{4})+", re.DOTALL)


class NoMessageError(ValueError):
    """The bytes are no message."""


class Field(NamedTuple):
    """A field: its number, its wire type, where its content lies, and its value where that is an integer.

    A run of field 8 as integers, or of 7 as floats, is told as one.
    """

    number: int
    wire: int
    start: int
    stop: int
    value: int = 0


def fields(data: Bytes, start: int, stop: int) -> Iterator[Field]:
    """The fields between two places, which have to end there."""
    at = start
    while at < stop:
        run = _run(data, at, stop)
        if run is not None:
            yield run
            at = run.stop
            continue
        tag, at = _varint(data, at, stop)
        if tag >> 32:  # other readers would keep the lower bits alone, and see another field
            raise NoMessageError(f"byte {at} ends the number of a field that is none")
        number, wire = tag >> 3, tag & 7
        value, size = 0, {1: 8, 5: 4}.get(wire, 0)
        if wire in (0, 2):
            value, after = _varint(data, at, stop)
            at, size = (after, value) if wire == 2 else (at, after - at)
        elif not size:
            raise NoMessageError(f"byte {at} begins a field of no known kind")
        if at + size > stop or not number:
            raise NoMessageError(
                f"its field {number} at byte {at} ends {at + size - stop} bytes after its end"
            )
        yield Field(number, wire, at, at + size, value)
        at += size


def _run(data: Bytes, at: int, stop: int) -> Field | None:
    first = data[at]
    if first not in (0x40, 0x3D):
        return None
    found = (_INTS if first == 0x40 else _FLOATS).match(data, at, stop)
    return Field(first >> 3, first & 7, at, found.end()) if found else None


def _varint(data: Bytes, at: int, stop: int) -> tuple[int, int]:
    found = _VARINT.match(data, at, stop)
    if found is None:
        raise NoMessageError(f"byte {at} is no number")
    value = 0
    for place, byte in enumerate(found[0]):
        value |= (byte & 0x7F) << 7 * place
    return value & 0xFFFF_FFFF_FFFF_FFFF, found.end()


def text(data: Bytes, field: Field) -> str:
    """What the field says, as text."""
    return data[field.start : field.stop].decode(errors="replace")


def integers(data: Bytes, field: Field) -> Iterator[int]:
    """The integers of a run, of a packed list, or of one field."""
    if field.wire == 2:
        yield from _signed(data, field.start, field.stop, tagged=False)
    elif data[field.start] == 0x40 and field.number == 8:
        yield from _signed(data, field.start, field.stop, tagged=True)
    else:
        yield _as_signed(field.value)


def _signed(data: Bytes, start: int, stop: int, *, tagged: bool) -> Iterator[int]:
    at = start
    while at < stop:
        value, at = _varint(data, at + tagged, stop)
        yield _as_signed(value)


def _as_signed(value: int) -> int:
    (out,) = struct.unpack("<q", struct.pack("<Q", value))
    return int(out)
