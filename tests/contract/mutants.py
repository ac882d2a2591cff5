"""Twins with one wrong number: every field of every step, changed where that matters to some row."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from boxship._pack.learn import learn_contract, typed_inputs
from boxship._pack.twin import Made, prove_twin
from boxship._pack.wishes import Wishes
from boxship.adapters import Lowerer, Model
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.testing.adapters import described_of
from boxship.twin.encode import Lookup
from boxship.twin.forest import LEAF, MISSING_LEFT, SET, Forest
from boxship.twin.program import Line, Program


class Packed:
    """What a pack holds before it proves a twin."""

    def __init__(self, model: Model, rows: Table) -> None:
        assert isinstance(model, Lowerer)
        self.model = model
        described = described_of(model, rows)
        self.sample: Table = typed_inputs(described, rows, Wishes())
        self.contract: Contract = learn_contract(described, self.sample, Profile.of(self.sample), Wishes())
        self.program = model.lower(self.contract)

    def prove(self, program: Program) -> Made:
        return prove_twin(
            self.model, program, Digest("0" * 64), self.contract, self.sample, version="", rows=800
        )

    def is_proven(self, place: int, step: Any) -> bool:
        lines = list(self.program.lines)
        lines[place] = Line(step, lines[place].takes)
        return self.prove(Program(tuple(lines), self.program.answers)).twin is not None

    def mutants(self, place: int, rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
        """Each with what was changed: something that matters to some row that the contract admits."""
        step, takes = self.program.lines[place]
        if isinstance(step, Forest):
            yield from of_forest(step, self.program.held(self.sample)[takes[0]], rng)
            return
        trees = any(isinstance(line.step, Forest) for line in self.program.lines[place:])
        if isinstance(step, Lookup):
            yield from of_table(step, slice(None) if trees else slice(1))
            return
        for field in dataclasses.fields(step):
            value = getattr(step, field.name)
            if isinstance(value, np.ndarray):
                for at in rng.permutation(value.size)[:4].tolist():
                    changed = shifted(value, at, far if trees else near)
                    yield f"{field.name}[{at}]", dataclasses.replace(step, **{field.name: changed})
            elif isinstance(value, tuple) and len(value) > 1:
                turned = (*value[1:], value[0])
                yield f"{field.name} turned", dataclasses.replace(step, **{field.name: turned})

    def unseen(self) -> list[str]:
        """The mutants that the proof takes for the model; the twin itself has to pass."""
        assert self.prove(self.program).twin is not None, self.prove(self.program).reason
        return [
            f"line {place}, {type(line.step).__name__}: {what}"
            for place, line in enumerate(self.program.lines)
            for what, step in self.mutants(place, np.random.default_rng(place))
            if self.is_proven(place, step)
        ]


def of_table(step: Lookup, columns: slice) -> Iterator[tuple[str, Lookup]]:
    """Every row: another flag or code, or that of another category where what is in no list is refused. The
    last row is for nulls, and there are none; the one before it is for what is in no list."""
    known = len(step.rows) - 2
    for at in range(known + step.unknown):
        rows = step.rows.copy()
        rows[at, columns] = 1 - rows[at, columns] if step.unknown else rows[known - 1 - at, columns]
        yield f"row {at}", dataclasses.replace(step, rows=rows)


def near(value: Any) -> Any:
    return value * 1.001 + 0.01


def far(value: Any) -> Any:
    """What lies on the other side of a split."""
    return -value - 100


def shifted(values: Any, at: int, how: Callable[[Any], Any]) -> Any:
    changed = values.copy()
    changed.reshape(-1)[at] = how(changed.reshape(-1)[at])
    return changed


def of_forest(forest: Forest, rows: Any, rng: np.random.Generator) -> Iterator[tuple[str, Forest]]:
    """Of nodes above two leaves that differ, those that ask for what has many values or for a category; where
    one is missing, of that."""
    nodes = forest.nodes
    leaf = (nodes["flags"] & LEAF) != 0
    many = np.array([len(np.unique(column)) > 9 for column in rows.T])
    left = nodes["next"] * ~leaf
    above = ~leaf & leaf[left] & leaf[left + 1]
    above &= (forest.leaves[forest._ranks[left]] != forest.leaves[forest._ranks[left + 1]]).any(axis=1)
    comes_by = forest.visitors(rows) >= 0  # of what no row can reach, nothing is told
    above &= comes_by[left] & comes_by[left + 1]
    by_set = (nodes["flags"] & SET) != 0
    numbers = above & ~by_set & many[nodes["column"]]
    for at in rng.permutation(np.flatnonzero(numbers)).tolist()[:5]:
        yield f"column of {at}", changed_node(forest, at, "column", lambda old: (old + 1) % forest.width)
        for toward in (-np.inf, np.inf):
            moved = changed_node(forest, at, "threshold", lambda old, to=toward: single_ulp(old, to))
            yield f"threshold of {at} toward {toward}", moved
        if forest.visitors(rows[np.isnan(rows[:, nodes["column"][at]])])[at] >= 0:
            yield f"missing of {at}", changed_node(forest, at, "flags", lambda old: old ^ MISSING_LEFT)
    for at in rng.permutation(np.flatnonzero(above & by_set)).tolist()[:5]:
        yield from of_set(forest, at, rows)
    reached = np.repeat(comes_by[leaf], forest.leaves.shape[1])
    for at in rng.permutation(np.flatnonzero(reached)).tolist()[:5]:
        yield f"leaf {at}", dataclasses.replace(forest, leaves=shifted(forest.leaves, at, near))
    base = shifted(forest.base, 0, near)
    yield "base", dataclasses.replace(forest, base=base.astype("f4").astype("f8") if forest.single else base)


def of_set(forest: Forest, at: int, rows: Any) -> Iterator[tuple[str, Forest]]:
    """The other way for each category of which a row comes by that node."""
    first, words = forest.nodes["threshold"][at : at + 1].copy().view("<i4").tolist()
    for code in range(32 * words):
        of_code = rows[rows[:, forest.nodes["column"][at]] == code]
        if len(of_code) and forest.visitors(of_code)[at] >= 0:
            sets = forest.sets.copy()
            sets[first + code // 32] ^= np.uint32(1 << code % 32)
            yield f"category {code} of {at}", dataclasses.replace(forest, sets=sets)


def single_ulp(value: Any, toward: float) -> float:
    return float(np.nextafter(np.float32(value), np.float32(toward)))


def changed_node(forest: Forest, at: int, name: str, change: Any) -> Forest:
    nodes = forest.nodes.copy()
    nodes[name][at] = change(nodes[name][at])
    return dataclasses.replace(forest, nodes=nodes)
