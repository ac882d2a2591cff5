"""Arrow: pyarrow tables and record batches."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from boxship.core.column import Array, Column, category_of, from_values
from boxship.core.moment import in_days, in_microseconds
from boxship.core.table import Schema, Table
from boxship.core.type import NUMBERS, Type
from boxship.errors import DataError
from boxship.frames.decimals import column_of_decimals
from boxship.frames.part import Part

# pyarrow ships no types: its arrays, types and tables are Any here
_Arrow = Any


class ArrowTable:
    """A pyarrow Table or RecordBatch. Fixed-size lists become tensors, structs and maps records.

    Datetimes become UTC microseconds: finer parts are cut off, a datetime without a zone is taken
    as UTC. Decimals become float64 where that is exact.
    """

    def read(self, source: _Arrow) -> Table:
        table = _table(source)
        names = table.column_names
        Schema((name, Type("bool")) for name in names)  # refuses names before any column is read
        return Table.from_columns(
            {n: column_of_arrow(_whole(table.column(i)), n) for i, n in enumerate(names)}
        )

    def split(self, source: _Arrow) -> list[Part]:
        columns = zip(source.column_names, map(_whole, _table(source).columns), strict=True)
        return [
            Part(name, partial(column_of_arrow, one, name), partial(_values, one)) for name, one in columns
        ]

    def zones(self, source: _Arrow) -> dict[str, str]:
        return zones_of(source.schema)

    def make(self, table: Table) -> _Arrow:
        """A NaN is a null here as there; tensors are fixed-size lists."""
        arrays = [_array(table.column(name), name) for name in table.names]
        return pa.Table.from_arrays(arrays, names=list(table.names))


def _table(source: _Arrow) -> _Arrow:
    table = pa.Table.from_batches([source]) if isinstance(source, pa.RecordBatch) else source
    if not isinstance(table, pa.Table):
        raise DataError(
            "data.unknown_source",
            f"a pyarrow {type(source).__name__} is not a table",
            "give a pyarrow.Table",
        )
    return table


def _values(array: _Arrow) -> list[object]:
    return [_value(scalar) for scalar in array]


def _value(scalar: _Arrow) -> object:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):  # a moment that Python has no name for
        return scalar


def zones_of(schema: _Arrow) -> dict[str, str]:
    """See frames.Zoned."""
    found = {field.name: getattr(field.type, "tz", None) for field in schema}
    return {name: zone for name, zone in found.items() if zone not in (None, "UTC", "+00:00")}


def _whole(chunked: _Arrow) -> _Arrow:
    """One array: the chunks' dictionaries are made the same first."""
    if pa.types.is_dictionary(chunked.type):
        chunked = chunked.unify_dictionaries()
    whole = chunked.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return whole.chunk(0) if whole.num_chunks else pa.array([], whole.type)
    return whole


def column_of_arrow(array: _Arrow, name: str) -> Column:
    """A column from one Arrow array; zero-copy where numpy can look at the same memory."""
    if isinstance(array, pa.ExtensionArray):
        return _of_extension(array, name)
    for holds, column_of in _CONVERTERS:
        if holds(array.type):
            return column_of(array, name)
    raise DataError(
        "data.unknown_dtype",
        f"column {name!r} has the Arrow type {array.type}, which a table cannot hold",
        "cast it to numbers, text or datetimes",
    )


def _of_nothing(array: _Arrow, name: str) -> Column:
    del name
    return Column(Type("float64"), np.full(len(array), np.nan))


def _of_texts(array: _Arrow, name: str) -> Column:
    return from_values(array.to_pylist(), name, Type("text"))


def _of_binary(array: _Arrow, name: str) -> Column:
    return from_values(array.to_pylist(), name, Type("binary"))


def _of_structs(array: _Arrow, name: str) -> Column:
    return from_values(array.to_pylist(), name, Type("record"))


def _of_maps(array: _Arrow, name: str) -> Column:
    return from_values(
        [None if item is None else dict(item) for item in array.to_pylist()], name, Type("record")
    )


def _of_lists(array: _Arrow, name: str) -> Column:
    """Lists of one length are tensors, others records."""
    return from_values(array.to_pylist(), name, None if len(array) > array.null_count else Type("record"))


def _of_decimals(array: _Arrow, name: str) -> Column:
    return column_of_decimals(array.to_pylist(), name)


def _of_datetimes(array: _Arrow, name: str) -> Column:
    values: Array = array.cast(pa.timestamp(array.type.unit), safe=False).to_numpy(zero_copy_only=False)
    return Column(Type("datetime"), in_microseconds(values, name))


def _of_dates(array: _Arrow, name: str) -> Column:
    values: Array = array.cast(pa.date32()).to_numpy(zero_copy_only=False)
    return Column(Type("date"), in_days(values, name))


def _of_numbers(array: _Arrow, name: str) -> Column:
    del name
    type_ = Type(_kind(array.type))
    if type_.is_float:
        return Column(type_, array.to_numpy(zero_copy_only=False))
    if not array.null_count:
        return Column(type_, array.to_numpy(zero_copy_only=False))
    filled = array.fill_null(False if type_.kind == "bool" else 0)
    return Column(
        type_, filled.to_numpy(zero_copy_only=False), array.is_null().to_numpy(zero_copy_only=False)
    )


def _kind(type_: _Arrow) -> str:
    return {"halffloat": "float16", "float": "float32", "double": "float64"}.get(str(type_), str(type_))


def _of_dictionary(array: _Arrow, name: str) -> Column:
    words = array.dictionary
    if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)) or words.null_count:
        return column_of_arrow(array.cast(words.type), name)
    levels = tuple(words.to_pylist())
    if len(set(levels)) < len(levels):
        return category_of(array.to_pylist())
    codes = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Column(Type("category"), codes, None, levels)


def _of_tensors(array: _Arrow, name: str) -> Column:
    shape, inner = [], array
    while pa.types.is_fixed_size_list(inner.type) and not inner.null_count:
        shape.append(inner.type.list_size)
        inner = inner.flatten()
    kind = _kind(inner.type)
    if kind not in (*NUMBERS, "bool") or (inner.null_count and not kind.startswith("float")) or 0 in shape:
        return _of_lists(array, name)
    values = inner.to_numpy(zero_copy_only=False).reshape(len(array), *shape)
    return Column(Type(kind, tuple(shape)), values)


def _of_extension(array: _Arrow, name: str) -> Column:
    column = column_of_arrow(array.storage, name)
    shape = getattr(array.type, "shape", None)
    if not shape or not column.type.shape:
        return column
    return Column(Type(column.type.kind, tuple(shape)), column.values.reshape(len(array), *shape))


_CONVERTERS: tuple[tuple[Callable[[_Arrow], bool], Callable[[_Arrow, str], Column]], ...] = tuple(
    (getattr(pa.types, f"is_{kind}"), convert)
    for kind, convert in {
        "floating": _of_numbers,
        "integer": _of_numbers,
        "boolean": _of_numbers,
        "string": _of_texts,
        "large_string": _of_texts,
        "string_view": _of_texts,
        "dictionary": _of_dictionary,
        "timestamp": _of_datetimes,
        "date": _of_dates,
        "decimal": _of_decimals,
        "fixed_size_list": _of_tensors,
        "list": _of_lists,
        "large_list": _of_lists,
        "struct": _of_structs,
        "map": _of_maps,
        "binary": _of_binary,
        "large_binary": _of_binary,
        "binary_view": _of_binary,
        "fixed_size_binary": _of_binary,
        "null": _of_nothing,
    }.items()
    if hasattr(pa.types, f"is_{kind}")  # views are younger than the oldest pyarrow we take
)


def _array(column: Column, name: str) -> _Arrow:
    kind = column.type.kind
    if column.type.shape:
        return _nested(column)
    if kind == "category":
        indices = pa.array(column.values, mask=column.values < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(list(column.levels), pa.string()))
    if kind == "text":
        return pa.array(column.to_list(), pa.string())
    if kind == "binary":
        return pa.array(column.to_list(), pa.binary())
    if kind == "record":
        return _records(column, name)
    values = np.ascontiguousarray(column.values)
    nulls = column.nulls()
    return pa.array(values, mask=nulls if nulls.any() else None)


def _nested(column: Column) -> _Arrow:
    array = pa.array(np.ascontiguousarray(column.values).reshape(-1))
    for size in reversed(column.type.shape):
        array = pa.FixedSizeListArray.from_arrays(array, size)
    return array


def _records(column: Column, name: str) -> _Arrow:
    try:
        return pa.array(column.to_list())
    except pa.ArrowException as error:
        raise DataError(
            "data.cannot_write",
            f"column {name!r} holds records of several forms, which Arrow cannot hold: {error}",
            "give a key one type, or write JSON lines",
        ) from error
