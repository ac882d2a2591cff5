"""The classes of a classifier in an ONNX file, as its operators name them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from boxship.adapters import Level
from boxship.adapters.onnx_file import Part, opened, parts
from boxship.onnx.fields import Bytes, integers, text

_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
_MOST = 10_000
_INT64, _INT32, _STRING = 7, 6, 8  # of a tensor's data type
_HELD_IN: Mapping[tuple[int, ...], int] = {(_INT64,): 7, (_INT32,): 5, (_STRING,): 6}  # and its field
Classes = tuple[Level, ...]


def classes_of(path: Path) -> Classes | None:
    """In the order of its probabilities; None where it names none, or several lists that differ."""
    with opened(path) as data:
        found = list(_named(data))
    zipped = {classes for op, classes in found if op == "ZipMap"}
    others = zipped or {classes for _, classes in found}
    return others.pop() if len(others) == 1 else None


def _named(data: Bytes) -> Iterator[tuple[str, Classes]]:
    """Of each operator that has them: as an attribute, or as the list that it picks labels from."""
    tensors: dict[str, Classes] = {}
    picked: list[str] = []
    for part in parts(data):
        if part.kind == "tensor":
            tensors |= _listed(data, part)
        elif part.kind == "node":
            op = _text(part, 4)
            if op == "ArrayFeatureExtractor":
                picked += islice((text(data, one) for one in part.fields(1)), 1)
            for one in part.fields(5):
                if classes := _attribute(Part("attribute", data, one.start, one.stop)):
                    yield op, classes
    yield from ((name, tensors[name]) for name in picked if name in tensors)


def _attribute(part: Part) -> Classes | None:
    if _text(part, 1) not in _LABELS:
        return None
    texts = _some(text(part.data, one) for one in part.fields(9))
    return texts or _some(value for one in part.fields(8) for value in integers(part.data, one))


def _listed(data: Bytes, tensor: Part) -> Mapping[str, Classes]:
    """An initializer of integers or texts in one dimension, by its name."""
    kinds = _some(one.value for one in tensor.fields(2))
    dims = _some(value for one in tensor.fields(1) for value in integers(data, one))
    wanted = _HELD_IN.get(kinds)
    if wanted is None or len(dims) not in (1, 2) or max(dims) > _MOST:
        return {}
    raw = next(tensor.fields(9), None)
    values: Classes
    if kinds == (_STRING,):
        values = _some(text(data, one) for one in tensor.fields(wanted))
    elif raw is not None:
        size = 8 if kinds == (_INT64,) else 4
        places = range(raw.start, raw.stop, size)
        values = _some(
            int.from_bytes(data[at : min(at + size, raw.stop)], "little", signed=True) for at in places
        )
    else:
        values = _some(value for one in tensor.fields(wanted) for value in integers(data, one))
    return {_text(tensor, 8): values}


def _some(values: Iterable[Any]) -> tuple[Any, ...]:
    """So many that it is seen where they are too many: a file may say one number and hold another."""
    return tuple(islice(values, _MOST + 1))


def _text(part: Part, number: int) -> str:
    """The first, or nothing."""
    return next((text(part.data, one) for one in part.fields(number) if one.wire == 2), "")
