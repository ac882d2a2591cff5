"""Where two tables of answers differ: verdicts aside, each output by its own tolerance."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from boxship.core.answer import PROBABILITIES
from boxship.core.column import Array
from boxship.core.contract import Output
from boxship.core.table import Table

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


def widest_gap(outputs: Sequence[Output], one: Table, other: Table) -> Gap:
    """The output that is furthest from equal, by its own tolerance.

    Numbers differ relative to the largest of their output, probabilities as they are. Labels differ
    infinitely, unless the probabilities that decide between them are within twice the tolerance. So
    do tables of other rows or types.
    """
    if one.schema != other.schema or one.length != other.length:
        return Gap(outputs[0].name, -1, float("inf"), 0.0)
    return max((_gap(output, one, other) for output in outputs), key=_excess)


def _excess(gap: Gap) -> float:
    if gap.is_equal:
        return gap.difference / gap.tolerance if gap.tolerance else 0.0
    return float("inf")


def _gap(output: Output, one: Table, other: Table) -> Gap:
    if not one.length:
        return Gap(output.name, -1, 0.0, output.tolerance)
    rows = _differences(output, one, other)
    row = int(np.argmax(np.where(np.isnan(rows), np.inf, rows)))
    return Gap(output.name, row, float(rows[row]), output.tolerance)


def _differences(output: Output, one: Table, other: Table) -> Array:
    """How far each row's answers are apart."""
    a, b = one.column(output.name), other.column(output.name)
    if output.classes is None and a.type.is_float:
        return _of_numbers(a.values, b.values)
    pairs = zip(a.to_list(), b.to_list(), strict=True)
    moved = np.fromiter((x != y for x, y in pairs), bool, one.length)
    if not output.probabilities:
        return np.where(moved, np.inf, 0.0)
    shares, others = (table.column(output.name + PROBABILITIES).values for table in (one, other))
    apart = _margins(output, shares) > 2 * output.tolerance
    return np.where(moved & apart, np.inf, np.abs(shares - others).max(axis=1))


def _of_numbers(a: Any, b: Any) -> Array:  # arrays of floats, one number or one tensor a row
    x, y = (np.asarray(values, np.float64).reshape(len(values), -1) for values in (a, b))
    largest = max(float(np.abs(x).max()), float(np.abs(y).max()), _SMALLEST)
    with np.errstate(over="ignore", invalid="ignore"):
        found: Array = (np.abs(x - y) / largest).max(axis=1)
    return found


def _margins(output: Output, shares: Array) -> Array:
    """How far each row is from having the other label."""
    if output.threshold is not None:
        return np.asarray(np.abs(shares[:, 1] - output.threshold))
    if shares.shape[1] < 2:
        return np.full(len(shares), np.inf)
    ordered = np.sort(shares, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])
