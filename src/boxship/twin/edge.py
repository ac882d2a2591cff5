"""The input values at which a program's forests decide."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.core.contract import Field
from boxship.core.table import Table
from boxship.twin.forest import LEAF, SET, Forest
from boxship.twin.program import Line, Program
from boxship.twin.read import Numbers, Singles
from boxship.twin.refused import RefusedError
from boxship.twin.steps import Add, Clip, Divide, Fill, Finite, Join, Multiply, Pick, Subtract

Back = Callable[[Array], Array]
Source = tuple[str, Back]  # an input column, and the way back to it


class Splits(NamedTuple):
    """Nodes that ask for a column of the input itself: which column, from where on a row goes the other
    way, and a row of the sample that comes by, or -1."""

    columns: NDArray[Any]  # names
    values: Array
    rows: NDArray[np.intp]

    def take(self, chosen: NDArray[np.intp]) -> "Splits":
        return Splits(self.columns[chosen], self.values[chosen], self.rows[chosen])


def splits(program: Program, sample: Table) -> Splits:
    """Those of all forests. A threshold behind a scaler is taken back through it; what stands behind a
    step that mixes columns is not told."""
    found = [_NONE]
    try:
        held = program.held(sample)
    except RefusedError:
        held = []
    for line in program.lines if _are_columns(program, sample) else ():
        if isinstance(line.step, Forest):
            seen = line.step.visitors(held[line.takes[0]]) if held else None
            found += _of_forest(line.step, _sources(program.lines, line.takes[0]), seen)
    return Splits(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _are_columns(program: Program, sample: Table) -> bool:
    """Whether all that it reads in single precision are single numbers, and no arrays."""
    read = [line.step.names for line in program.lines if isinstance(line.step, Singles)]
    return not any(sample.column(name).type.shape for names in read for name in names)


_NONE = Splits(np.empty(0, object), np.empty(0), np.empty(0, np.intp))


def _of_forest(forest: Forest, sources: dict[int, Source], seen: NDArray[np.intp] | None) -> Iterator[Splits]:
    asks = (forest.nodes["flags"] & (LEAF | SET)) == 0
    for place, (name, back) in sources.items():
        at = np.flatnonzero(asks & (forest.nodes["column"] == place))
        values = back(forest.nodes["threshold"][at])
        known = np.isfinite(values)
        rows = np.full(len(at), -1) if seen is None else seen[at]
        yield Splits(np.full(int(known.sum()), name, object), values[known], rows[known])


def around(value: float, field: Field) -> list[float | None]:
    """What that column can hold on both sides of a value, as near as may be, and null where it may be."""
    null = [None] if field.nullable else []
    if field.typed.kind == "bool":
        return [False, True, *null]
    if field.typed.is_integer:
        return [math.floor(value), math.floor(value) + 1, *null]
    kind = np.float32 if field.typed.kind == "float32" else np.float64
    near = [float(end) for toward in (-np.inf, np.inf) for end in _steps(kind(value), kind(toward))]
    return [float(kind(value)), *near, *null]


def _steps(value: Any, toward: Any) -> Iterator[Any]:  # numpy's numbers
    """Two ulps, as a scaler may move a threshold by one, and one in single precision."""
    once = np.nextafter(value, toward)
    yield from (once, np.nextafter(once, toward))
    with np.errstate(over="ignore"):
        yield np.nextafter(np.float32(value), np.float32(toward))


def _sources(lines: tuple[Line, ...], place: int) -> dict[int, Source]:
    """Which input column each column of that line is, where it is one."""
    step, takes = lines[place]
    if isinstance(step, (Numbers, Singles)):
        return {index: (name, _same) for index, name in enumerate(step.names)}
    if isinstance(step, Join):
        return _beside(lines, takes)
    return _passed_on(step, _sources(lines, takes[0])) if len(takes) == 1 else {}


def _passed_on(step: Any, before: dict[int, Source]) -> dict[int, Source]:  # one of the steps
    if isinstance(step, Pick):
        return {index: before[column] for index, column in enumerate(step.columns) if column in before}
    if isinstance(step, (Finite, Fill, Clip)):
        return before
    undo = _UNDONE.get(type(step))
    if undo is None:
        return {}
    return {column: (name, _then(back, undo, step.values[column])) for column, (name, back) in before.items()}


def _beside(lines: tuple[Line, ...], takes: tuple[int, ...]) -> dict[int, Source]:
    found: dict[int, Source] = {}
    first = 0
    for taken in takes:
        found |= {first + column: source for column, source in _sources(lines, taken).items()}
        first += _width(lines, taken)
    return found


def _width(lines: tuple[Line, ...], place: int) -> int:
    step, takes = lines[place]
    for name in ("names", "columns"):
        if hasattr(step, name):
            return len(getattr(step, name))
    if isinstance(step, Join):
        return sum(_width(lines, taken) for taken in takes)
    if hasattr(step, "rows"):  # a Lookup
        return int(step.rows.shape[1])
    if hasattr(step, "weights"):
        return int(step.weights.shape[1])
    return _width(lines, takes[0]) if takes else 1


def _same(values: Array) -> Array:
    return values


def _then(back: Back, undo: Callable[[Array, Any], Array], value: Any) -> Back:
    def both(values: Array) -> Array:
        with np.errstate(all="ignore"):
            return back(undo(values, value))

    return both


_UNDONE: dict[type, Callable[[Array, Any], Array]] = {
    Add: lambda values, value: values - value,
    Divide: lambda values, value: values * value,
    Multiply: lambda values, value: values / value,
    Subtract: lambda values, value: values + value,
}
