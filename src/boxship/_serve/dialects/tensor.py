"""One tensor of the Open Inference Protocol, as JSON has it."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import msgspec
import numpy as np

from boxship.codecs.columns import as_array
from boxship.codecs.json import parse_json
from boxship.core.column import Array
from boxship.core.shown import kind, shown_text
from boxship.core.type import FLOATS, INTEGERS
from boxship.errors import DataError

BYTES = "BYTES"
DATATYPES = {
    "bool": "BOOL",
    **{name: name.upper() for name in INTEGERS},
    **{name: name.replace("float", "FP") for name in FLOATS},
}
DTYPES: dict[str, np.dtype[Any]] = {said: np.dtype(name) for name, said in DATATYPES.items()}
_KNOWN = (*DTYPES, BYTES)
_MOST_DIMENSIONS = 16
_LONGEST = 2**40
_PYTHON: dict[str, Any] = {"b": list[bool], "i": list[int], "u": list[int], "f": list[float]}
_LISTS = {said: _PYTHON[dtype.kind] for said, dtype in DTYPES.items()} | {BYTES: list[str]}
_FLAT: dict[str, msgspec.json.Decoder[list[Any]]] = {
    said: msgspec.json.Decoder(plain) for said, plain in _LISTS.items()
}
_NESTED: dict[str, msgspec.json.Decoder[list[list[Any]]]] = {
    said: msgspec.json.Decoder(list[plain])  # type: ignore[valid-type]  # made here
    for said, plain in _LISTS.items()
}
_ROUNDED = ("FP16", "FP32")  # of which JSON may say more digits than they hold


class Sent(msgspec.Struct):
    """A tensor as a request names it. Its values stand here, or behind the JSON."""

    name: str
    shape: list[int]
    datatype: str
    data: msgspec.Raw = msgspec.Raw(b"")
    parameters: dict[str, Any] | None = None  # whatever the protocol's extensions say


class Tensor(NamedTuple):
    """Its values one after the other, row by row: an array, or a list where they are texts, or no array
    of the datatype can hold them."""

    name: str
    shape: Sequence[int]
    values: Array | list[Any]

    @property
    def rows(self) -> int:
        return self.shape[0]


def tensor_of(sent: Sent) -> Tensor:
    """What a request gives in JSON. A value that the datatype cannot hold stays as it was sent: the
    contract judges it, in its row."""
    count = checked_count(sent)
    if not bytes(sent.data):
        raise wrong_tensor(sent, "has neither data nor binary_data_size", "give it one of them")
    typed = _decoded(sent)
    values = _flat(sent, parse_json(bytes(sent.data))) if typed is None else typed
    if typed is None:
        typed = _typed(sent.datatype, values)
    if len(values) != count:
        raise wrong_count(sent, len(values))
    return Tensor(sent.name, sent.shape, _held(sent.datatype, values, typed))


def checked_count(sent: Sent) -> int:
    """How many values it has to have."""
    if sent.datatype not in _KNOWN:
        raise wrong_tensor(
            sent, f"has the datatype {shown_text(sent.datatype)!r}", f"known are {', '.join(_KNOWN)}"
        )
    shape = sent.shape
    few = 0 < len(shape) <= _MOST_DIMENSIONS and max(shape) <= _LONGEST
    if not few or shape[0] < 0 or any(size < 1 for size in shape[1:]):
        raise wrong_tensor(sent, f"has the shape {_shape(shape)}", "the first dimension counts the rows")
    return prod(shape)


def wrong_tensor(sent: Sent, what: str, hint: str) -> DataError:
    return DataError("tensor.malformed", f"tensor {shown_text(sent.name)!r} {what}", hint)


def wrong_count(sent: Sent, found: int) -> DataError:
    what = f"has {found} values, its shape {_shape(sent.shape)} is that of {prod(sent.shape)}"
    return wrong_tensor(sent, what, "give a value for each place, flat or nested as the shape is")


def _shape(shape: Sequence[int]) -> str:
    return shown_text(f"[{','.join(map(str, shape[: _MOST_DIMENSIONS + 1]))}]")


def _decoded(sent: Sent) -> list[Any] | None:
    """The values where all are of the datatype, flat or as the rows of a matrix; None for what has to be
    looked at one by one."""
    is_nested = bytes(sent.data)[1:].lstrip()[:1] == b"["
    try:
        if not is_nested:
            return _FLAT[sent.datatype].decode(sent.data)
        rows = _NESTED[sent.datatype].decode(sent.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    whole = len(sent.shape) == 2 and len(rows) == sent.shape[0] and {*map(len, rows)} == {sent.shape[1]}
    return [*chain.from_iterable(rows)] if whole else None


def _flat(sent: Sent, data: object) -> list[Any]:
    """Row after row, of a list that is flat already or nested as the shape is."""
    if not isinstance(data, list):
        raise wrong_tensor(sent, f"has {kind(data)} as data", "give a list")
    if not any(isinstance(one, list) for one in data):
        return data
    flat: list[Any] = [data]
    for size in sent.shape:
        if any(not isinstance(one, list) or len(one) != size for one in flat):
            what = f"has data that is not nested as its shape {_shape(sent.shape)} is"
            raise wrong_tensor(sent, what, "give a flat list, or one of that shape")
        flat = [inner for one in flat for inner in one]
    return flat


def _typed(datatype: str, values: list[Any]) -> list[Any] | None:
    try:
        found: list[Any] = msgspec.convert(values, _LISTS[datatype])
    except (msgspec.ValidationError, OverflowError):
        return None
    return found


def _held(datatype: str, values: list[Any], typed: list[Any] | None) -> Array | list[Any]:
    if datatype == BYTES:
        return values
    dtype = DTYPES[datatype]
    if typed is not None and _fit(dtype, typed):
        return as_array(typed, dtype)
    return [_rounded(one, dtype) for one in values] if datatype in _ROUNDED else values


def _fit(dtype: np.dtype[Any], values: list[Any]) -> bool:
    """Older numpy wraps what does not."""
    if dtype.kind not in "iu" or not values:
        return True
    info = np.iinfo(dtype)
    return bool(info.min <= min(values) and max(values) <= info.max)


def _rounded(value: object, dtype: np.dtype[Any]) -> object:
    if type(value) not in (int, float):
        return value
    try:
        return as_array([value], dtype).item()
    except OverflowError:  # an integer beyond all floats
        return value
