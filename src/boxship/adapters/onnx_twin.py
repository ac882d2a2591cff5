"""ONNX: graphs of what is known, with branches and several inputs, lowered."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

from boxship.adapters.network_twin import Flow
from boxship.adapters.onnx_classifier import Chosen, Shares, passed_on
from boxship.adapters.onnx_file import opened
from boxship.adapters.onnx_graph import ML, OWN, Graph, Node, graph_of
from boxship.adapters.onnx_layer import LAYERS
from boxship.adapters.onnx_learnt import LEARNT
from boxship.adapters.tensors import Port
from boxship.core.contract import Contract
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_COMBINED = {"Add": "add", "Max": "maximum", "Min": "minimum", "Mul": "multiply", "Sub": "subtract"}


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
    """What its outputs are: arrays, flows, labels or probabilities."""
    values: dict[str, Any] = {**graph.constants, **dict(zip(graph.inputs, flows, strict=True))}
    made = {name: node for node in graph.nodes for name in node.outputs}
    for node in graph.nodes:
        found = _given(node, values, made)
        both = found if type(found) is tuple else (found,)
        values |= {name: one for name, one in zip(node.outputs, both, strict=False) if name}
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
    if node.op == "Concat" and node.attributes.get("axis") in (len(first.shape), -1):
        return _beside([first, *others])
    if node.op not in _COMBINED:
        raise NoTwinError(f"it has {node.op} over several arrays")
    for other in others:
        first = first.combined(_COMBINED[node.op], other)
    return first


def _beside(flows: Sequence[Flow]) -> Flow:
    """By their last dimension; those before it, if any, are of the size one."""
    (lead, *others), wide = {one.shape[:-1] for one in flows}, sum(one.shape[-1] for one in flows)
    if others or prod(lead) != 1:
        raise NoTwinError("it lays arrays of several dimensions side by side")
    first, *behind = (one.seen_as(one.shape[-1:]) for one in flows)
    return first.beside(behind).seen_as((*lead, wide))


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
    if node.domain in OWN and node.op in LAYERS:
        return LAYERS[node.op](node, flow, given)
    if node.domain == ML and node.op in LEARNT:
        return LEARNT[node.op](node, flow)
    raise NoTwinError(f"there is no way yet to lower its {node.op}")
