"""A table from anywhere, fitted to the contract's columns."""

from collections.abc import Container, Iterable, Mapping, Sequence

import numpy as np

from boxship.codecs.explain import Explained, assemble, explain, explain_missing, explain_nulls, extra_faults
from boxship.codecs.plain import plain
from boxship.core.column import Column, category_of
from boxship.core.contract import Contract, Field
from boxship.core.table import Table
from boxship.core.type import MOMENTS, Type
from boxship.core.verdict import Decoded

Found = Column | Sequence[object]  # a column, or plain values of which no type is known


def fit_table(contract: Contract, table: Table) -> Decoded:
    """The contract's columns in its order and types.

    A column with a type that holds the same values is cast as a whole; one that is missing or of
    another type is read value by value, as the JSON codec reads it.
    """
    columns = {name: table.column(name) for name in table.names if name in contract.fields}
    return _fit(contract, columns, set(table.null_names()), table.names, table.length)


def fit_columns(
    contract: Contract, columns: Mapping[str, Found], names: Iterable[object], length: int
) -> Decoded:
    """The same for columns that are no table; `names` are those of all there are."""
    nulls = {name for name, one in columns.items() if isinstance(one, Column) and one.nulls().any()}
    return _fit(contract, columns, nulls, names, length)


def _fit(
    contract: Contract,
    columns: Mapping[str, Found],
    nulls: Container[str],
    names: Iterable[object],
    length: int,
) -> Decoded:
    fields: dict[str, Explained] = {}
    for field in contract.inputs:
        holds_null = field.name in nulls and not field.nullable
        fields[field.name] = _fit_field(
            contract, field, columns.get(field.name), length, holds_null=holds_null
        )
    extra = extra_faults(contract, dict.fromkeys(names, np.arange(length)))
    return assemble(contract, fields, extra, length)


def _fit_field(
    contract: Contract, field: Field, found: Found | None, length: int, *, holds_null: bool
) -> Explained:
    if found is None:
        return explain_missing(contract, field, length)
    if not isinstance(found, Column):
        return explain(contract, field, found)
    if found.type.kind == "record":  # of a data frame: lists may be arrays or tuples there
        return explain(contract, field, [plain(value) for value in found.to_list()])
    cast = cast_column(found, field.typed)
    if cast is None:
        return explain(contract, field, found.to_list())
    return explain_nulls(contract, field, cast) if holds_null else Explained(cast, ())


def cast_column(column: Column, type_: Type) -> Column | None:
    """The same values as another type, or None where some would change."""
    here = column.type
    if here == type_:
        return column
    if here.shape or type_.shape:
        return _tensors(column, type_)
    if {here.kind, type_.kind} == {"text", "category"}:
        texts = column.to_list()
        return category_of(texts) if type_.kind == "category" else _text(texts)
    if here.kind in MOMENTS and type_.kind in MOMENTS:
        return _moments(column, type_)
    if here.kind == "bool" or type_.kind == "bool" or not (here.is_number and type_.is_number):
        return _all_null(column, type_)
    return _number(column, type_)


def _tensors(column: Column, type_: Type) -> Column | None:
    here = column.type
    if here.shape != type_.shape or (here.is_float and not type_.is_float):
        return None
    if "bool" in (here.kind, type_.kind):
        return None
    with np.errstate(over="ignore"):  # infinite then, and told by the contract's check
        values = column.values.astype(type_.dtype)
    return Column(type_, values) if type_.is_float or np.array_equal(values, column.values) else None


def _moments(column: Column, type_: Type) -> Column | None:
    """A date is its midnight, and the other way round."""
    moments = column.values.astype(type_.dtype)
    same = (moments.astype(column.values.dtype) == column.values) | column.nulls()
    return Column(type_, moments) if same.all() else None


def _text(texts: list[object]) -> Column:
    values = np.empty(len(texts), object)
    values[:] = texts
    return Column(Type("text"), values)


def _all_null(column: Column, type_: Type) -> Column | None:
    nulls = column.nulls()
    if not nulls.all() or not len(nulls):
        return None
    if type_.has_mask:
        return Column(type_, np.zeros(len(column), type_.dtype), nulls)
    if type_.is_float:
        return Column(type_, np.full(len(column), np.nan, type_.dtype))
    return None


def _number(column: Column, type_: Type) -> Column | None:
    nulls = column.nulls()
    with np.errstate(over="ignore", invalid="ignore"):
        values = column.values.astype(type_.dtype)
    if type_.is_float:
        if nulls.any():
            values[nulls] = np.nan
        return Column(type_, values)
    back = values.astype(column.values.dtype)
    same = (back == column.values) & ((values < 0) == (column.values < 0)) | nulls
    if not same.all():
        return None
    return Column(type_, np.where(nulls, 0, values), nulls if nulls.any() else None)
