"""A table as canonical bytes, and back without copying."""

import struct
from typing import Any

import msgspec
import numpy as np

from boxship.core.column import Array, Codes
from boxship.core.digest import canonical_json
from boxship.core.table import Mask, Schema, Table
from boxship.core.type import Type
from boxship.errors import DataError

FORMAT = 1
_MAGIC = b"BXTABLE\x01"
_DECODE = msgspec.json.Decoder()


class _Header(msgspec.Struct, frozen=True):
    format: int
    length: int
    columns: list[tuple[str, str]]
    buffers: list[int]
    levels: dict[str, list[str]]
    masks: list[str]


def to_bytes(table: Table) -> bytes:
    """The same table gives the same bytes on every machine: little-endian, one NaN, eight-byte places."""
    buffers: list[Any] = []  # anything with a buffer
    levels: dict[str, list[str]] = {}
    for group, part in zip(table.schema.groups, table.parts, strict=True):
        name = table.names[group.members[0]]
        kind = table.schema.types[group.members[0]].kind
        if isinstance(part, Codes):
            levels[name] = list(part.levels)
            buffers.append(np.ascontiguousarray(part.codes, "<i4"))
        elif part.dtype == object:
            buffers += _loose(part, kind)
        else:
            buffers.append(_plain(part))
    masks = sorted(table.masks)
    buffers += [np.packbits(table.masks[name]) for name in masks]
    header = canonical_json(
        _Header(
            FORMAT,
            table.length,
            [(n, str(t)) for n, t in zip(table.names, table.schema.types, strict=True)],
            [memoryview(buffer).nbytes for buffer in buffers],
            levels,
            masks,
        )
    )
    pieces: list[Any] = [_MAGIC, struct.pack("<Q", len(header)), header]
    pieces.append(bytes(-len(header) % 8))
    for buffer in buffers:
        view = memoryview(buffer)
        pieces += [view.cast("B") if view.nbytes else b"", bytes(-view.nbytes % 8)]
    return b"".join(pieces)


def _plain(part: Array) -> Array:
    dtype = part.dtype.newbyteorder("<")
    out = np.ascontiguousarray(part, dtype)
    if part.dtype.kind == "f" and np.isnan(out).any():
        out = np.where(np.isnan(out), np.array(np.nan, dtype), out)
    return out.view("<i8") if part.dtype.kind == "M" else out


def _loose(part: Array, kind: str) -> list[Any]:
    items = [_item_bytes(item, kind) for item in part]
    ends = np.cumsum([0, *(len(item or b"") for item in items)], dtype="<i8")
    nulls = np.packbits(np.fromiter((item is None for item in items), bool, len(items)))
    return [ends, nulls, b"".join(item or b"" for item in items)]


def _item_bytes(item: object, kind: str) -> bytes | None:
    if item is None:
        return None
    if kind == "text":
        return str(item).encode("utf-8", "surrogatepass")
    return bytes(item) if isinstance(item, (bytes, bytearray)) else canonical_json(item)


def from_bytes(data: bytes | memoryview) -> Table:
    """Read what `to_bytes` wrote; numbers are views of `data`. Damage is `table.damaged`."""
    try:
        return _read(memoryview(data))
    except DataError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, struct.error, msgspec.DecodeError) as error:
        raise _damaged(str(error)) from error


def _read(data: memoryview) -> Table:
    if data[:8] != _MAGIC:
        raise _damaged("it does not begin as a table does")
    (size,) = struct.unpack("<Q", data[8:16])
    header = msgspec.convert(_DECODE.decode(data[16 : 16 + size]), _Header, strict=False)
    if header.format != FORMAT:
        raise DataError(
            "table.newer_format",
            f"the table has the format {header.format}, this Boxship reads {FORMAT}",
            "pip install --upgrade boxship",
        )
    schema = Schema((name, Type.parse(text)) for name, text in header.columns)
    buffers = _buffers(data, 16 + size + -size % 8, header.buffers)
    parts: list[Any] = []  # arrays, and the codes of categories
    length = header.length
    for group in schema.groups:
        first = group.members[0]
        type_ = schema.types[first]
        if type_.kind == "category":
            levels = tuple(header.levels[schema.names[first]])
            codes = np.frombuffer(next(buffers), "<i4").reshape(length)
            if length and (codes.min() < -1 or codes.max() >= len(levels)):
                raise _damaged(f"column {schema.names[first]!r} has a code without a level")
            parts.append(Codes(codes, levels))
        elif group.dtype == object:
            parts.append(_read_loose(next(buffers), next(buffers), next(buffers), length, type_.kind))
        else:
            shape = (length, len(group.members)) if group.block else (length, *type_.shape)
            parts.append(np.frombuffer(next(buffers), group.dtype.newbyteorder("<")).reshape(shape))
    masks: dict[str, Mask] = {
        name: np.unpackbits(np.frombuffer(next(buffers), np.uint8), count=length).astype(bool)
        for name in header.masks
    }
    if any(len(mask) != length or name not in schema.places for name, mask in masks.items()):
        raise _damaged("a mask does not fit")
    return Table(schema, length, tuple(parts), masks)


def _buffers(data: memoryview, start: int, sizes: list[int]) -> Any:  # an iterator of views
    for size in sizes:
        if size < 0 or start + size > len(data):
            raise _damaged("it ends too early")
        yield data[start : start + size]
        start += size + -size % 8
    if start != len(data):
        raise _damaged(f"{len(data) - start} bytes follow its end")


def _read_loose(ends: memoryview, nulls: memoryview, data: memoryview, length: int, kind: str) -> Array:
    places = np.frombuffer(ends, "<i8").tolist()
    is_null = np.unpackbits(np.frombuffer(nulls, np.uint8), count=length)
    if len(places) != length + 1 or places[0] != 0 or places[-1] != len(data):
        raise _damaged("its text does not fit")
    out = np.empty(length, object)
    for row in range(length):
        if places[row + 1] < places[row]:
            raise _damaged("its text does not fit")
        if not is_null[row]:
            raw = bytes(data[places[row] : places[row + 1]])
            out[row] = (
                raw.decode("utf-8", "surrogatepass")
                if kind == "text"
                else raw
                if kind == "binary"
                else _DECODE.decode(raw)
            )
    return out


def _damaged(why: str) -> DataError:
    return DataError("table.damaged", f"these bytes are not a whole table: {why}", "make or copy them again")
