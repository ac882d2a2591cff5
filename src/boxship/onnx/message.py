"""The messages of an ONNX file: a model, its graph, nodes, tensors and the types of values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from boxship.core.column import Array
from boxship.onnx.protobuf import content, contents, integer, integers

LARGEST = 2**31 - 1  # bytes; no reader takes a larger message

_CODES = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "str": 8,
    "bool": 9, "float16": 10, "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip

Attribute = int | str | bytes | Array | Sequence[str] | Sequence[int]


class Port(NamedTuple):
    """An input or an output of a graph: the shape is that of one row."""

    name: str
    kind: str
    shape: tuple[int, ...]
    said: str = ""


def model(
    graph: bytes,
    opsets: Mapping[str, int],
    *,
    ir: int,
    producer: str,
    said: str,
    properties: Mapping[str, str],
) -> bytes:
    """A whole file."""
    name, _, version = producer.partition(" ")
    return b"".join(
        (
            integer(1, ir),
            content(2, name),
            content(3, version),
            content(6, said),
            content(7, graph),
            contents(8, (content(1, domain) + integer(2, number) for domain, number in opsets.items())),
            contents(14, (content(1, key) + content(2, value) for key, value in properties.items())),
        )
    )


def graph(
    nodes: Sequence[bytes],
    name: str,
    tensors: Sequence[bytes],
    inputs: Sequence[Port],
    outputs: Sequence[Port],
) -> bytes:
    """Nodes in the order in which they run."""
    return b"".join(
        (
            contents(1, nodes),
            content(2, name),
            contents(5, tensors),
            contents(11, map(_port, inputs)),
            contents(12, map(_port, outputs)),
        )
    )


def body(
    nodes: Sequence[bytes], name: str, asks: tuple[str, str], inputs: Sequence[str], outputs: Sequence[str]
) -> bytes:
    """What a loop runs: it asks for its count and whether it goes on, and knows the types of what it is handed."""
    count, goes_on = (
        content(1, one) + content(2, _type(kind, b""))
        for one, kind in zip(asks, ("int64", "bool"), strict=True)
    )
    taken = contents(11, (count, goes_on, *(content(1, one) for one in inputs)))
    return contents(1, nodes) + content(2, name) + taken + contents(12, (content(1, one) for one in outputs))


def node(
    op: str, inputs: Sequence[str], outputs: Sequence[str], domain: str, attributes: Mapping[str, Attribute]
) -> bytes:
    """One call of an operator."""
    given = b"".join(content(5, _attribute(name, value)) for name, value in sorted(attributes.items()))
    return (
        contents(1, inputs)
        + contents(2, outputs)
        + content(4, op)
        + given
        + (content(7, domain) if domain else b"")
    )


def tensor(values: Array, name: str = "") -> bytes:
    """Numbers as they lie in memory, texts one by one."""
    is_text = values.dtype == object
    kind = "str" if is_text else values.dtype.name
    head = b"".join(integer(1, size) for size in values.shape) + integer(2, _CODES[kind])
    named = content(8, name) if name else b""
    if is_text:
        return head + contents(6, values.reshape(-1).tolist()) + named
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return head + named + content(9, little.tobytes())


def code(kind: str) -> int:
    """The number of a type of numbers."""
    return _CODES[kind]


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return content(1, name) + integer(3, value) + integer(20, 2)
    if isinstance(value, str):
        return content(1, name) + content(4, value) + integer(20, 3)
    if isinstance(value, bytes):  # a graph
        return content(1, name) + content(6, value) + integer(20, 5)
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return content(1, name) + content(5, tensor(value)) + integer(20, 4)
    if len(value) and isinstance(value[0], str):
        return content(1, name) + _texts(value) + integer(20, 8)
    return content(1, name) + integers(8, np.asarray(value, np.int64)) + integer(20, 7)


def _texts(values: Any) -> bytes:  # texts, of which a forest has as many as nodes, and few different ones
    known = {value: content(9, value) for value in set(values)}
    return b"".join([known[value] for value in values])


def _port(port: Port) -> bytes:
    rows = content(1, content(2, "rows"))
    sizes = b"".join(content(1, integer(1, size)) for size in port.shape)
    said = content(3, port.said) if port.said else b""
    return content(1, port.name) + content(2, _type(port.kind, rows + sizes)) + said


def _type(kind: str, sizes: bytes) -> bytes:
    return content(1, integer(1, _CODES[kind]) + content(2, sizes))
