"""Tensors as the rows of a contract: one for each field, or one of all fields beside each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from boxship._serve.dialects.tensor import Tensor
from boxship.codecs.json import parse_json
from boxship.codecs.table import Found, fit_columns
from boxship.core.column import Array, Column
from boxship.core.contract import Contract, Field
from boxship.core.join import Packed
from boxship.core.name import names_hint
from boxship.core.shown import shown_text
from boxship.core.type import Type
from boxship.core.verdict import Decoded
from boxship.errors import DataError


class TensorRows:
    """Compiled from a contract once."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        groups = contract.schema.groups
        floats = len(groups) == 1 and groups[0].block and groups[0].dtype.kind == "f"
        self._block = groups[0].dtype if floats else None

    def read(self, tensors: Sequence[Tensor], rows: int) -> Decoded | Packed:
        """Of so many rows. A field without a tensor is missing; a tensor of another name is extra."""
        tensors = self._split(tensors)
        packed = self._packed(tensors, rows)
        if packed is not None:
            return packed
        fields = self._contract.fields
        columns = {one.name: _found(fields[one.name], one) for one in tensors if one.name in fields}
        return fit_columns(self._contract, columns, [one.name for one in tensors], rows)

    def _split(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """The columns of a single tensor that is wider than one field and has no field's name."""
        inputs = self._contract.inputs
        first = tensors[0]
        is_whole = len(tensors) == 1 < len(inputs) and len(first.shape) == 2 and first.shape[1] > 1
        if not is_whole or first.name in self._contract.fields:
            return tensors
        if first.shape[1] != len(inputs):
            message = (
                f"tensor {shown_text(first.name)!r} has {first.shape[1]} columns, the contract {len(inputs)}"
            )
            hint = names_hint("its fields are", shown_text(first.name), [field.name for field in inputs])
            raise DataError("tensor.malformed", message, hint)
        width = len(inputs)
        if isinstance(first.values, np.ndarray):
            columns: Sequence[Any] = [*first.values.reshape(first.shape).T]
        else:
            columns = [first.values[place::width] for place in range(width)]
        return [
            Tensor(field.name, first.shape[:1], values) for field, values in zip(inputs, columns, strict=True)
        ]

    def _packed(self, tensors: Sequence[Tensor], rows: int) -> Packed | None:
        """Numbers alone, of all fields and no others: a block, and its bytes."""
        if self._block is None or len(tensors) != len(self._contract.inputs):
            return None
        found = {one.name: one for one in tensors}
        block = np.empty((rows, len(tensors)), self._block)
        with np.errstate(over="ignore"):  # infinite then, and told by the contract's check
            for place, name in enumerate(self._contract.schema.names):
                one = found.get(name)
                if one is None or not _are_numbers(one.values) or not _is_column(one.shape):
                    return None
                block[:, place] = one.values
        return None if np.isnan(block).any() else Packed(rows, block.tobytes())


def _are_numbers(values: Array | Sequence[object]) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "iuf"


def _is_column(shape: Sequence[int]) -> bool:
    return len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)


def _found(field: Field, tensor: Tensor) -> Found:
    """A column, or plain values for the contract to judge one by one."""
    type_, (_, values) = field.typed, tensor[1:]
    if type_.shape:
        if tuple(tensor.shape[1:]) != type_.shape:
            raise _wrong_shape(field, tensor)
        if isinstance(values, np.ndarray):
            return Column(Type(values.dtype.name, type_.shape), values.reshape(tensor.shape))
        return _nested(values, type_.shape)
    if not _is_column(tensor.shape):
        raise _wrong_shape(field, tensor)
    if isinstance(values, np.ndarray):
        return Column(Type(values.dtype.name), values)
    return [_plain(type_, one) for one in values]


def _nested(values: Sequence[Any], shape: Sequence[int]) -> list[Any]:
    found = [*values]
    for size in reversed(shape):
        found = [found[start : start + size] for start in range(0, len(found), size)]
    return found


def _plain(type_: Type, value: Any) -> Any:  # of a list of JSON, or the bytes of one element
    """Bytes are text, but in a field of bytes; the text of a record is its JSON."""
    if type_.kind == "binary":
        return value
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return value
    if type_.kind == "record" and isinstance(value, str):
        try:
            return parse_json(value.encode())
        except (DataError, UnicodeEncodeError):
            return value
    return value


def _wrong_shape(field: Field, tensor: Tensor) -> DataError:
    wanted = ["-1", *map(str, field.typed.shape)]
    message = f"tensor {field.name!r} has the shape {[*tensor.shape]}, its field wants [{', '.join(wanted)}]"
    return DataError("tensor.malformed", message, "the first dimension counts the rows")


def rows_of(tensors: Sequence[Tensor]) -> int:
    """How many all of them have; each name may be there once."""
    if not tensors:
        raise DataError("tensor.malformed", "the request has no inputs", "give a tensor for each field")
    names: set[str] = set()
    for one in tensors:
        if one.name in names:
            message = f"two tensors have the name {shown_text(one.name)!r}"
            raise DataError("tensor.malformed", message, "give one a field")
        if one.rows != tensors[0].rows:
            message = f"tensor {shown_text(one.name)!r} has {one.rows} rows, the first has {tensors[0].rows}"
            raise DataError("tensor.malformed", message, "the first dimension of all is the same")
        names.add(one.name)
    return tensors[0].rows
