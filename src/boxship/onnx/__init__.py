"""A twin's program written as an ONNX file, for others to run."""

from collections.abc import Callable, Mapping, Sequence

from boxship.core.contract import Contract
from boxship.onnx import algebra, alike, coupled, encode, forest, link, message, network, step
from boxship.onnx.answer import answer
from boxship.onnx.field import ports
from boxship.onnx.graph import TREES, Graph, Value
from boxship.onnx.message import Port
from boxship.onnx.read import READERS
from boxship.onnx.told import properties_of, told
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

OPSET, TREES_OPSET, IR = 13, 3, 8  # which ONNX Runtime takes from 1.16 on; the how-to says what was tried
STEPS: dict[type, Callable[..., Value]] = {
    **algebra.STEPS,
    **alike.STEPS,
    **coupled.STEPS,
    **encode.STEPS,
    **forest.STEPS,
    **link.STEPS,
    **network.STEPS,
    **step.STEPS,
}


def to_onnx(
    program: Program, contract: Contract, *, producer: str, properties: Mapping[str, str] | None = None
) -> bytes:
    """The same program gives the same bytes. Raises `NoTwinError` with the reason where a step has no exact
    form in ONNX.

    `producer` is a name and a version, `properties` are what the file is to say besides, by name.
    """
    inputs = ports(contract)
    graph = Graph(port.name for port in inputs)
    values: list[Value] = []
    for line in program.lines:
        if line.takes:
            values.append(_known(STEPS, line.step)(graph, line.step, *[values[at] for at in line.takes]))
        else:
            values.append(_known(READERS, line.step)(graph, line.step, contract))
    outputs: list[Port] = []
    renamed: dict[str, str] = {}
    for output, one in zip(contract.outputs, program.answers, strict=True):
        shares = None if one.shares is None else values[one.shares]
        labels = getattr(program.lines[one.values].step, "labels", None)
        for value, port in answer(graph, output, values[one.values], shares, labels):
            name = graph.claim(port.name)
            graph.node("Identity", value.name, gives=(name,))
            outputs.append(port._replace(name=name))
            renamed |= {port.name: name} if name != port.name else {}
    said = properties_of(contract, renamed, properties or {})
    return _file(graph, contract, (inputs, outputs), producer, said)


def _known(table: Mapping[type, Callable[..., Value]], step: object) -> Callable[..., Value]:
    if type(step) not in table:
        raise NoTwinError(f"its step {type(step).__name__} has no form in ONNX")
    return table[type(step)]


def _file(
    graph: Graph,
    contract: Contract,
    ports: tuple[Sequence[Port], Sequence[Port]],
    producer: str,
    properties: Mapping[str, str],
) -> bytes:
    opsets = {"": OPSET, TREES: TREES_OPSET}
    whole = message.model(
        graph.finish("model", *ports),
        {domain: number for domain, number in opsets.items() if domain in graph.domains},
        ir=IR,
        producer=producer,
        said=told(contract),
        properties=properties,
    )
    if len(whole) > message.LARGEST:
        raise NoTwinError(f"its file would have {len(whole):,} bytes, more than readers of ONNX take")
    return whole
