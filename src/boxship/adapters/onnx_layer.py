"""ONNX: the operators of networks, each as what it makes of one flow."""

from collections.abc import Callable
from typing import Any

import numpy as np

from boxship.adapters.network_twin import Flow
from boxship.adapters.onnx_graph import Node
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Pick

_ACTS = {
    "Elu": "elu", "HardSwish": "hard silu", "LogSoftmax": "log softmax", "Mish": "mish", "Relu": "relu",
    "Sigmoid": "logistic", "Softmax": "softmax", "Softplus": "softplus", "Tanh": "tanh",
}  # fmt: skip
_GELUS = {"none": "gelu", "tanh": "gelu tanh"}
_TYPES = {"": 1, "integers": 7}  # their numbers, by what a flow is


def _same(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    if len(node.inputs) != 1:
        raise NoTwinError(f"its {node.op} is of another kind")
    return flow


def _act(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    if node.attributes.get("alpha", 1.0) != 1.0 or node.attributes.get("axis", -1) not in (
        -1,
        len(flow.shape),
    ):
        raise NoTwinError(f"its {node.op} is of another kind")
    return flow.act(_ACTS[node.op])


def _picked(node: Node, flow: Flow, given: list[Any]) -> Flow:
    """Some columns; all of them in their order are the same."""
    (wide,), columns = flow.shape, _known(given[1]).tolist()
    if node.attributes.get("axis") != 1 or not all(0 <= column < wide for column in columns):
        raise NoTwinError("it looks up what are no columns")
    return flow if columns == [*range(wide)] else flow.then(Pick(tuple(columns)), (len(columns),))


def _matrix(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del node
    if not isinstance(given[0], Flow):
        raise NoTwinError("it multiplies a matrix by rows")
    return flow.layer(given[1], None)


def _gemm(node: Node, flow: Flow, given: list[Any]) -> Flow:
    told = node.attributes
    if (
        not isinstance(given[0], Flow)
        or told.get("transA")
        or {told.get("alpha", 1.0), told.get("beta", 1.0)} != {1.0}
    ):
        raise NoTwinError("its Gemm is of another kind")
    weights = _known(given[1])
    bias = _row(given[2], flow) if len(given) > 2 and node.inputs[2] else None
    return flow.layer(weights.T if told.get("transB") else weights, bias)


def _normal(node: Node, flow: Flow, given: list[Any]) -> Flow:
    if node.attributes.get("training_mode"):
        raise NoTwinError("it is in training")
    factor, shift, mean, variance = map(_known, given[1:5])
    return flow.normal(mean, variance, factor, shift, node.attributes.get("epsilon", 1e-5))


def _level(node: Node, flow: Flow, given: list[Any]) -> Flow:
    told = node.attributes
    if told.get("axis", -1) not in (-1, len(flow.shape)) or told.get("stash_type", 1) != 1:
        raise NoTwinError("its LayerNormalization is of another kind")
    factor, shift = _known(given[1]), _known(given[2]) if len(given) > 2 and node.inputs[2] else None
    return flow.level(factor.shape, factor, shift, told.get("epsilon", 1e-5))


def _gelu(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    kind = node.attributes.get("approximate", "none")
    if kind not in _GELUS:
        raise NoTwinError(f"its Gelu is by {kind!r}")
    return flow.act(_GELUS[kind])


def _clip(node: Node, flow: Flow, given: list[Any]) -> Flow:
    """By inputs; long ago by attributes, which are refused as other kinds are."""
    if node.attributes or not isinstance(given[0], Flow):
        raise NoTwinError("its Clip is of another kind")
    bounds = [np.float32(-np.inf), np.float32(np.inf)]
    for place, name in enumerate(node.inputs[1:3]):
        if name:
            bounds[place] = _row(given[place + 1], flow).reshape(())
    low, high = map(float, bounds)
    if not low <= high:
        raise NoTwinError(f"it cuts off below {low} and above {high}")
    return flow.within(low, high)


def _sloped(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del node
    if not isinstance(given[0], Flow):
        raise NoTwinError("it bends by its rows")
    return flow.sloped(_row(given[1], flow).reshape(-1))


def _shaped(node: Node, flow: Flow, given: list[Any]) -> Flow:
    """To a shape whose first dimension stays that of the rows."""
    if node.op == "Flatten":
        if node.attributes.get("axis", 1) != 1:
            raise NoTwinError("it changes what its rows are")
        return flow.seen_as([int(np.prod(flow.shape))])
    rows, *shape = _known(given[1]).tolist()
    if node.attributes.get("allowzero"):
        raise NoTwinError("it changes what its rows are")
    if rows not in (0, -1) or (rows == -1 and -1 in shape) or 0 in shape:
        raise NoTwinError("it changes what its rows are")
    known = int(np.prod([size for size in shape if size != -1]))
    return flow.seen_as([int(np.prod(flow.shape)) // known if size == -1 else size for size in shape])


def _scaled(node: Node, flow: Flow, given: list[Any]) -> Flow:
    first = isinstance(given[0], Flow)
    one = _row(given[1] if first else given[0], flow)
    if node.op == "Add":
        return flow.scaled(1, one)
    if node.op == "Mul":
        return flow.scaled(one, 0)
    if node.op == "Sub":
        return flow.scaled(1, -one) if first else flow.scaled(-1, one)
    if not first:
        raise NoTwinError("it divides by its rows")
    return flow.over(one)


def _cast(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    if node.attributes.get("to") != _TYPES.get(flow.places):
        raise NoTwinError("it leaves single precision")
    return flow


def _known(value: Any) -> Any:  # an array
    if not isinstance(value, np.ndarray):
        raise NoTwinError("its weights are no constants")
    return value


def _row(value: Any, flow: Flow) -> Any:  # an array
    """One number for each column, or one for all; with more dimensions than the rows have it would change theirs."""
    array = _known(value)
    small = array.size == np.prod(array.shape[-1:]) and array.ndim <= len(flow.shape) + 1
    if array.dtype != np.float32 or not small:
        raise NoTwinError("it scales its rows by arrays")
    return array.reshape(()) if array.size == 1 else array.reshape(-1)


LAYERS: dict[str, Callable[[Node, Flow, list[Any]], Flow]] = {  # given what stands in the place of each input
    **dict.fromkeys(_ACTS, _act),
    **dict.fromkeys(("Concat", "Dropout", "Identity"), _same),
    "BatchNormalization": _normal,
    "Cast": _cast,
    "Clip": _clip,
    "Flatten": _shaped,
    "Gather": _picked,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "LayerNormalization": _level,
    "LeakyRelu": lambda node, flow, _: flow.leaky(float(node.attributes.get("alpha", 0.01))),
    "MatMul": _matrix,
    "PRelu": _sloped,
    "Neg": lambda _, flow, __: flow.scaled(-1, 0),
    "Reshape": _shaped,
    **dict.fromkeys(("Add", "Div", "Mul", "Sub"), _scaled),
}
