"""The input values at which a program's forests decide."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.twin.forest import LEAF, SET, Forest
from boxship.twin.program import Line, Program
from boxship.twin.read import Numbers
from boxship.twin.steps import Add, Clip, Divide, Fill, Finite, Join, Multiply, Pick, Subtract

_ULPS = 2  # on each side: what a scaler rounds may move a threshold by one

Back = Callable[[Array], Array]
Source = tuple[str, Back]  # an input column, and the way back to it


def edges(program: Program) -> dict[str, Array]:
    """For every input column that a forest asks for, its thresholds and their neighbours, sorted.

    A threshold behind a scaler is taken back through it. What stands behind a step that mixes columns
    has no edge of its own."""
    found: dict[str, list[Array]] = {}
    for line in program.lines:
        if isinstance(line.step, Forest):
            sources = _sources(program.lines, line.takes[0])
            for place, thresholds in _thresholds(line.step):
                if (source := sources.get(place)) is not None:
                    name, back = source
                    found.setdefault(name, []).append(_around(back(thresholds)))
    return {name: np.unique(np.concatenate(values)) for name, values in sorted(found.items())}


def _thresholds(forest: Forest) -> Iterator[tuple[int, Array]]:
    splits = forest.nodes[(forest.nodes["flags"] & (LEAF | SET)) == 0]
    columns: NDArray[Any] = splits["column"]
    for place in np.unique(columns).tolist():
        yield place, np.unique(splits["threshold"][columns == place])


def _around(values: Array) -> Array:
    values = values[np.isfinite(values)]
    found = [values]
    for toward in (-np.inf, np.inf):
        moved = values
        for _ in range(_ULPS):
            moved = np.nextafter(moved, toward)
            found.append(moved)
    every = np.concatenate(found)
    finite: Array = every[np.isfinite(every)]
    return finite


def _sources(lines: tuple[Line, ...], place: int) -> dict[int, Source]:
    """Which input column each column of that line is, where it is one."""
    step, takes = lines[place]
    if isinstance(step, Numbers):
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
