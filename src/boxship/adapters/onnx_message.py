"""The messages of an ONNX file that a twin is made of, and which fields are understood in each."""

from collections.abc import Iterator, Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from boxship.onnx.fields import Bytes, Field, fields, integers

_INT, _FLOAT, _INSIDE = (0,), (5,), (2,)  # wire types; inside a length are texts, messages and packed lists
_INTS, _FLOATS = (0, 2), (5, 2)
Wires = Mapping[int, tuple[int, ...]]

# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. What is missing here is not understood, and refused:
# functions, training, sparse constants, quantization, graphs in attributes, overloads, segments, external data
_ONCE: Mapping[str, Wires] = {
    "model": {1: _INT, **dict.fromkeys((2, 3, 4, 6, 7), _INSIDE), 5: _INT},
    "opset": {1: _INSIDE, 2: _INT},
    "graph": dict.fromkeys((2, 10), _INSIDE),
    "node": dict.fromkeys((3, 4, 6, 7), _INSIDE),
    "attribute": {**dict.fromkeys((1, 4, 5, 13), _INSIDE), 2: _FLOAT, 3: _INT, 20: _INT},
    "tensor": {**dict.fromkeys((8, 9, 12), _INSIDE), 2: _INT, 14: _INT},
    "port": dict.fromkeys((1, 2, 3), _INSIDE),
}
_OFTEN: Mapping[str, Wires] = {
    "model": dict.fromkeys((8, 14), _INSIDE),
    "opset": {},
    "graph": dict.fromkeys((1, 5, 11, 12, 13, 16), _INSIDE),
    "node": dict.fromkeys((1, 2, 5, 9), _INSIDE),
    "attribute": {7: _FLOATS, 8: _INTS, 9: _INSIDE},
    "tensor": {**dict.fromkeys((1, 5, 7, 11), _INTS), **dict.fromkeys((4, 6, 10, 16), _INSIDE)},
    "port": {4: _INSIDE},
}


class Message:
    """The fields of one message, by their number; raises `ValueError` for one that is not understood.

    One that stands twice where it may stand once is refused as well: of two texts a reader of protobuf takes
    the last, of two messages it makes one.
    """

    def __init__(self, kind: str, data: Bytes, start: int, stop: int) -> None:
        self._data = data
        self._found: dict[int, list[Field]] = {}
        once, often = _ONCE[kind], _OFTEN[kind]
        for one in fields(data, start, stop):
            wires = once.get(one.number) or often.get(one.number, ())
            if one.wire not in wires:
                raise ValueError(f"its {kind} has a field {one.number} of which nothing is known")
            if one.number in once and one.number in self._found:
                raise ValueError(f"its {kind} has the field {one.number} twice")
            self._found.setdefault(one.number, []).append(one)

    def has(self, number: int) -> bool:
        return number in self._found

    def inside(self, number: int, kind: str) -> Iterator[Self]:
        """The messages that it holds as this field."""
        return (type(self)(kind, self._data, one.start, one.stop) for one in self._found.get(number, ()))

    def one(self, number: int, kind: str) -> Self:
        """The one message that it holds as this field."""
        found = next(self.inside(number, kind), None)
        if found is None:
            raise ValueError(f"it has no {kind} where there has to be one")
        return found

    def raw(self, number: int) -> Iterator[bytes]:
        """Each as it lies in the file."""
        return (self._data[one.start : one.stop] for one in self._found.get(number, ()))

    def texts(self, number: int) -> tuple[str, ...]:
        return tuple(one.decode() for one in self.raw(number))

    def text(self, number: int) -> str:
        """Of a field that stands once: nothing where it is missing."""
        return "".join(self.texts(number))

    def floats(self, number: int) -> NDArray[np.float32]:
        found = (_floats(self._data, one) for one in self._found.get(number, ()))
        return np.concatenate([np.empty(0, "<f4"), *found])

    def integers(self, number: int) -> list[int]:
        return [value for one in self._found.get(number, ()) for value in integers(self._data, one)]

    def integer(self, number: int) -> int:
        """Of a field that stands once: 0 where it is missing."""
        return sum(self.integers(number))


def _floats(data: Bytes, part: Field) -> NDArray[np.float32]:
    """Of a packed list, of one field, or of a run of such fields with a tag before each."""
    raw = data[part.start : part.stop]
    if part.wire == 2 or len(raw) == 4:
        return np.frombuffer(raw, "<f4")
    return np.frombuffer(raw, np.dtype([("tag", "u1"), ("value", "<f4")]))["value"]
