"""An ONNX file looked through as it lies on disk: what it is, and what it would reach for."""

import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.errors import BoxError
from boxship.onnx.fields import Bytes, Field, NoMessageError, fields, integers, text

ROOT = "onnxruntime.InferenceSession"
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: the numbers of the fields of each message,
# those that are messages themselves, and of which kind
_PARTS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "opset", 14: "entry", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_MODEL_WIRES = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_EXTERNAL = {13: 2, 14: 0}  # of a tensor: where its data lies, and that it lies elsewhere
_DEEPEST = 100
_KNOWN = ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft")


class Part(NamedTuple):
    """A message in the file: its kind, and where it lies."""

    kind: str
    data: Bytes
    start: int
    stop: int

    def fields(self, *numbers: int) -> Iterator[Field]:
        """Its own of these numbers, or all: none is kept, since a file of megabytes may hold a million."""
        found = fields(self.data, self.start, self.stop)
        return (one for one in found if one.number in numbers) if numbers else found


@contextmanager
def opened(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file that is not empty, read as they are looked at."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def scan_onnx(path: Path) -> Scan | None:
    """What loading the file needs; None where it does not begin as such a file."""
    if not path.stat().st_size:
        return None
    with opened(path) as data:
        if not _begins(data):
            return None
        try:
            domains = _looked_through(data)
        except (NoMessageError, RecursionError) as error:
            raise damaged(path, f"it is no whole ONNX model: {error}") from error
    strange = sorted(domains - {*_KNOWN})
    if strange:
        raise BoxError(
            "model.unknown_operator",
            f"the model uses operators of {strange[0]!r}, which ONNX Runtime does not have by itself",
            "export it with the operators of ONNX, or as functions that the file itself holds",
            {"domains": strange},
        )
    return Scan("onnx", ROOT, (Use("onnxruntime", "InferenceSession", 0, called=False),), {})


def _begins(data: Bytes) -> bool:
    """Whether the first field is one of a model's, with the wire type that it has there."""
    return _MODEL_WIRES.get(data[0] >> 3) == data[0] & 7


def _looked_through(data: Bytes) -> set[str]:
    """The domains of operators that it does not define itself; raises for what lies outside of the file."""
    used: set[str] = set()
    defined: set[str] = set()
    graphs = 0
    for part in parts(data):
        graphs += part.kind == "graph"
        if part.kind == "tensor":
            _refuse_external(data, part)
        elif part.kind == "node":
            used |= {text(data, one) for one in part.fields(7) if one.wire == 2}
        elif part.kind == "function":
            defined |= {text(data, one) for one in part.fields(10) if one.wire == 2}
    if not graphs:
        raise NoMessageError("it holds no graph")
    return used - defined


def parts(data: Bytes) -> Iterator[Part]:
    """Every message in the file, the outer before the inner."""
    yield from _parts(Part("model", data, 0, len(data)), _DEEPEST)


def _parts(part: Part, deepest: int) -> Iterator[Part]:
    if not deepest:
        raise NoMessageError("graphs lie in graphs without end")
    if part.kind == "model" and any(
        _MODEL_WIRES.get(one.number, one.wire) != one.wire for one in part.fields()
    ):
        raise NoMessageError("its fields are not those of a model")
    yield part
    inner = _PARTS.get(part.kind, {})
    for one in part.fields():  # all of them, so that it is known to be whole
        if one.number in inner and one.wire == 2:
            yield from _parts(Part(inner[one.number], part.data, one.start, one.stop), deepest - 1)


def _refuse_external(data: Bytes, tensor: Part) -> None:
    for one in tensor.fields(*_EXTERNAL):
        if _EXTERNAL[one.number] == one.wire and (one.number == 13 or any(integers(data, one))):
            raise BoxError(
                "model.external_data",
                "the model keeps weights in a file beside it, which a box does not hold",
                "onnx.save(onnx.load('model.onnx'), 'whole.onnx') writes them into one file",
            )
