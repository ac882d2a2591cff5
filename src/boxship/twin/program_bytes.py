"""A program as canonical bytes, and back."""

import struct
from dataclasses import fields
from typing import Any, get_origin

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.core.digest import canonical_json
from boxship.errors import BoxError
from boxship.twin.algebra import Bells, Linear, Norm, Power, Products
from boxship.twin.alike import Alike, Coupled, Rivals, Votes
from boxship.twin.encode import Bin, Column, Find, Label, Lookup, Sides
from boxship.twin.forest import NODE, Forest
from boxship.twin.link import Act, Curve, Mean, Median
from boxship.twin.network import Combine, Embed, Layer, Leaky, Level, Scale, Slopes
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers, Places, Singles
from boxship.twin.steps import (
    Above,
    Add,
    Clip,
    Divide,
    Fill,
    Finite,
    Join,
    Missing,
    Multiply,
    Pick,
    Standing,
    Subtract,
)

FORMAT = 1
_MAGIC = b"BXTWIN\x00\x01"
STEPS = {
    step.__name__: step
    for step in (
        *(Numbers, Singles, Places),
        *(Finite, Pick, Join, Standing, Fill, Missing, Above, Add, Subtract, Multiply, Divide, Clip),
        *(Bin, Find, Lookup, Label, Sides, Column),
        *(Linear, Power, Products, Norm, Bells),
        *(Alike, Votes, Rivals, Coupled),
        *(Act, Curve, Mean, Median),
        *(Layer, Scale, Leaky, Slopes, Level, Combine, Embed),
        Forest,
    )
}  # fmt: skip
_READERS = (Numbers, Singles, Places)
_DTYPES: dict[str, np.dtype[Any]] = {
    "f8": np.dtype("<f8"),
    "f4": np.dtype("<f4"),
    "i4": np.dtype("<i4"),
    "u4": np.dtype("<u4"),
    "node": NODE,
}


class _Line(msgspec.Struct, frozen=True):
    step: str
    takes: tuple[int, ...]
    given: dict[str, Any]  # the step's fields; an array is {"array": its place}


class _Header(msgspec.Struct, frozen=True):
    format: int
    lines: tuple[_Line, ...]
    answers: tuple[tuple[int, int | None], ...]
    arrays: tuple[tuple[str, tuple[int, ...]], ...]  # type and shape


def to_bytes(program: Program) -> bytes:
    """The same program gives the same bytes on every machine."""
    arrays: list[Array] = []
    lines = [
        _Line(
            type(step).__name__, takes, {f.name: _plain(getattr(step, f.name), arrays) for f in fields(step)}
        )
        for step, takes in program.lines
    ]
    forms = tuple((_kind(array), array.shape) for array in arrays)
    header = canonical_json(
        _Header(FORMAT, tuple(lines), tuple((a.values, a.shares) for a in program.answers), forms)
    )
    pieces = [_MAGIC, struct.pack("<Q", len(header)), header, bytes(-len(header) % 8)]
    for array in arrays:
        pieces += [array.tobytes(), bytes(-array.nbytes % 8)]
    return b"".join(pieces)


def _plain(value: object, arrays: list[Array]) -> object:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    return str(value) if value in (np.inf, -np.inf) else value  # JSON has no infinity


def _kind(array: Array) -> str:
    return next(kind for kind, dtype in _DTYPES.items() if array.dtype == dtype)


def from_bytes(data: bytes) -> Program:
    """Read what `to_bytes` wrote. Nothing in it is believed: damage is `twin.damaged`."""
    try:
        return _read(memoryview(data))
    except BoxError:
        raise
    except (ValueError, TypeError, LookupError, OverflowError, struct.error, msgspec.DecodeError) as error:
        raise BoxError(
            "twin.damaged", f"these bytes are not a whole twin: {error}", "pack the model again"
        ) from error


def _read(data: memoryview) -> Program:
    if data[:8] != _MAGIC:
        raise ValueError("it does not begin as a twin does")
    (size,) = struct.unpack("<Q", data[8:16])
    plain = msgspec.json.decode(data[16 : 16 + size])
    if plain.get("format") != FORMAT:
        message = f"the twin has the format {plain.get('format')!r:.20}, this Boxship reads {FORMAT}"
        raise BoxError("twin.newer_format", message, "pip install --upgrade boxship")
    header = msgspec.convert(plain, _Header)
    arrays = _arrays(data, 16 + size + -size % 8, header.arrays)
    lines = tuple(Line(_step(line, arrays), line.takes) for line in header.lines)
    if any(isinstance(line.step, _READERS) == bool(line.takes) for line in lines):
        raise ValueError("a step takes nothing, or a reader something")
    return Program(lines, tuple(Answer(*answer) for answer in header.answers))


def _arrays(data: memoryview, start: int, forms: tuple[tuple[str, tuple[int, ...]], ...]) -> list[Array]:
    found: list[Array] = []
    for kind, shape in forms:
        dtype = _DTYPES[kind]
        size = dtype.itemsize
        for length in shape:
            size *= length
        if size < 0 or min(shape, default=0) < 0 or start + size > len(data):
            raise ValueError("it ends too early")
        found.append(np.frombuffer(data[start : start + size], dtype).reshape(shape))
        start += size + -size % 8
    if start != len(data):
        raise ValueError(f"{len(data) - start} bytes follow its end")
    return found


def _step(line: _Line, arrays: list[Array]) -> Any:  # one of STEPS
    kind: Any = STEPS[line.step]
    hints = {one.name: one.type for one in fields(kind)}
    if set(hints) != set(line.given):
        raise ValueError(f"a {line.step} with other fields")
    return kind(**{name: _field(value, hints[name], arrays) for name, value in line.given.items()})


def _field(value: object, hint: Any, arrays: list[Array]) -> object:  # a type, as dataclasses keep it
    if get_origin(hint) is np.ndarray:
        return arrays[msgspec.convert(value, dict[str, int])["array"]]
    if hint is float and value in ("inf", "-inf"):
        return float(str(value))
    return msgspec.convert(value, hint)
