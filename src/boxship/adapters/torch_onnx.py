"""PyTorch's programs as ONNX files: converted by torch's own exporter, told of nothing but the arithmetic."""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.export import Dim, ExportedProgram

from boxship.core.column import Array
from boxship.twin.refused import NoTwinError

_ROWS = "rows"  # the name of their dimension
_OPSET = 18  # what most runtimes of the last years take


def program_to_onnx(program: ExportedProgram, rows: Mapping[str, Array], names: Sequence[str]) -> bytes:
    """With inputs that are called as the arrays of `rows`, and outputs of these names."""
    with quiet():
        _refuse_below_zero(program)
        converted = torch.onnx.export(program, dynamo=True, opset_version=_OPSET, verbose=False)
    model = converted.model
    _forget(model.graph)
    _name_rows(model.graph)
    _call(model.graph.inputs, list(rows))
    _call(model.graph.outputs, names)
    whole: bytes = converted.model_proto.SerializeToString(deterministic=True)
    return whole


def module_to_onnx(module: torch.nn.Module, rows: Mapping[str, Array], names: Sequence[str]) -> bytes:
    """Traced with a few rows, for any number of them."""
    given = {name: torch.from_numpy(one) for name, one in rows.items()}
    sizes = {name: {0: Dim.DYNAMIC} for name in given}
    with quiet(), torch.no_grad():
        program = torch.export.export(module, (), given, dynamic_shapes=sizes, strict=False)
    return program_to_onnx(program, rows, names)


def _refuse_below_zero(program: ExportedProgram) -> None:
    """In embeddings: ONNX counts such places from the end, and PyTorch knows none. One behind the table is
    known to neither."""
    graph, aten = program.graph_module.graph, torch.ops.aten
    for node in list(graph.nodes):
        if node.op == "call_function" and node.target == aten.embedding.default:
            table, places = node.args[:2]
            with graph.inserting_before(node):
                below = graph.call_function(aten.lt.Scalar, (places, 0))
                held = graph.call_function(aten.where.ScalarSelf, (below, table.meta["val"].shape[0], places))
            below.meta["val"] = places.meta["val"] < 0
            held.meta["val"] = places.meta["val"]
            node.update_arg(1, held)


def script_to_onnx(module: Any, rows: Mapping[str, Array], names: Sequence[str]) -> bytes:
    """By the exporter of before, which reads TorchScript as it is, its branches too."""
    given, written = tuple(torch.from_numpy(one) for one in rows.values()), io.BytesIO()
    with quiet(), torch.no_grad():
        torch.onnx.export(
            module,
            given,
            written,
            dynamo=False,
            opset_version=_OPSET,
            input_names=list(rows),
            output_names=list(names),
            dynamic_axes={name: {0: _ROWS} for name in (*rows, *names)},
        )
    return written.getvalue()


def _name_rows(graph: Any) -> None:
    """The dimension of rows by a name for people, in place of the exporter's `s77`."""
    firsts = {str(one.shape[0]) for one in graph.inputs if one.shape and not isinstance(one.shape[0], int)}
    if not firsts:
        return
    named = re.compile(rf"\b({'|'.join(map(re.escape, sorted(firsts)))})\b")
    for one in _values(graph):
        for place, size in enumerate(one.shape or ()):
            if not isinstance(size, int):
                one.shape[place] = named.sub(_ROWS, str(size))


def _values(graph: Any) -> list[Any]:
    made = [one for node in graph.all_nodes() for one in node.outputs]
    return [*graph.inputs, *graph.outputs, *graph.initializers.values(), *made]


def _forget(graph: Any) -> None:
    """Where it was made: the lines of its user's files are written beside every node."""
    for one in (graph, *graph.all_nodes(), *_values(graph)):
        one.metadata_props.clear()
        one.doc_string = None


def _call(values: Sequence[Any], names: Sequence[str]) -> None:
    if len(values) != len(names):
        raise NoTwinError(f"as ONNX it has {len(values)} inputs or outputs, as a program {len(names)}")
    for place, value in enumerate(values):  # aside first, as one may be called what another is
        value.name = f"boxship.{id(values)}.{place}"
    for value, name in zip(values, names, strict=True):
        value.name = name


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Its words are for whoever works on it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
