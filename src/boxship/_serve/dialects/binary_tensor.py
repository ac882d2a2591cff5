"""Tensors whose values stand behind the JSON, as raw little-endian bytes."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from boxship._serve.dialects.tensor import (
    BYTES,
    DTYPES,
    Sent,
    Tensor,
    checked_count,
    tensor_of,
    wrong_count,
    wrong_tensor,
)
from boxship.core.column import Array
from boxship.core.shown import shown, shown_text
from boxship.errors import DataError

HEADER = b"inference-header-content-length"
_SIZE = "binary_data_size"
_LENGTH = struct.Struct("<I")


def split_body(body: bytes, head_length: bytes) -> tuple[bytes, bytes]:
    """The JSON, and what follows it."""
    if not head_length:
        return body, b""
    if not head_length.isdigit() or len(head_length) > 15 or int(head_length) > len(body):
        said = shown_text(head_length.decode("latin1"))
        message = f"{HEADER.decode()} is {said!r}, the body has {len(body)} bytes"
        raise DataError("tensor.malformed", message, "it is the length of the JSON, in bytes")
    return body[: int(head_length)], body[int(head_length) :]


def tensors_of(sent: Sequence[Sent], raw: bytes) -> list[Tensor]:
    """Of each its values: those in `raw` follow each other in the order of the tensors."""
    found, start = [], 0
    for one in sent:
        size = (one.parameters or {}).get(_SIZE)
        if size is None:
            found.append(tensor_of(one))
            continue
        if type(size) is not int or not 0 <= size <= len(raw) - start:
            what = f"has the binary_data_size {shown(size)}, where {len(raw) - start} bytes are left"
            raise wrong_tensor(one, what, "give its size in bytes")
        found.append(_of_bytes(one, raw[start : start + size]))
        start += size
    if start != len(raw):
        message = f"{len(raw) - start} bytes behind the JSON belong to no tensor"
        raise DataError("tensor.malformed", message, "give the binary_data_size of each tensor")
    return found


def to_bytes(values: Array | Sequence[bytes]) -> bytes:
    """As it is sent back."""
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    return b"".join([_LENGTH.pack(len(one)) + one for one in values])


def _of_bytes(sent: Sent, raw: bytes) -> Tensor:
    count = checked_count(sent)
    if bytes(sent.data):
        raise wrong_tensor(sent, "has both data and binary_data_size", "give it one of them")
    if sent.datatype == BYTES:
        return Tensor(sent.name, sent.shape, _elements(sent, raw, count))
    dtype: np.dtype[Any] = DTYPES[sent.datatype].newbyteorder("<")
    if len(raw) != count * dtype.itemsize:
        what = f"has {len(raw)} bytes, {count} values of {sent.datatype} are {count * dtype.itemsize}"
        raise wrong_tensor(sent, what, "give as many as its shape says")
    if dtype.kind == "b" and raw.translate(None, b"\0\1"):
        raise wrong_tensor(sent, "has bytes that are neither 0 nor 1", "a BOOL is one of them")
    return Tensor(sent.name, sent.shape, np.frombuffer(raw, dtype).astype(dtype.newbyteorder("=")))


def _elements(sent: Sent, raw: bytes, count: int) -> list[bytes]:
    """Each behind its length."""
    found, at = [], 0
    while at + 4 <= len(raw):
        (length,) = _LENGTH.unpack_from(raw, at)
        if at + 4 + length > len(raw):
            break
        found.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(raw):
        raise wrong_tensor(sent, "ends in the middle of an element", "write 4 bytes of length before each")
    if len(found) != count:
        raise wrong_count(sent, len(found))
    return found
