"""The nodes and constants of an ONNX file, as far as a twin is made of them."""

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.onnx.fields import Bytes, Field, fields, integers, text

_DTYPES: dict[int, Any] = {1: "<f4", 6: "<i4", 7: "<i8", 11: "<f8"}  # as tensors are told to hold
_LISTED = {1: 4, 6: 5, 7: 7, 11: 10}  # the field of each, where the numbers are not raw


class Node(NamedTuple):
    """One call of an operator; what it is given are names."""

    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]  # a number, a text, an array, or a list of numbers


class Graph(NamedTuple):
    """Nodes in the order in which they run, constants by name, and the names of inputs and outputs."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def graph_of(data: Bytes) -> Graph:
    """The one graph of a file; raises `ValueError` for what is laid out in another way than usual."""
    (whole,) = _of(data, 0, len(data), 7)
    constants = dict(_tensor(data, one) for one in _of(data, whole.start, whole.stop, 5))
    inputs = [_named(data, one) for one in _of(data, whole.start, whole.stop, 11)]
    return Graph(
        tuple(_node(data, one) for one in _of(data, whole.start, whole.stop, 1)),
        constants,
        tuple(name for name in inputs if name not in constants),
        tuple(_named(data, one) for one in _of(data, whole.start, whole.stop, 12)),
    )


def _of(data: Bytes, start: int, stop: int, number: int) -> list[Field]:
    return [one for one in fields(data, start, stop) if one.number == number]


def _texts(data: Bytes, part: Field, number: int) -> tuple[str, ...]:
    return tuple(text(data, one) for one in _of(data, part.start, part.stop, number))


def _named(data: Bytes, port: Field) -> str:
    return "".join(_texts(data, port, 1))


def _node(data: Bytes, part: Field) -> Node:
    return Node(
        "".join(_texts(data, part, 4)),
        "".join(_texts(data, part, 7)),
        _texts(data, part, 1),
        _texts(data, part, 2),
        dict(_attribute(data, one) for one in _of(data, part.start, part.stop, 5)),
    )


def _attribute(data: Bytes, part: Field) -> tuple[str, Any]:
    """By its kind; of graphs and others nothing is told but that they are there."""
    (kind,) = [one.value for one in _of(data, part.start, part.stop, 20)] or [0]
    number = {1: 2, 2: 3, 3: 4, 4: 5, 6: 7, 7: 8}.get(kind, 0)
    found = _of(data, part.start, part.stop, number)
    name = _named(data, part)
    if kind == 6:
        return name, np.concatenate([_floats(data, one) for one in found] or [np.empty(0, "<f4")])
    if kind == 7:
        return name, [value for one in found for value in integers(data, one)]
    if kind == 4:
        return name, _tensor(data, found[-1])[1]
    if kind == 1:
        return name, struct.unpack("<f", data[found[-1].start : found[-1].stop])[0] if found else 0.0
    if kind == 2:
        return name, next(integers(data, found[-1])) if found else 0
    return name, text(data, found[-1]) if kind == 3 and found else None


def _floats(data: Bytes, part: Field) -> NDArray[np.float32]:
    """Of a packed list, of one field, or of a run of such fields with a tag before each."""
    raw = data[part.start : part.stop]
    if part.wire == 2 or len(raw) == 4:
        return np.frombuffer(raw, "<f4")
    return np.frombuffer(raw, np.dtype([("tag", "u1"), ("value", "<f4")]))["value"]


def _tensor(data: Bytes, part: Field) -> tuple[str, Array]:
    inside = list(fields(data, part.start, part.stop))
    shape = [size for one in inside if one.number == 1 for size in integers(data, one)]
    (kind,) = [one.value for one in inside if one.number == 2]
    name = "".join(text(data, one) for one in inside if one.number == 8)
    if kind not in _DTYPES:
        return name, np.empty(0, object)  # which nothing is made of
    raw = [data[one.start : one.stop] for one in inside if one.number == 9]
    if raw:
        return name, np.frombuffer(raw[-1], _DTYPES[kind]).reshape(shape)
    return name, _numbers(data, [one for one in inside if one.number == _LISTED[kind]], kind).reshape(shape)


def _numbers(data: Bytes, found: list[Field], kind: int) -> Array:
    if kind in (6, 7):
        return np.array([value for one in found for value in integers(data, one)], _DTYPES[kind])
    parts = [np.frombuffer(data[one.start : one.stop], _DTYPES[kind]) for one in found if one.wire == 2]
    return np.concatenate(parts or [np.empty(0, _DTYPES[kind])])
