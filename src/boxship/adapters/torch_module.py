"""PyTorch modules whose code is the user's own: made by it, and filled with weights from a file."""

import inspect
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils import _pytree as trees

from boxship.adapters.entry import entry_beside, find_entry, read_entry
from boxship.adapters.safetensors_file import Stored, read_safetensors
from boxship.adapters.tensors import Port, TensorModel
from boxship.adapters.torch_answer import arrays_of
from boxship.adapters.torch_onnx import module_to_onnx
from boxship.adapters.torch_watch import Watch
from boxship.adapters.torch_weights_file import read_weights
from boxship.core.column import Array
from boxship.errors import BoxError

_KINDS = {
    "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2, "U16": torch.uint16, "I16": torch.int16, "F16": torch.float16,
    "BF16": torch.bfloat16, "U32": torch.uint32, "I32": torch.int32, "F32": torch.float32,
    "U64": torch.uint64, "I64": torch.int64, "F64": torch.float64,
}  # fmt: skip
_FLOATS = {torch.float16: "float16", torch.float64: "float64"}


def load_module(path: Path) -> TensorModel:
    """On the processor, as for answers and not for training."""
    entry = read_entry(entry_beside(path))
    module = find_entry(entry)()
    if not isinstance(module, torch.nn.Module):
        raise BoxError(
            "model.not_a_model",
            f"{entry.call} makes a {type(module).__name__}, and weights are of a torch.nn.Module",
            "name the class of the module, or a function that makes one",
        )
    read = read_safetensors if path.suffix == ".safetensors" else read_weights
    _fill(module, read(path), path)
    module.eval().requires_grad_(requires_grad=False)
    ports = _ports(module)
    run, export = run_of(module, ports), partial(module_to_onnx, module)
    return TensorModel(type(module).__name__, ports, None, run, export=export)


def _fill(module: torch.nn.Module, stored: Mapping[str, Stored], path: Path) -> None:
    weights = {name: _tensor(one) for name, one in stored.items()}
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise BoxError(
            "model.other_weights",
            f"the weights in {path.name} are of another module: {' '.join(str(error).split())[:400]}",
            "name the class that they were trained in, with the sizes that it had",
        ) from error


def _tensor(one: Stored) -> torch.Tensor:
    if not one.data.nbytes:
        return torch.zeros(one.shape, dtype=_KINDS[one.kind])
    return torch.frombuffer(bytearray(one.data), dtype=_KINDS[one.kind]).reshape(one.shape)


def _ports(module: torch.nn.Module) -> list[Port]:
    """The parameters of its forward that have no default, of any shape."""
    parameters = inspect.signature(module.forward).parameters.values()
    needed = [one for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    if not needed:
        raise BoxError(
            "model.unsupported_input",
            f"the forward of {type(module).__name__} takes no tensor by name",
            "give it a parameter for each tensor",
        )
    return [Port(one.name, kind_of_first(module), None) for one in needed]


def kind_of_first(module: torch.nn.Module) -> str:
    """Integers where it begins by looking them up, else floats as its weights are."""
    first = next((one for one in module.modules() if not list(one.children())), module)
    if getattr(first, "original_name", type(first).__name__) in ("Embedding", "EmbeddingBag"):
        return "int64"
    weights = (one.dtype for one in module.parameters() if one.is_floating_point())
    return _FLOATS.get(next(weights, torch.float32), "float32")


def run_of(module: torch.nn.Module, ports: list[Port]) -> Any:  # a Run
    watch = Watch(module)

    def ask(feed: Mapping[str, Array]) -> Mapping[str, Array]:
        tensors = {port.name: torch.tensor(feed[port.name]) for port in ports}  # its own to change
        with torch.no_grad():
            given = module(**tensors)
        watch.check_tensors()
        if isinstance(given, Mapping):
            return arrays_of((str(name), one) for name, one in given.items())
        return arrays_of((f"output_{place}", one) for place, one in enumerate(trees.tree_leaves(given)))

    def run(feed: Mapping[str, Array]) -> Mapping[str, Any]:
        answer = ask(feed)
        watch.check_answers(ask, feed, answer)
        return answer

    return run
