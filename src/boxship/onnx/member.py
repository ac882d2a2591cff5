"""Splits by sets of categories, as splits by a number: whether a value is in the set is a column of its own."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.onnx.graph import Graph, Value
from boxship.twin.forest import LEAF, MISSING_LEFT, SET, Forest
from boxship.twin.trees import codes_of


class Asked(NamedTuple):
    """A set that nodes ask for: of which column, and whether a missing value goes left with those in it."""

    column: int
    words: bytes
    missing_left: bool


class Members(NamedTuple):
    """What each node asks for: a column of the rows or, behind these, one of the sets."""

    columns: NDArray[np.int64]
    thresholds: Array
    sets: Sequence[Asked]  # in the order of their columns

    @classmethod
    def of(cls, forest: Forest) -> Self:
        nodes = forest.nodes
        columns, thresholds = nodes["column"].astype(np.int64), nodes["threshold"].copy()
        asks = np.flatnonzero((nodes["flags"] & (SET | LEAF)) == SET)
        halves = thresholds[asks].view("<i4").reshape(-1, 2).tolist()
        each = [
            Asked(
                int(columns[node]),
                forest.sets[first : first + many].tobytes(),
                bool(nodes["flags"][node] & MISSING_LEFT),
            )
            for node, (first, many) in zip(asks.tolist(), halves, strict=True)
        ]
        known = {asked: place for place, asked in enumerate(sorted(set(each)))}
        columns[asks] = [forest.width + known[asked] for asked in each]
        thresholds[asks] = 0.5
        return cls(columns, thresholds, [*known])

    def beside(self, graph: Graph, rows: Value) -> Value:
        """The rows, and for each set 0 where the value is in it, else 1."""
        columns = sorted({asked.column for asked in self.sets})
        return graph.beside(rows, *[self._of_column(graph, rows, column) for column in columns])

    def _of_column(self, graph: Graph, rows: Value, column: int) -> Value:
        """By a table with a row a category, one for what is none of them, and one for what is missing."""
        sets = [asked for asked in self.sets if asked.column == column]
        size = 8 * max(len(asked.words) for asked in sets)
        table = np.ones((size + 2, len(sets)), np.uint8)
        for place, asked in enumerate(sets):
            table[codes_of(np.frombuffer(asked.words, np.uint32)), place] = 0
            table[-1, place] = not asked.missing_left
        one = graph.column(rows, column)
        known = graph.test(
            "And", graph.test("GreaterOrEqual", one, 0.0), graph.test("Less", one, float(size))
        )
        place_ = graph.where(known, one, np.array(float(size)))
        place_ = graph.where(graph.test("IsNaN", one), np.array(size + 1.0), place_)
        return graph.cast(graph.look_up(table, graph.cast(place_, "int64")), "float64")
