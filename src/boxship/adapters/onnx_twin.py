"""ONNX: graphs of layers, with branches and several inputs, lowered."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boxship.adapters import onnx_classifier
from boxship.adapters.network_twin import Flow
from boxship.adapters.onnx_classifier import Chosen, Shares, passed_on
from boxship.adapters.onnx_file import opened
from boxship.adapters.onnx_graph import ML, OWN, Graph, Node, graph_of
from boxship.adapters.onnx_trees import sums
from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_ACTS = {
    "Elu": "elu", "HardSwish": "hard silu", "LogSoftmax": "log softmax", "Mish": "mish", "Relu": "relu",
    "Sigmoid": "logistic", "Softmax": "softmax", "Softplus": "softplus", "Tanh": "tanh",
}  # fmt: skip
_COMBINED = {"Add": "add", "Max": "maximum", "Min": "minimum", "Mul": "multiply", "Sub": "subtract"}
_GELUS = {"none": "gelu", "tanh": "gelu tanh"}
_SAME = ("Identity", "Dropout")
_SINGLE = 1  # the number of the type


def lower(path: Path, ports: Sequence[Port], contract: Contract) -> Program:
    """Raises `NoTwinError` with the reason where something in it is not known."""
    try:
        with opened(path) as data:
            graph = graph_of(data)
        if graph.inputs != tuple(port.name for port in ports):
            raise NoTwinError("it takes other arrays than it says")
        return _finished(_lowered(graph, Flow.begin(contract, ports)), contract)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise NoTwinError(f"its file is laid out in another way than usual: {error}") from error


def _finished(found: Sequence[Any], contract: Contract) -> Program:  # of what it gives
    (output, *others) = contract.outputs
    match found:
        case [Flow() as flow] if not others:
            return flow.finish()
        case [Chosen() as chosen, Shares() as shares] if not others and output.classes == shares.classes:
            return chosen.flow.decided(shares.flow)
    raise NoTwinError("it gives several arrays, or does not answer with what it was asked")


def _lowered(graph: Graph, flows: Sequence[Flow]) -> list[Any]:
    """What its outputs are."""
    values: dict[str, Any] = {
        **graph.constants,
        **dict(zip(graph.inputs, flows, strict=True)),
    }  # arrays, or flows
    made = {name: node for node in graph.nodes for name in node.outputs}
    for node in graph.nodes:
        found = _given(node, values, made)
        both = found if type(found) is tuple else (found,)
        values |= zip(node.outputs, both, strict=False)
    return [values.get(name) for name in graph.outputs]


def _given(node: Node, values: dict[str, Any], made: dict[str, Node]) -> Any:  # an array, or a flow
    if node.op == "Constant" and node.domain in OWN:
        return node.attributes.get("value")
    given = [values.get(name) for name in node.inputs]
    if len(given) == 1 and isinstance(given[0], (Chosen, Shares)):
        return passed_on(node, given[0])
    flows = [one for one in given if isinstance(one, Flow)]
    if len(flows) == 2 and (plain := _silu_of(node, made)):
        flow: Flow = values[plain]
        return flow.act("silu")
    if len(flows) == 1:
        return _behind(node, flows[0], given)
    if not flows or len(flows) != len(given) or node.domain not in OWN:
        raise NoTwinError(f"it has {node.op} over several arrays")
    return _met(node, *flows)


def _met(node: Node, first: Flow, *others: Flow) -> Flow:
    """Where branches meet."""
    if node.op == "Concat" and node.attributes.get("axis") in (1, -1):
        return first.beside(others)
    if node.op not in _COMBINED:
        raise NoTwinError(f"it has {node.op} over several arrays")
    for other in others:
        first = first.combined(_COMBINED[node.op], other)
    return first


def _silu_of(node: Node, made: dict[str, Node]) -> str:
    """The name of what is multiplied by its own sigmoid, if anything is."""
    if node.op == "Mul" and node.domain in OWN:
        one, other = node.inputs
        for plain, gate in ((one, other), (other, one)):
            if gate in made and _is_sigmoid(made[gate]) and made[gate].inputs == (plain,):
                return plain
    return ""


def _is_sigmoid(node: Node) -> bool:
    return node.op == "Sigmoid" and node.domain in OWN


def _behind(node: Node, flow: Flow, given: list[Any]) -> Any:  # a flow, or labels and their probabilities
    domain = "" if node.domain in OWN else node.domain
    if not domain and node.op in _SAME and len(node.inputs) == 1:
        return flow
    if not domain and node.op in _ACTS:
        _check_plain(node, flow)
        return flow.act(_ACTS[node.op])
    act = _LAYERS.get((domain, node.op))
    if act is None:
        raise NoTwinError(f"there is no way yet to lower its {node.op}")
    return act(node, flow, given)


def _check_plain(node: Node, flow: Flow) -> None:
    if node.attributes.get("alpha", 1.0) != 1.0 or node.attributes.get("axis", -1) not in (
        -1,
        len(flow.shape),
    ):
        raise NoTwinError(f"its {node.op} is of another kind")


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


def _regression(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    told = node.attributes
    if told.get("post_transform", "NONE") != "NONE":
        raise NoTwinError("its LinearRegressor is of another kind")
    return flow.layer(told["coefficients"].reshape(told.get("targets", 1), -1).T, told.get("intercepts"))


def _scaler(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    flow.check_flat()
    offset, scale = (np.broadcast_to(node.attributes[name], flow.shape) for name in ("offset", "scale"))
    return flow.less(offset).times(scale)


def _imputer(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    flow.check_flat()
    if not np.isnan(node.attributes["replaced_value_float"]):
        raise NoTwinError("its Imputer is of another kind")
    return flow.filled(np.broadcast_to(node.attributes["imputed_value_floats"], flow.shape))


def _tree_sums(node: Node, flow: Flow, given: list[Any]) -> Flow:
    del given
    told = node.attributes
    if told.get("post_transform", "NONE") != "NONE" or told.get("aggregate_function", "SUM") != "SUM":
        raise NoTwinError("its TreeEnsembleRegressor is of another kind")
    return sums(flow, told, "target", told.get("n_targets", 1), "n_targets", "aggregate_function")


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
    if node.attributes.get("to") != _SINGLE:
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


_LAYERS: dict[tuple[str, str], Callable[[Node, Flow, list[Any]], Any]] = {
    ("", "BatchNormalization"): _normal,
    ("", "Cast"): _cast,
    ("", "Clip"): _clip,
    ("", "Flatten"): _shaped,
    ("", "Gelu"): _gelu,
    ("", "Gemm"): _gemm,
    ("", "LayerNormalization"): _level,
    ("", "LeakyRelu"): lambda node, flow, _: flow.leaky(float(node.attributes.get("alpha", 0.01))),
    ("", "MatMul"): _matrix,
    ("", "PRelu"): _sloped,
    ("", "Neg"): lambda _, flow, __: flow.scaled(-1, 0),
    ("", "Reshape"): _shaped,
    **{("", op): _scaled for op in ("Add", "Div", "Mul", "Sub")},
    (ML, "Imputer"): _imputer,
    (ML, "LinearClassifier"): lambda node, flow, _: onnx_classifier.linear(node, flow),
    (ML, "LinearRegressor"): _regression,
    (ML, "Scaler"): _scaler,
    (ML, "TreeEnsembleClassifier"): lambda node, flow, _: onnx_classifier.trees(node, flow),
    (ML, "TreeEnsembleRegressor"): _tree_sums,
}
