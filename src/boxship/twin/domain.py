"""Rows on which a twin is held against the model: what its contract admits, and a little beyond."""

from collections.abc import Iterator

import numpy as np

from boxship.core.column import Array, Column, category_of
from boxship.core.contract import Contract, Field
from boxship.core.table import Table, concat
from boxship.core.type import MOMENTS
from boxship.twin.edge import edges
from boxship.twin.program import Program

_NULLED = 1000
_FAR = (0.0, -0.0, 1.0, -1.0, 1e-320, 1e9, -1e9, 3.4e38, 3.5e38, 1e300, -1e300, np.inf, -np.inf)


def domain(contract: Contract, sample: Table, program: Program, *, rows: int, seed: int) -> dict[str, Table]:
    """Named parts: `training` rows, rows `near` them, rows at `edges` and neighbours of them (at most
    `rows`, evenly spread over what there is), and `extreme` ones, each in one column of a training row.

    What the contract's policies refuse is refused for both alike.
    """
    rng = np.random.default_rng(seed)
    chosen = sample.take(np.sort(rng.permutation(sample.length)[:rows]))
    at = {name: values for name, values in edges(program).items() if name in contract.fields}
    return {
        "training": chosen,
        "near": _near(contract, sample.take(rng.integers(0, sample.length, rows)), rng),
        "edges": _changed(contract, sample, list(_spread(at, rows, rng)), rng),
        "extreme": _changed(contract, sample, list(_extremes(contract)), rng),
    }


def _near(contract: Contract, table: Table, rng: np.random.Generator) -> Table:
    """Numbers moved by a tenth of their spread; a tenth of each column's first values null where that is
    admitted: of the first alone, as a model that raises on these has to be asked row by row."""
    few = np.arange(len(table)) < _NULLED
    columns: dict[str, Column] = {}
    for field in contract.inputs:
        column = table.column(field.name)
        if column.type.is_float and not column.type.shape:
            spread = float(np.nanstd(column.values[np.isfinite(column.values)])) if len(column) else 0.0
            moved = column.values + (rng.normal(size=len(column)) * spread / 10).astype(column.values.dtype)
            column = Column(column.type, moved)
        elif column.type.is_integer and not column.type.shape:
            column = Column(
                column.type, column.values + rng.integers(0, 2, len(column), column.values.dtype), column.mask
            )
        if field.nullable:
            column = _with_nulls(column, few & (rng.random(len(column)) < 0.1))
        columns[field.name] = column
    return Table.from_columns(columns)


def _with_nulls(column: Column, at: Array) -> Column:
    if column.type.has_mask:
        return Column(column.type, column.values, column.nulls() | at)
    values = column.values.copy()
    if column.type.is_float:
        values[at] = np.nan
    elif column.type.kind in MOMENTS:
        values[at] = np.datetime64("NaT")
    else:
        values[at] = -1 if column.type.kind == "category" else None
    return Column(column.type, values, None, column.levels)


Change = tuple[str, object]  # a column, and the value that one row has there


def _spread(at: dict[str, Array], most: int, rng: np.random.Generator) -> Iterator[Change]:
    """All, or so many of each column as its share is, by lot: a step could miss the thresholds themselves."""
    every = max(1, sum(map(len, at.values())))
    for name, values in at.items():
        chosen = np.sort(rng.permutation(len(values))[: -(-len(values) * most // every)])
        yield from ((name, value) for value in values[chosen].tolist())


def _extremes(contract: Contract) -> Iterator[Change]:
    for field in contract.inputs:
        if field.typed.shape:
            continue
        yield from ((field.name, value) for value in field.categories or ())
        if field.typed.is_float:
            yield from ((field.name, value) for value in (*_FAR, np.nan, *(field.range or ())))
        elif field.typed.is_integer:
            info = np.iinfo(field.typed.kind)
            yield from (
                (field.name, value) for value in (0, int(info.min), int(info.max), *(field.range or ()))
            )
        elif field.typed.kind in ("text", "category"):
            yield from ((field.name, value) for value in ("a value of no kind", ""))
        if field.nullable and not field.typed.is_float:
            yield field.name, None


def _changed(contract: Contract, sample: Table, changes: list[Change], rng: np.random.Generator) -> Table:
    """Training rows, each with one change."""
    rows = sample.take(rng.integers(0, sample.length, len(changes)))
    columns: dict[str, Column] = {}
    for field in contract.inputs:
        mine = [(row, value) for row, (name, value) in enumerate(changes) if name == field.name]
        columns[field.name] = _set(field, rows.column(field.name), mine)
    return Table.from_columns(columns) if columns else concat([sample.between(0, 0)])


def _set(field: Field, column: Column, changes: list[tuple[int, object]]) -> Column:
    if not changes:
        return column
    if column.type.kind == "category":
        texts = column.to_list()
        for row, value in changes:
            texts[row] = value
        return category_of(texts)
    nulls = np.zeros(len(column), bool)
    values = column.values.copy()
    for row, value in changes:
        if value is None and column.type.has_mask:
            nulls[row] = True
        else:
            values[row] = _fitting(field, value)
    mask = (
        column.nulls() | nulls if column.type.has_mask and (nulls.any() or column.mask is not None) else None
    )
    return Column(column.type, values, mask)


def _fitting(field: Field, value: object) -> object:
    """A bound or an edge as the column's own type holds it."""
    if field.typed.is_integer and isinstance(value, float):
        info = np.iinfo(field.typed.kind)
        return int(min(max(np.floor(value), info.min), info.max))
    return value
