"""The nodes and constants of an ONNX file, as far as a twin is made of them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from boxship.adapters.onnx_message import Message
from boxship.core.column import Array
from boxship.onnx.fields import Bytes

_DTYPES: dict[int, Any] = {1: "<f4", 7: "<i8", 11: "<f8"}  # as tensors are told to hold
_LISTED = {1: 4, 7: 7, 11: 10}  # the field of each, where the numbers are not raw
_RAW, _DATA = 9, (4, 5, 6, 7, 9, 10, 11)  # the fields of a tensor that hold its numbers
_VALUES = {
    1: 2,
    2: 3,
    3: 4,
    4: 5,
    6: 7,
    7: 8,
    8: 9,
}  # the field of an attribute that holds what its kind says
_OLDEST = 7  # the opset before which operators were told in another way how to broadcast
OWN = ("", "ai.onnx")  # two names of ONNX's own operators
ML = "ai.onnx.ml"  # of those for models that are no networks
_Value = TypeVar("_Value")


class Node(NamedTuple):
    """One call of an operator; what it is given are names."""

    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]  # a number, a text, an array, or a list of numbers or texts


class Graph(NamedTuple):
    """Nodes in the order in which they run, constants by name, and the names of inputs and outputs."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def graph_of(data: Bytes) -> Graph:
    """The one graph of a file; raises `ValueError` for what is laid out in another way than usual."""
    model = Message("model", data, 0, len(data))
    _check_opsets(model)
    whole = model.one(7, "graph")
    constants = _by_name("constant", map(_tensor, whole.inside(5, "tensor")))
    inputs = [one.text(1) for one in whole.inside(11, "port")]
    nodes = tuple(map(_node, whole.inside(1, "node")))
    made = (name for node in nodes for at, name in enumerate(node.outputs) if name or not at)
    _by_name("value", ((name, None) for name in (*{*constants, *inputs}, *made)))
    return Graph(
        nodes,
        constants,
        tuple(name for name in inputs if name not in constants),
        tuple(one.text(1) for one in whole.inside(12, "port")),
    )


def _check_opsets(model: Message) -> None:
    """Of one domain there is one version, which may be told twice."""
    told = {(one.text(1), one.integer(2)) for one in model.inside(8, "opset")}
    versions = _by_name("opset", {("ai.onnx" if name in OWN else name, version) for name, version in told})
    if versions.get("ai.onnx", _OLDEST) < _OLDEST:
        raise ValueError(f"its opset is older than {_OLDEST}")


def _by_name(kind: str, pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    out: dict[str, _Value] = {}
    for name, value in pairs:
        if not name or name in out:
            raise ValueError(f"its {kind} {name!r} stands there twice, or has no name")
        out[name] = value
    return out


def _node(part: Message) -> Node:
    attributes = _by_name("attribute", map(_attribute, part.inside(5, "attribute")))
    return Node(part.text(4), part.text(7), part.texts(1), part.texts(2), attributes)


def _attribute(part: Message) -> tuple[str, Any]:
    """Its name, and its value by its kind."""
    name, kind = part.text(1), part.integer(20)
    number = _VALUES.get(kind)
    if number is None or any(part.has(other) for other in _VALUES.values() if other != number):
        raise ValueError(f"its attribute {name!r} is not of the kind that it says")
    if kind == 6:
        return name, part.floats(number)
    if kind == 7:
        return name, part.integers(number)
    if kind == 4:
        return name, _tensor(part.one(number, "tensor"))[1]
    if kind == 1:
        return name, float(part.floats(number).sum())
    if kind == 2:
        return name, part.integer(number)
    return name, part.text(number) if kind == 3 else part.texts(number)


def _tensor(part: Message) -> tuple[str, Array]:
    name, kind = part.text(8), part.integer(2)
    if kind not in _DTYPES:
        return name, np.empty(0, object)  # which nothing is made of
    shape = part.integers(1)
    held = [number for number in _DATA if part.has(number)]
    if min(shape, default=0) < 0 or part.integer(14) or held not in ([], [_RAW], [_LISTED[kind]]):
        raise ValueError(f"its constant {name!r} is not held as its type and shape say")
    if kind == 7 and held != [_RAW]:
        return name, np.array(part.integers(_LISTED[kind]), _DTYPES[kind]).reshape(shape)
    found = [np.frombuffer(raw, _DTYPES[kind]) for number in held for raw in part.raw(number)]
    return name, np.concatenate([*found, np.empty(0, _DTYPES[kind])]).reshape(shape)
