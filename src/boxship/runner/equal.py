"""Where two tables of answers differ: verdicts aside, each output by its own tolerance."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from boxship.core.answer import PROBABILITIES
from boxship.core.column import Array, Column
from boxship.core.contract import Output
from boxship.core.table import Table

_USUAL = 0.9
_SMALLEST = 1e-9  # a millionth of it is less than what one rounding of 1 changes


class Gap(NamedTuple):
    """The widest difference of two tables: of which output, in which row, and what is allowed there."""

    output: str
    row: int
    difference: float
    tolerance: float

    @property
    def is_equal(self) -> bool:
        return self.difference <= self.tolerance  # never true of NaN

    @property
    def said(self) -> str:
        """What the two answers do that are furthest from equal."""
        if self.row < 0:
            return "are not of the same rows and types"
        if np.isfinite(self.difference):
            return f"differ by {self.difference:.3g}, {self.tolerance:g} is allowed"
        return "are two labels" if self.difference > 0 else "are a number and NaN"


def widest_gap(
    outputs: Sequence[Output], one: Table, other: Table, sizes: Mapping[str, float] | None = None
) -> Gap:
    """The output that is furthest from equal, by its own tolerance.

    Numbers differ relative to the usual size of their output, or to themselves where they are larger;
    without `sizes` that is the largest of theirs. Probabilities differ as they are, or as numbers where they are
    scores that `sizes` has, labels infinitely, unless what decides between them is within twice the tolerance.
    So do tables of other rows or types.
    """
    if one.schema != other.schema or one.length != other.length:
        return Gap(outputs[0].name, -1, float("inf"), 0.0)
    sizes = _largest_sizes(outputs, one, other) if sizes is None else sizes
    return max((_gap(output, one, other, sizes) for output in outputs), key=_excess)


def usual_sizes(outputs: Sequence[Output], table: Table, scored: Collection[str] = ()) -> dict[str, float]:
    """Of every output that answers with numbers, or whose probabilities are `scored`, as scores of any size: what
    nine of ten stay below. The largest may be one far row."""
    numbers = {
        output.name: table.column(output.name + PROBABILITIES * (output.name in scored))
        for output in outputs
        if output.name in scored or _is_number(output, table.column(output.name))
    }
    return {
        name: max(float(np.quantile(np.abs(column.values), _USUAL)), _SMALLEST)
        for name, column in numbers.items()
        if table.length
    }


def _largest_sizes(outputs: Sequence[Output], one: Table, other: Table) -> dict[str, float]:
    return {
        output.name: max(_largest(table.column(output.name).values) for table in (one, other))
        for output in outputs
        if _is_number(output, one.column(output.name))
    }


def _is_number(output: Output, column: Column) -> bool:
    return output.classes is None and column.type.is_float


def _largest(values: Array) -> float:
    return float(np.abs(np.asarray(values, np.float64)).max(initial=_SMALLEST))


def _excess(gap: Gap) -> float:
    if gap.is_equal:
        return gap.difference / gap.tolerance if gap.tolerance else 0.0
    return float("inf")


def _gap(output: Output, one: Table, other: Table, sizes: Mapping[str, float]) -> Gap:
    if not one.length:
        return Gap(output.name, -1, 0.0, output.tolerance)
    rows = _differences(output, one, other, sizes)
    row = int(np.argmax(np.where(np.isnan(rows), np.inf, rows)))
    return Gap(output.name, row, float(rows[row]), output.tolerance)


def _differences(output: Output, one: Table, other: Table, sizes: Mapping[str, float]) -> Array:
    """How far each row's answers are apart."""
    a, b = one.column(output.name), other.column(output.name)
    if _is_number(output, a):
        return _of_numbers(a.values, b.values, sizes[output.name])
    pairs = zip(a.to_list(), b.to_list(), strict=True)
    moved = np.fromiter((x != y for x, y in pairs), bool, one.length)
    if not output.probabilities:
        return np.where(moved, np.inf, 0.0)
    shares, others = (table.column(output.name + PROBABILITIES).values for table in (one, other))
    is_scored = output.name in sizes
    near = _row_sizes(shares, others, sizes[output.name]) if is_scored else np.ones(one.length)
    apart = _margins(output, shares) > 2 * output.tolerance * near
    return np.where(moved & apart, np.inf, np.abs(shares - others).max(axis=1) / near)


def _of_numbers(a: Any, b: Any, size: float) -> Array:  # arrays of floats, one number or one tensor a row
    x, y = (np.asarray(values, np.float64).reshape(len(values), -1) for values in (a, b))
    with np.errstate(over="ignore", invalid="ignore"):
        found: Array = np.abs(x - y).max(axis=1) / _row_sizes(x, y, size)
    return found


def _row_sizes(x: Array, y: Array, size: float) -> Array:
    return np.asarray(np.maximum(np.maximum(np.abs(x).max(axis=1), np.abs(y).max(axis=1)), size))


def _margins(output: Output, shares: Array) -> Array:
    """How far each row is from having the other label."""
    if output.threshold is not None:
        return np.asarray(np.abs(shares[:, 1] - output.threshold))
    if shares.shape[1] < 2:
        return np.full(len(shares), np.inf)
    ordered = np.sort(shares, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])
