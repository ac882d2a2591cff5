"""A table from anywhere, fitted to the contract's columns."""

import numpy as np

from boxship.codecs.json import explain_rows
from boxship.core.column import Column, category_of
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.core.type import MOMENTS, Type
from boxship.core.verdict import Decoded, Fault, Verdicts


def fit_table(contract: Contract, table: Table) -> Decoded:
    """The contract's columns in its order and types.

    Columns that are there with a type that holds the same values are cast as a whole; where one
    is missing or of another type, its rows are read one by one, as the JSON codec reads them.
    """
    fitted: dict[str, Column] = {}
    for field in contract.inputs:
        column = table.column(field.name) if field.name in table.schema.places else None
        cast = None if column is None else cast_column(column, field.typed)
        if cast is None:
            return explain_rows(contract, table.to_rows())
        fitted[field.name] = cast
    faults = _extra(contract, table)
    out = Table.from_columns(fitted)
    if any(fault.rejects for fault in faults):
        return Decoded(out.between(0, 0), Verdicts(table.length, faults), np.empty(0, np.intp))
    return Decoded(out, Verdicts(table.length, faults))


def _extra(contract: Contract, table: Table) -> tuple[Fault, ...]:
    policy = contract.policies.extra
    names = [] if policy == "allow" else [name for name in table.names if name not in contract.fields]
    every = np.arange(table.length)
    rejects = policy == "reject"
    nothing = [None] * table.length
    return tuple(Fault(name, "contract.extra", every, nothing, "no such field", rejects) for name in names)


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
    fits = here.shape == type_.shape and here.is_float and type_.is_float
    return Column(type_, column.values.astype(type_.dtype)) if fits else None


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
