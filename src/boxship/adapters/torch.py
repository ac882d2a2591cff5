"""PyTorch: programs of torch.export and TorchScript, and modules with their code, run on the processor."""

import io
import logging
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.export import ExportedProgram
from torch.utils import _pytree as trees

from boxship.adapters.tensors import Port, TensorModel, port_of, unreadable
from boxship.adapters.torch_answer import arrays_of
from boxship.adapters.torch_export import EXPORT, read_archive, written
from boxship.adapters.torch_graph import refuse_training
from boxship.adapters.torch_module import load_module
from boxship.adapters.torch_onnx import program_to_onnx
from boxship.adapters.torch_script import load_script
from boxship.adapters.torch_script_file import is_script
from boxship.adapters.torch_twin import lower
from boxship.core.column import Array
from boxship.core.type import NUMBERS
from boxship.errors import BoxError
from boxship.host import threads

_KINDS = {getattr(torch, kind): kind for kind in (*NUMBERS, "bool")}


class TorchAdapter:
    """Reads archives that were looked through before; writes a program in one form."""

    def load(self, path: Path) -> TensorModel:
        torch.set_num_threads(min(torch.get_num_threads(), threads()))
        if path.suffix in (".pt", ".pth") and is_script(path):
            return load_script(path)
        if path.suffix != ".pt2":
            return load_module(path)
        program = _program(path)
        refuse_training(program)
        ports = _ports(program)
        names = _outputs(program)
        run = _run(program, ports, names)
        return TensorModel(
            "torch program",
            ports,
            names,
            run,
            lower=partial(lower, program),
            export=partial(program_to_onnx, program),
        )

    def write(self, model: Any, folder: Path) -> Path:
        if isinstance(model, torch.jit.ScriptModule):
            raise BoxError(
                "model.not_writable",
                f"a {type(model).__name__} is written by torch with traces of where it was made",
                "torch.jit.save(model, 'model.pt'), and give that file",
            )
        if not isinstance(model, ExportedProgram):
            raise BoxError(
                "model.not_exported",
                f"a {type(model).__name__} is code and weights, and its code is not in it",
                f"{EXPORT}, and give that file",
            )
        path, saved = folder / "model.pt2", io.BytesIO()
        torch.export.save(model, saved)
        path.write_bytes(written(read_archive(saved)))
        return path


def _program(path: Path) -> ExportedProgram:
    """Of the archive without what it holds for people and for tests."""
    logging.getLogger("torch.export").setLevel(logging.CRITICAL)  # what is wrong is raised as well
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.export.load(io.BytesIO(written(read_archive(path))))
    except BoxError:
        raise
    except Exception as error:  # whatever a program of another version raises
        raise unreadable(f"torch {torch.__version__}", path, error) from error


def _ports(program: ExportedProgram) -> list[Port]:
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    ports = []
    for name in program.graph_signature.user_inputs:
        value = values.get(name) if isinstance(name, str) else None
        if not isinstance(value, torch.Tensor):
            raise BoxError(
                "model.unsupported_input",
                f"the program takes {name!r} beside its tensors, which is the same for every row",
                "export a module that keeps it, with tensors for rows alone",
            )
        shape = [size if isinstance(size, int) else None for size in value.shape]
        ports.append(port_of(str(name), _KINDS.get(value.dtype), shape))
    return ports


def _outputs(program: ExportedProgram) -> tuple[str, ...]:
    """By their keys where the program gives a dict of tensors, else by their places; those that are
    always None are none."""
    spec = program.call_spec.out_spec
    names = [f"output_{place}" for place in range(spec.num_leaves)]
    if spec.type is dict and spec.num_leaves == len(spec.context):
        names = [str(key) for key in spec.context]
    given = zip(names, program.graph_signature.user_outputs, strict=True)
    return tuple(name for name, one in given if one is not None)


def _run(program: ExportedProgram, ports: Sequence[Port], names: Sequence[str]) -> Any:  # a Run
    module = program.module(check_guards=False)  # shapes are held against the ports
    spec = program.call_spec.in_spec

    def run(feed: Mapping[str, Array]) -> Mapping[str, Any]:
        tensors = [torch.from_numpy(np.ascontiguousarray(feed[port.name])) for port in ports]
        args, kwargs = trees.tree_unflatten(tensors, spec)
        with torch.no_grad():
            given = [one for one in trees.tree_leaves(module(*args, **kwargs)) if one is not None]
        return arrays_of(zip(names, given, strict=True))

    return run
