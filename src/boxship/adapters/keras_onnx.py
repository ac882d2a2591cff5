"""Keras's models on PyTorch as ONNX files."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.export import Dim

from boxship.adapters.torch_onnx import program_to_onnx, quiet
from boxship.core.column import Array


def model_to_onnx(model: Any, rows: Mapping[str, Array], names: Sequence[str]) -> bytes:
    """Traced with a few rows, for any number of them; on PyTorch a model of Keras is a module of it."""
    given: Any = [torch.from_numpy(one) for one in rows.values()]
    sizes: Any = [{0: Dim.DYNAMIC} for _ in given]
    if len(given) == 1:
        (given,), (sizes,) = given, sizes
    with quiet(), torch.no_grad():
        program = torch.export.export(model.eval(), (given,), dynamic_shapes=((sizes,),), strict=False)
    return program_to_onnx(program, rows, names)
