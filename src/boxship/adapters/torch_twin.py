"""PyTorch: programs of layers and what is between them, lowered."""

from collections.abc import Callable, Sequence
from typing import Any

from torch.export import ExportedProgram
from torch.fx import Node

from boxship.adapters.network_twin import Flow
from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_ACTS = {
    "elu.default": "elu", "elu_.default": "elu", "log_softmax.int": "log softmax", "relu.default": "relu",
    "relu_.default": "relu", "sigmoid.default": "logistic", "silu.default": "silu", "silu_.default": "silu",
    "softmax.int": "softmax", "softplus.default": "softplus", "tanh.default": "tanh",
}  # fmt: skip
_PLAIN = {
    "elu.default": [1.0],
    "elu_.default": [1.0],
    "softplus.default": [1.0, 20.0],
}  # no other numbers are known
_SAME = {
    "alias.default",
    "clone.default",
    "contiguous.default",
    "detach.default",
    "detach_.default",
    "dropout.default",
}
_SHAPED = {
    "flatten.using_ints",
    "reshape.default",
    "squeeze.dim",
    "unflatten.int",
    "unsqueeze.default",
    "view.default",
}
_SCALED: dict[str, Callable[[Any], tuple[Any, Any]]] = {  # to a factor and a shift
    "add.Tensor": lambda given: (1, given),
    "div.Tensor": lambda given: (1 / given, 0),
    "mul.Tensor": lambda given: (given, 0),
    "sub.Tensor": lambda given: (1, -given),
}
_LEAKY = {"leaky_relu.default", "leaky_relu_.default"}


def lower(program: ExportedProgram, ports: Sequence[Port], contract: Contract) -> Program:
    """Raises `NoTwinError` with the reason where something in it is not known."""
    values: dict[str, Any] = dict(_weights(program))  # by the name of a node: a weight, or the flow behind it
    inputs = program.graph_signature.user_inputs
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in inputs:
            values[node.name] = Flow.begin(contract, ports)
        elif node.op == "call_function":
            values[node.name] = _behind(node, values)
        elif node.op == "output":
            (given,) = node.args
            if len(given) != 1:
                raise NoTwinError("it gives several arrays")
            found = values.get(given[0].name)
            if isinstance(found, Flow):
                return found.finish()
    raise NoTwinError("it does not answer with what it was asked")


def _weights(program: ExportedProgram) -> dict[str, Any]:
    """Parameters, buffers and constants, by the names of their nodes."""
    signature = program.graph_signature
    held = {**program.state_dict, **program.constants}
    named = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    return {node: held[name].detach().numpy() for node, name in named.items() if name in held}


def _behind(node: Node, values: dict[str, Any]) -> Flow:
    name = str(node.target).removeprefix("aten.")
    known: list[Any] = [values.get(one.name) if isinstance(one, Node) else one for one in node.args]
    flow, *given = known or [None]
    if not isinstance(flow, Flow) or any(isinstance(one, Flow) for one in given):
        raise NoTwinError(f"it has {name} over several arrays")
    if name == "linear.default":
        weights, bias = given[0], given[1] if len(given) > 1 else None
        return flow.layer(weights.T, bias)
    if name == "batch_norm.default":
        factor, shift, mean, variance, _, _, small, _ = given
        return flow.normal(mean, variance, factor, shift, small)
    return _between(name, flow, given, node)


def _between(name: str, flow: Flow, given: list[Any], node: Node) -> Flow:
    if name in _SAME:
        return flow
    if name in _SHAPED:
        return flow.seen_as(_row_shape(node))
    if name in _SCALED and not node.kwargs:
        return flow.scaled(*_SCALED[name](given[0]))
    if name in _LEAKY and not node.kwargs:
        return flow.leaky(float(given[0]) if given else 0.01)
    if name not in _ACTS or node.kwargs or not _is_plain(name, given, flow):
        raise NoTwinError(f"there is no way yet to lower its {name}")
    return flow.act(_ACTS[name])


def _is_plain(name: str, given: list[Any], flow: Flow) -> bool:
    """Whether it is given what it has by itself: over the last dimension, with the usual numbers."""
    if "softmax" in name:
        return given[0] in (-1, len(flow.shape)) and len(given) == 1
    return given == _PLAIN.get(name, [])[: len(given)]


def _row_shape(node: Node) -> list[int]:
    """Of what it gives: rows have to stay its first dimension."""
    rows, *shape = node.meta["val"].shape
    if isinstance(rows, int) or not all(isinstance(size, int) for size in shape):
        raise NoTwinError("it changes what its rows are")
    return [int(size) for size in shape]
