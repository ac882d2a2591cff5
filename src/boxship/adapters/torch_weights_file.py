"""Files of `torch.save` that hold a module's weights: an archive of tensors, and a pickle that names them."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.adapters.safetensors_file import SIZES, Stored
from boxship.adapters.torch_export import EXPORT
from boxship.adapters.torch_pickle import Storage, Tensor, UnknownGlobalError, read_pickle
from boxship.adapters.zips import open_zip
from boxship.archive import NOT_WHOLE
from boxship.errors import BoxError

_TIMES = 8  # its own size, that different views of one storage may hold together
_MOST_AXES = 32
_NEWEST = 10  # of the versions of archives that torch 2 reads
_NESTED = ("state_dict", "model_state_dict", "model")  # what checkpoints of trainers call the weights
DAMAGE = (*NOT_WHOLE, StopIteration, TypeError)


_View = NDArray[np.unsignedinteger[Any]]  # whatever its numbers are, as bits
_Taken = TypeVar("_Taken")


def scan_weights(path: Path) -> Scan:
    """There is nothing in it that could run; it is told whether it is whole."""
    _read(path, lambda _view: None)
    return Scan("torch", "torch.nn.Module", (Use("torch.nn", "Module", 0, called=False),), {}, weights=True)


def read_weights(path: Path) -> dict[str, Stored]:
    """The tensors by name, on whatever device they lay; raises for what is no module's weights."""
    found = _read(path, lambda view: memoryview(view.tobytes()))
    return {name: Stored(one.storage.kind, one.shape, data) for name, (one, data) in found.items()}


def _read(path: Path, take: Callable[[_View], _Taken]) -> dict[str, tuple[Tensor, _Taken]]:
    """What is taken of each tensor's values, of those that are one view once."""
    if not zipfile.is_zipfile(path):
        _refuse_other(path)
    try:
        with open_zip(path) as members:
            return dict(_tensors(members, path, take))
    except UnknownGlobalError as error:
        raise _no_weights(path, f"names {error}, so it is a pickled module or more than weights") from error
    except DAMAGE as error:
        raise not_whole(path, error) from error


def not_whole(path: Path, error: Exception) -> BoxError:
    """The error for an archive of torch that ends too early, or of which a part is not as it is written."""
    return BoxError(
        "model.damaged",
        f"{path.name} cannot be read: {str(error)[:200] or type(error).__name__}",
        "copy or save the model again",
    )


def _refuse_other(path: Path) -> NoReturn:
    with path.open("rb") as file:
        head = file.read(2)
    if head in (b"\x80\x02", b"\x80\x03", b"\x80\x04"):
        raise _no_weights(path, "is of the format that torch.save wrote before 1.6")
    why = {b"": "is empty", b"PK": "is an archive that was cut off"}.get(
        head, "is no archive that PyTorch writes"
    )
    raise BoxError("model.damaged", f"{path.name} {why}", "copy or save the model again")


def _no_weights(path: Path, why: str) -> BoxError:
    return BoxError(
        "model.not_exported",
        f"{path.name} {why}, and is no program that runs by itself",
        f"{EXPORT}; or torch.save(model.state_dict(), '{path.name}'), and name its code with --entry",
    )


def _tensors(
    members: zipfile.ZipFile, path: Path, take: Callable[[_View], _Taken]
) -> Iterator[tuple[str, tuple[Tensor, _Taken]]]:
    root = members.namelist()[0].partition("/")[0]
    if f"{root}/byteorder" in members.namelist() and members.read(f"{root}/byteorder") != b"little":
        raise ValueError("its numbers have their high bytes first")
    _refuse_newer(members, f"{root}/version", path)
    held: dict[str, bytes] = {}
    taken: dict[Tensor, _Taken] = {}
    viewed: Counter[str] = Counter()
    for name, one in _weights(read_pickle(members.read(f"{root}/data.pkl")), path).items():
        if not isinstance(one.storage, Storage):
            raise TypeError(f"{name!r:.60} lies nowhere")
        key = one.storage.key
        if key not in held:
            held[key] = members.read(f"{root}/data/{key}")
        if not _is_shape(one):
            raise ValueError("a tensor has a shape that is none")
        if one not in taken:
            view = _view(one, held[key])
            viewed[key] += view.nbytes
            if viewed[key] > _TIMES * len(held[key]):
                raise _too_large(path, key)
            taken[one] = take(view)
        yield name, (one, taken[one])


def _refuse_newer(members: zipfile.ZipFile, name: str, path: Path) -> None:
    """Raise for an archive of a version to come, as torch does."""
    written = int(members.read(name)) if name in members.namelist() else 0
    if written > _NEWEST:
        raise BoxError(
            "model.other_version",
            f"{path.name} is an archive of version {written}, the newest that is known here is {_NEWEST}",
            "save it by the torch that is in the environment, or as .safetensors",
            {"written": written, "newest": _NEWEST},
        )


def _too_large(path: Path, key: str) -> BoxError:
    return BoxError(
        "model.too_large",
        f"{path.name} holds tensors over the storage {key[:20]!r} that are over {_TIMES} times its size together",
        "do not load it unless you know where it comes from; save tensors that are expanded after .contiguous()",
    )


def _weights(top: Any, path: Path) -> Mapping[str, Tensor]:  # whatever it holds
    """Of the dict itself, or of the one part of a checkpoint that is called so."""
    if isinstance(top, dict):
        parts = [top, *(top[name] for name in _NESTED if isinstance(top.get(name), dict))]
        found: list[Mapping[str, Tensor]]
        found = [one for one in parts if one and all(map(_is_weight, one.items()))]
        if len(found) == 1:
            return found[0]
    raise _no_weights(path, "holds other things than the weights of one module")


def _is_weight(item: tuple[Any, Any]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], Tensor)


def _is_shape(one: Tensor) -> bool:
    shape, stride = one.shape, one.stride
    if not isinstance(shape, tuple) or not isinstance(stride, tuple) or len(shape) != len(stride):
        return False
    sizes = (*shape, *stride, one.offset)
    return len(shape) <= _MOST_AXES and all(type(size) is int and size >= 0 for size in sizes)


def _view(one: Tensor, data: bytes) -> _View:
    """Its values where they lie, as the tensor has them in order."""
    shape, stride, offset = one.shape, one.stride, one.offset
    values = np.frombuffer(data, f"<u{SIZES[one.storage.kind]}")[: one.storage.size]
    if 0 in shape:
        return values[:0]
    end = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True)) + 1
    if end > len(values) or prod(shape) > len(values):
        raise ValueError("a tensor is larger than its values")
    steps = tuple(step * values.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(values[offset:], shape, steps, writeable=False)
