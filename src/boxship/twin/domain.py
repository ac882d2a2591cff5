"""Rows on which a twin is held against the model: what its contract admits, and a little beyond."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from boxship.core.check import Checker
from boxship.core.column import Array, Column, category_of
from boxship.core.contract import Contract, Field
from boxship.core.table import Table, concat
from boxship.core.type import MOMENTS
from boxship.twin.edge import around, splits
from boxship.twin.program import Program

_NULLED = 1000
_PASSING = 1000  # rows among which one is looked for that comes by a node
_TRIES = 8  # rows that get the same far value
_FAR = (0.0, -0.0, 1.0, -1.0, 1e-320, 1e9, -1e9)
_FILLED = (0.0, 1.0, -1.0, 100.0, np.nan)  # a whole tensor of it
_HUGE = (3.4e38, 3.5e38, 1e300, -1e300, np.inf, -np.inf)  # a model that raises on these is asked row by row


def domain(
    contract: Contract, sample: Table, program: Program | None, *, rows: int, seed: int
) -> dict[str, Table]:
    """Named parts, each of about `rows` at most: `training` rows, rows `near` them, rows at the `edges` of
    the program's splits, by lot where there are more, and `extreme` ones, each with a change in one column
    of a training row. Without a program there are no edges that are known.

    What the contract's policies refuse is refused for both alike.
    """
    rng = np.random.default_rng(seed)
    chosen = sample.take(np.sort(rng.permutation(sample.length)[:rows]))
    parts = {
        "training": chosen,
        "near": _near(contract, sample.take(rng.integers(0, sample.length, rows)), rng),
    }
    if program is not None:
        parts["edges"] = _changed(contract, *_edges(contract, sample, program, rows, rng))
    parts["extreme"] = _changed(contract, sample, list(_extremes(contract, sample, rows, rng)))
    return parts


def _near(contract: Contract, table: Table, rng: np.random.Generator) -> Table:
    """Numbers moved by a tenth of their spread, integers by one; a tenth of each column's first values null where
    that is admitted: of the first alone, as a model that raises on these has to be asked row by row."""
    few = np.arange(len(table)) < _NULLED
    columns: dict[str, Column] = {}
    for field in contract.inputs:
        column = table.column(field.name)
        if column.type.is_float:
            column = Column(column.type, _moved(column.values, rng))
        elif column.type.is_integer and not column.type.shape:
            column = Column(column.type, _moved_by_one(column.values, rng), column.mask)
        if field.nullable:
            column = _with_nulls(column, few & (rng.random(len(column)) < 0.1))
        columns[field.name] = column
    return Table.from_columns(columns)


def _moved(values: Array, rng: np.random.Generator) -> Array:
    """By a tenth of their spread; the largest of a column of far numbers may become infinite."""
    known = values[np.isfinite(values)]
    with np.errstate(over="ignore"):
        spread = float(np.std(known, dtype=np.float64)) if len(known) else 0.0
        moves = rng.normal(size=values.shape) * spread / 10
        moved: Array = values + moves.astype(values.dtype)
    return moved


def _moved_by_one(values: Array, rng: np.random.Generator) -> Array:
    """Half of them, and none beyond the largest: behind it there may be no place in a table of the model's."""
    moves = rng.integers(0, 2, len(values), values.dtype)
    below = values < values.max(initial=np.iinfo(values.dtype).min)
    moved: Array = values + moves * below
    return moved


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


class Change(NamedTuple):
    """What one row is to hold in a column."""

    row: int
    column: str
    value: object


def _edges(
    contract: Contract, sample: Table, program: Program, most: int, rng: np.random.Generator
) -> tuple[Table, list[Change]]:
    """Rows that come by a node, with its threshold and what is next to it."""
    passing = sample.take(np.sort(rng.permutation(sample.length)[:_PASSING]))
    passing = Checker(contract).check(passing).table
    if not passing.length:
        return sample, []
    found = splits(program, passing)
    changes: list[Change] = []
    for at in rng.permutation(len(found.values)).tolist():
        if len(changes) >= most:
            break
        name, row = found.columns[at], int(found.rows[at])
        row = int(rng.integers(passing.length)) if row < 0 else row
        changes += (Change(row, name, value) for value in around(found.values[at], contract.fields[name]))
    return passing, changes


def _extremes(contract: Contract, sample: Table, most: int, rng: np.random.Generator) -> Iterator[Change]:
    """Every far value in some rows each."""
    length = sample.length
    far = [(field.name, value) for field in contract.inputs for value in _far(field)]
    often = far * max(1, min(_TRIES, most // max(1, len(far))))
    huge = [(field.name, value) for field in contract.inputs if _is_float(field) for value in _HUGE]
    for name, value in (*often, *huge):
        yield Change(int(rng.integers(length)), name, value)
    for field in contract.inputs:
        if field.typed.shape and field.typed.is_float:  # as far from zero as squares in single precision go
            for row in rng.integers(length, size=_TRIES).tolist():
                with np.errstate(over="ignore"):
                    yield Change(row, field.name, sample.column(field.name).values[row] * 1e20)


def _is_float(field: Field) -> bool:
    return field.typed.is_float and not field.typed.shape


def _far(field: Field) -> Iterator[object]:
    if field.typed.shape:
        if field.typed.is_float:
            yield from _FILLED
        elif field.typed.is_integer:
            info = np.iinfo(field.typed.kind)
            yield from (0, int(info.max), *((-1, int(info.min)) if info.min else ()))
        return
    yield from field.categories or ()
    if field.typed.is_float:
        yield from (*_FAR, np.nan, *(field.range or ()))
    elif field.typed.is_integer:
        info = np.iinfo(field.typed.kind)
        yield from (0, int(info.min), int(info.max), *((-1,) if info.min else ()), *(field.range or ()))
    elif field.typed.kind in ("text", "category"):
        yield from ("a value of no kind", "")
    if field.nullable and not field.typed.is_float:
        yield None


def _changed(contract: Contract, sample: Table, changes: list[Change]) -> Table:
    """Rows of the sample, each with one change."""
    rows = sample.take(np.array([change.row for change in changes], np.intp))
    columns: dict[str, Column] = {}
    for field in contract.inputs:
        mine = [(at, change.value) for at, change in enumerate(changes) if change.column == field.name]
        columns[field.name] = _set(rows.column(field.name), mine)
    return Table.from_columns(columns) if columns else concat([sample.between(0, 0)])


def _set(column: Column, changes: list[tuple[int, object]]) -> Column:
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
            with np.errstate(over="ignore"):  # in single precision the largest are infinite
                values[row] = np.nan if value is None else value
    mask = (
        column.nulls() | nulls if column.type.has_mask and (nulls.any() or column.mask is not None) else None
    )
    return Column(column.type, values, mask)
