"""Protobuf messages written: the few forms of fields that ONNX has."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer."""
    return _varint(number << 3) + _varint(value)


def content(number: int, value: bytes | str) -> bytes:
    """A field that holds bytes, a text or a message."""
    data = value.encode() if isinstance(value, str) else value
    return b"".join((_varint(number << 3 | 2), _varint(len(data)), data))


def contents(number: int, values: Iterable[bytes | str]) -> bytes:
    """Such a field for each of them."""
    return b"".join(content(number, value) for value in values)


def integers(number: int, values: NDArray[np.int64]) -> bytes:
    """A field for each integer: their bytes are written all at once."""
    tag = np.frombuffer(_varint(number << 3), np.uint8)
    rest = np.ascontiguousarray(values).view(np.uint64)
    sizes = np.ones(len(rest), np.int64)
    for bits in range(7, 64, 7):
        sizes += rest >> np.uint64(bits) > 0
    starts = np.cumsum(sizes + len(tag)) - sizes
    out = np.empty(int(sizes.sum()) + len(tag) * len(rest), np.uint8)
    for place, byte in enumerate(tag[::-1], 1):
        out[starts - place] = byte
    for place in range(int(sizes.max(initial=0))):
        here = sizes > place
        more = np.where(sizes[here] > place + 1, 0x80, 0).astype(np.uint64)
        out[starts[here] + place] = rest[here] >> np.uint64(7 * place) & np.uint64(0x7F) | more
    return out.tobytes()


def _varint(value: int) -> bytes:
    out = bytearray()
    value &= 0xFFFF_FFFF_FFFF_FFFF
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
