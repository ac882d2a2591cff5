"""numpy arrays: two-dimensional, structured, a tensor a row, or several by name."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Column, column_of
from boxship.core.table import Schema, Table
from boxship.core.type import NUMBERS, Type
from boxship.errors import DataError
from boxship.frames.part import Part


class NumpyArray:
    """Columns without names are x0, x1, ...; a row-major array of one dtype is the table's block itself.

    One dimension is one column; three and more are one column of tensors. An opened `.npz` is a column an array.
    """

    def read(self, source: Any) -> Table:
        if isinstance(source, Mapping):
            return of_arrays(source)
        if not isinstance(source, np.ndarray) or source.ndim == 0:
            raise DataError(
                "data.unknown_source", f"a {type(source).__name__} is not a table", "give an array of rows"
            )
        if source.dtype.names:
            return Table.of({name: source[name] for name in source.dtype.names})
        if source.ndim != 2:
            return Table.of({"x0": source})
        return of_matrix(source, [f"x{index}" for index in range(source.shape[1])])

    def split(self, source: Any) -> list[Part] | None:
        if not isinstance(source, np.ndarray) or source.ndim != 2:
            return None
        columns = [(f"x{at}", source[:, at]) for at in range(source.shape[1])]
        return [
            Part(name, partial(column_of, values, name), partial(list, values)) for name, values in columns
        ]

    def make(self, table: Table) -> NDArray[Any]:
        if len(table.parts) == 1 and table.schema.groups[0].block and not table.masks:
            block: NDArray[Any] = table.parts[0]
            return block
        if not all(
            type_.is_number or (type_.kind == "bool" and not type_.shape) for type_ in table.schema.types
        ):
            return _objects(table)
        columns = [_with_nan(table.column(name)) for name in table.names]
        dtype = np.result_type(*columns) if columns else np.float64
        out = np.empty((table.length, len(columns)), dtype)
        for index, (name, column) in enumerate(zip(table.names, columns, strict=True)):
            out[:, index] = _exactly(column, np.dtype(dtype), name)
        return out


def of_arrays(arrays: Mapping[str, NDArray[Any]]) -> Table:
    """A column an array, of tensors where it has more than one dimension."""
    return Table.from_columns({name: column_of(_with_rows(one, name), name) for name, one in arrays.items()})


def _with_rows(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.ndim == 0:
        raise DataError(
            "data.unknown_source", f"the array {name!r} is one value, with no rows", "give an array of rows"
        )
    return array


def of_matrix(matrix: NDArray[Any], names: list[str]) -> Table:
    """A table of a two-dimensional array; no copy of a native row-major one."""
    kind = "bool" if matrix.dtype.kind == "b" else matrix.dtype.name
    if (
        kind in (*NUMBERS, "bool")
        and matrix.dtype.isnative
        and matrix.shape[1]
        and type(matrix) is np.ndarray
    ):
        block = np.ascontiguousarray(matrix)
        return Table.from_block(Schema((name, Type(kind)) for name in names), block)
    return Table.of({name: matrix[:, index] for index, name in enumerate(names)})


def _with_nan(column: Column) -> NDArray[Any]:
    if column.mask is None:
        return column.values
    return np.where(column.mask, np.nan, _exactly(column.values, np.dtype(np.float64), ""))


def _exactly(values: NDArray[Any], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    out = values.astype(dtype)
    may_differ = values.dtype.kind in "iu" and dtype.kind == "f" and bool(np.any(np.abs(out) >= 2.0**53))
    if may_differ and [int(value) for value in out.tolist()] != values.tolist():
        raise DataError(
            "data.not_exact",
            f"column {name!r} holds integers that {dtype} beside it cannot hold",
            "make arrays of the integer columns and of the others apart",
        )
    return out


def _objects(table: Table) -> NDArray[Any]:
    out = np.empty((table.length, len(table.names)), object)
    for index, name in enumerate(table.names):
        column = table.column(name)
        items = list(column.values) if column.type.shape else column.to_list()
        for row, item in enumerate(items):
            out[row, index] = item
    return out
