"""What PyTorch gave for an output, as an array."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from boxship.core.column import Array
from boxship.errors import BoxError

_HELD = (torch.float16, torch.float32, torch.float64)  # by numpy


def arrays_of(given: Iterable[tuple[str, Any]]) -> Mapping[str, Array]:
    """By their names, without those that are None: a module gives it in the place of what it was not asked for."""
    found = {name: _array(name, one) for name, one in given if one is not None}
    if not found:
        raise _no_tensor("its answer", None)
    return found


def _array(name: str, one: Any) -> Array:  # whatever it gave
    if not isinstance(one, torch.Tensor) or one.layout != torch.strided:
        raise _no_tensor(f"output {name!r}", one)
    plain = one.detach().resolve_conj().resolve_neg()
    if plain.is_floating_point() and plain.dtype not in _HELD:
        plain = plain.float()  # bfloat16 and the like: each of their values is one of float32
    array: Array = plain.numpy()
    return array


def _no_tensor(what: str, one: object) -> BoxError:
    kind = f"sparse {type(one).__name__}" if isinstance(one, torch.Tensor) else type(one).__name__
    return BoxError(
        "model.wrong_type",
        f"the model gives a {kind} for {what}, and a row's answer is in a tensor",
        "let it give dense tensors alone, a value a row in each",
    )
