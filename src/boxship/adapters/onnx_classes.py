"""The classes of a classifier in an ONNX file, as its operators name them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from boxship.adapters import Level
from boxship.adapters.onnx_file import Part, opened, parts
from boxship.adapters.protobuf import Bytes, Field, fields, integers, text

_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
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
            op = _text(data, part, 4)
            if op == "ArrayFeatureExtractor":
                picked += [text(data, one) for one in part.fields if one.number == 1][:1]
            for one in part.fields:
                if one.number == 5 and (classes := _attribute(data, one)):
                    yield op, classes
    yield from ((name, tensors[name]) for name in picked if name in tensors)


def _attribute(data: Bytes, field: Field) -> Classes | None:
    held = tuple(fields(data, field.start, field.stop))
    if not any(one.number == 1 and one.wire == 2 and text(data, one) in _LABELS for one in held):
        return None
    texts = tuple(text(data, one) for one in held if one.number == 9)
    return texts or tuple(value for one in held if one.number == 8 for value in integers(data, one))


def _listed(data: Bytes, tensor: Part) -> Mapping[str, Classes]:
    """An initializer of integers or texts in one dimension, by its name."""
    kinds = [one.value for one in tensor.fields if one.number == 2]
    dims = [value for one in tensor.fields if one.number == 1 for value in integers(data, one)]
    wanted = _HELD_IN.get(tuple(kinds))
    if wanted is None or len(dims) not in (1, 2) or max(dims) > 10_000:
        return {}
    held = [one for one in tensor.fields if one.number == wanted]
    raw = [one for one in tensor.fields if one.number == 9]
    values: Classes
    if kinds == [_STRING]:
        values = tuple(text(data, one) for one in held)
    elif raw:
        size = 8 if kinds == [_INT64] else 4
        whole = data[raw[0].start : raw[0].stop]
        values = tuple(
            int.from_bytes(whole[at : at + size], "little", signed=True) for at in range(0, len(whole), size)
        )
    else:
        values = tuple(value for one in held for value in integers(data, one))
    return {_text(data, tensor, 8): values}


def _text(data: Bytes, part: Part, number: int) -> str:
    return next((text(data, one) for one in part.fields if one.number == number and one.wire == 2), "")
