"""A lowered model: steps over arrays, each taking what earlier ones gave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from boxship.core.column import Array
from boxship.core.table import Table

T = TypeVar("T")

_ALL = 2**62
NEAR = 1e-12  # sums in another order, and functions such as exp by another library
NEAR_SINGLE = 2.5e-7  # functions in single precision
NEAR_NETWORK = 1e-5  # sums in single precision, layer after layer: as near as such a model is to itself


class Reader(Protocol):
    """What a program begins with."""

    def read(self, table: Table) -> Array:
        """Columns of the table as one block of numbers, a row a row."""


class Step(Protocol):
    """One act of a program: pure, and the same for a row alone as among others, within what it says as `near`.

    One that need not give the model's own bits says how near it comes so; one of which the
    numbers may leave what floats can hold says so, as `overflows`; one that holds much for each row says how
    many it should be given at once, as `most_rows`.
    """

    @property
    def run(self) -> Callable[..., Array]:
        """Called with what the lines gave that it takes; raises `RefusedError` where the model would
        not take such a row."""


class Line(NamedTuple):
    """A step, and the lines whose values it takes; a reader takes none."""

    step: Any  # a Reader where `takes` is empty, else a Step
    takes: tuple[int, ...]


class Answer(NamedTuple):
    """The lines that hold one output's values and, for a classifier, its probabilities; in a draft also
    what it decides by, where that is no probability."""

    values: int
    shares: int | None = None
    scores: int | None = None


@dataclass(frozen=True)
class Program:
    """Lines in order, and which of them are the answer. What it needs is numpy."""

    lines: tuple[Line, ...]
    answers: tuple[Answer, ...]

    def __post_init__(self) -> None:
        """Refuse a program that takes what is not there yet."""
        for place, line in enumerate(self.lines):
            if any(not 0 <= taken < place for taken in line.takes):
                raise ValueError(f"line {place} takes what no line before it gives")
        wanted = [line for answer in self.answers for line in answer if line is not None]
        if not wanted or any(not 0 <= line < len(self.lines) for line in wanted):
            raise ValueError("an answer is no line of the program")

    @property
    def near(self) -> float:
        """How far its answers may honestly lie from the model's own: 0 where every step gives the same bits."""
        return max(getattr(line.step, "near", 0.0) for line in self.lines)

    @property
    def most_rows(self) -> int:
        """That should be run at once."""
        return min(int(getattr(line.step, "most_rows", _ALL)) for line in self.lines)

    def run(self, table: Table) -> list[tuple[Array, Array | None]]:
        """Values and probabilities of every output."""
        return self.bound(_pair)(table)

    def held(self, table: Table) -> list[Array]:
        """What every line gives."""
        with np.errstate(all="ignore"):
            return _filled(_acts(self.lines), table)[1:]

    def bound(self, give: Callable[[Array, Array | None], T]) -> Callable[[Table], list[T]]:
        """A function that runs the program, and gives every output: what can be looked up before is."""
        acts = _acts(self.lines)
        places = [(one.values + 1, 0 if one.shares is None else one.shares + 1) for one in self.answers]

        def run(table: Table) -> list[T]:
            held = _filled(acts, table)
            return [give(held[values], held[shares] if shares else None) for values, shares in places]

        def run_for_one(table: Table) -> list[T]:
            held = _filled(acts, table)
            return [give(held[first], held[its_shares] if its_shares else None)]

        def run_silently(table: Table) -> list[T]:
            with np.errstate(all="ignore"):
                return whole(table)

        (first, its_shares), *others = places
        whole = run if others else run_for_one  # a loop over one answer costs as much as its label
        overflows = any(getattr(line.step, "overflows", False) for line in self.lines)
        return run_silently if overflows else whole


Act = tuple[Callable[..., Array], int, tuple[int, ...]]


def _acts(lines: Sequence[Line]) -> list[Act]:
    """Every line's function, and where what it takes stands, in a list that begins with the table."""
    return [
        (step.run, takes[0] + 1, tuple(taken + 1 for taken in takes[1:])) if takes else (step.read, 0, ())
        for step, takes in lines
    ]


def _filled(acts: Sequence[Act], table: Table) -> list[Any]:
    """The table, and what every line gives."""
    held: list[Any] = [table]
    for act, first, others in acts:
        held.append(act(held[first], *[held[at] for at in others]) if others else act(held[first]))
    return held


def _pair(values: Array, shares: Array | None) -> tuple[Array, Array | None]:
    return values, shares


def _moved(answer: Answer, now: dict[int, int]) -> Answer:
    return Answer(now[answer.values], None if answer.shares is None else now[answer.shares])


class Draft:
    """A program as it is written, line by line."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def read(self, reader: Reader) -> int:
        """Add a line that reads the table; gives its number."""
        return self._add(reader, ())

    def then(self, step: Step, *takes: int) -> int:
        """Add a line that takes those lines; gives its number."""
        return self._add(step, takes)

    def finish(self, answers: Sequence[Answer]) -> Program:
        """The lines that lead to the answers."""
        needed = {line for one in answers for line in (one.values, one.shares) if line is not None}
        for place in reversed(range(len(self._lines))):
            if place in needed:
                needed.update(self._lines[place].takes)
        now = {place: number for number, place in enumerate(sorted(needed))}
        lines = tuple(
            Line(self._lines[place].step, tuple(now[line] for line in self._lines[place].takes))
            for place in sorted(needed)
        )
        return Program(lines, tuple(_moved(one, now) for one in answers))

    def _add(self, step: Reader | Step, takes: tuple[int, ...]) -> int:
        self._lines.append(Line(step, takes))
        return len(self._lines) - 1
