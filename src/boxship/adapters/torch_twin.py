"""PyTorch: programs of layers and what is between them, lowered."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from torch.export import ExportedProgram
from torch.fx import Node

from boxship.adapters.network_twin import LANES_OF_TORCH, Flow
from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_ACTS = {
    "elu": "elu", "gelu": "gelu", "hardsigmoid": "hard logistic", "hardswish": "hard silu",
    "log_softmax": "log softmax", "mish": "mish", "relu": "relu", "selu": "selu", "sigmoid": "logistic",
    "silu": "silu", "softmax": "softmax", "softplus": "softplus", "tanh": "tanh",
}  # fmt: skip
_PLAIN = {"elu": [1.0], "softplus": [1.0, 20.0]}  # no other numbers are known
_GELUS = {"none": "gelu", "tanh": "gelu tanh"}
_CLIPPED = {
    "clamp": (-inf, inf),
    "hardtanh": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
}  # between what, if nothing is said
_COMBINED = {"add": "add", "maximum": "maximum", "minimum": "minimum", "mul": "multiply", "sub": "subtract"}
_SAME = {"alias", "clone", "contiguous", "detach", "dropout"}
_SHAPED = {"flatten", "reshape", "squeeze", "unflatten", "unsqueeze", "view"}
_SCALED: dict[str, Callable[[Any], tuple[Any, Any]]] = {  # to a factor and a shift
    "add": lambda given: (1, given),
    "mul": lambda given: (given, 0),
    "rsub": lambda given: (-1, given),
    "sub": lambda given: (1, -given),
}
_OVERLOADS = {"Scalar", "Tensor", "default", "dim", "int", "using_ints"}


def lower(program: ExportedProgram, ports: Sequence[Port], contract: Contract) -> Program:
    """Raises `NoTwinError` with the reason where something in it is not known."""
    values: dict[str, Any] = dict(_weights(program))  # by the name of a node: a weight, or the flow behind it
    values |= zip(program.graph_signature.user_inputs, Flow.begin(contract, ports), strict=True)
    for node in program.graph.nodes:
        if node.op == "call_function":
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
    name = _name(node)
    known = [_known(one, values) for one in node.args]
    if name == "embedding" and len(known) > 1 and not node.kwargs and isinstance(known[1], Flow):
        return known[1].embedded(known[0], wraps=False)
    if name == "cat" and known and isinstance(known[0], list):
        return _joined(known[0], known[1:])
    flow, *given = known or [None]
    if not isinstance(flow, Flow):
        raise NoTwinError(f"it has {name} over several arrays")
    if given and isinstance(given[0], Flow):
        if name not in _COMBINED or len(given) > 1 or node.kwargs:
            raise NoTwinError(f"it has {name} over several arrays")
        return flow.combined(_COMBINED[name], given[0])
    act = _WEIGHTED.get(name)
    return _between(name, flow, given, node) if act is None or node.kwargs else act(flow, *given)


def _name(node: Node) -> str:
    """Of the operator, without what it is given; what changes its input in place must not be asked again."""
    name, _, overload = str(node.target).removeprefix("aten.").partition(".")
    if overload not in _OVERLOADS:
        raise NoTwinError(f"there is no way yet to lower its {node.target}")
    if name.endswith("_"):
        _refuse_shared(node)
    return name.removesuffix("_")


def _refuse_shared(node: Node) -> None:
    """Also where another sees the same values in another shape."""
    given = node.args[0]
    while isinstance(given, Node):
        if len(given.users) > 1:
            raise NoTwinError(f"it changes in place ({node.target}) what is asked again")
        name = str(given.target).removeprefix("aten.").partition(".")[0]
        given = given.args[0] if name in _SAME | _SHAPED else None


def _known(one: Any, values: dict[str, Any]) -> Any:  # as torch has it
    if isinstance(one, Node):
        return values.get(one.name)
    return [_known(each, values) for each in one] if isinstance(one, (list, tuple)) else one


def _joined(flows: list[Any], given: list[Any]) -> Flow:
    if not all(isinstance(one, Flow) for one in flows) or given not in ([1], [-1]):
        raise NoTwinError("it lays more than rows side by side")
    first, *others = flows
    found: Flow = first.beside(others)
    return found


def _linear(flow: Flow, weights: Any, bias: Any = None) -> Flow:
    return flow.layer(weights.T, bias)


def _batches(flow: Flow, *given: Any) -> Flow:
    factor, shift, mean, variance, _, _, small, _ = given
    return flow.normal(mean, variance, factor, shift, small)


def _level(
    flow: Flow, size: Any, factor: Any = None, shift: Any = None, small: float = 1e-5, *_: Any
) -> Flow:
    return flow.level(size, factor, shift, small, lanes=LANES_OF_TORCH)


_WEIGHTED: dict[str, Callable[..., Flow]] = {
    "batch_norm": _batches,
    "div": Flow.over,
    "layer_norm": _level,
    "linear": _linear,
    "leaky_relu": lambda flow, slope=0.01: flow.leaky(float(slope)),
    "prelu": lambda flow, slopes: flow.sloped(slopes),
}


def _between(name: str, flow: Flow, given: list[Any], node: Node) -> Flow:
    if name in _SAME:
        return flow
    if name in _SHAPED:
        return flow.seen_as(_row_shape(node))
    if name == "gelu" and not given and (form := node.kwargs.get("approximate", "none")) in _GELUS:
        return flow.act(_GELUS[str(form)])
    if node.kwargs:
        raise NoTwinError(f"there is no way yet to lower its {name}")
    if name in _SCALED and len(given) == 1:
        return flow.scaled(*_SCALED[name](given[0]))
    if name in _CLIPPED and len(given) <= 2:
        ends = [*given, *[None] * (2 - len(given))]
        return flow.within(
            *(end if one is None else float(one) for one, end in zip(ends, _CLIPPED[name], strict=True))
        )
    if name not in _ACTS or not _is_plain(name, given, flow):
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
