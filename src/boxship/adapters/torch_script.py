"""TorchScript programs, run on the processor as for answers."""

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import torch

from boxship.adapters.entry import entry_beside
from boxship.adapters.tensors import Port, TensorModel, unreadable
from boxship.adapters.torch_module import kind_of_first, run_of
from boxship.adapters.torch_onnx import script_to_onnx
from boxship.adapters.torch_script_file import read_script
from boxship.errors import BoxError


def load_script(path: Path) -> TensorModel:
    """Of an archive that is looked through here too."""
    if entry_beside(path).is_file():
        raise BoxError(
            "model.other_weights",
            f"{path.name} is a program of TorchScript, which runs by itself, and --entry names code for weights",
            "leave --entry out, or give the file of torch.save(model.state_dict(), ...)",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that torch.export is what comes after it
            module = torch.jit.load(read_script(path), map_location="cpu")
    except (RuntimeError, ValueError) as error:
        raise unreadable(f"torch {torch.__version__}", path, error) from error
    if hasattr(module, "training"):  # a frozen one has none
        module.eval()
    ports = _ports(module)
    run, export = run_of(module, ports), partial(script_to_onnx, module)
    return TensorModel(f"TorchScript of {module.original_name}", ports, None, run, export=export)


def _ports(module: Any) -> list[Port]:  # a ScriptModule
    """The parameters of its forward that have no default, of any shape."""
    needed = [one for one in module.forward.schema.arguments[1:] if not one.has_default_value()]
    other = [one.name for one in needed if str(one.type) != "Tensor"]
    if other or not needed:
        raise BoxError(
            "model.unsupported_input",
            f"the program takes {other[0]!r} beside its tensors" if other else "the program takes no tensor",
            "let its forward take tensors for rows alone, and have a default for anything else",
        )
    return [Port(one.name, kind_of_first(module), None) for one in needed]
