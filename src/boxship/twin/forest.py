"""A flat forest: trees as arrays, and the sums of the leaves that rows reach."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.twin.kernel import Kernel
from boxship.twin.refused import RefusedError

NODE = np.dtype([("threshold", "<f8"), ("feature", "<i4"), ("next", "<i4")])
COLUMN, MISSING_LEFT, SET, LEAF = 0x0FFFFFFF, 0x10000000, 0x20000000, 0x40000000  # as in kernel.c


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees whose nodes stand in one array, a node's children beside each other and after it.

    A row goes left where its value is at most the threshold, in double precision; where `feature`
    says so it goes left if its value is missing, or if its value (a category's code) is in the set
    whose words begin, and are as many, as the two halves of `threshold` say. A leaf stays at
    itself, and the first half of its threshold is its row of `leaves`: that is added to the outputs
    from its tree's column on, tree by tree.

    `base` is what the outputs begin with, `single` adds in single precision. A row with a value
    beyond `largest` is refused, and unless `missing` one with NaN: the model itself takes none.
    """

    nodes: NDArray[Any]
    roots: NDArray[np.int32]
    columns: NDArray[np.int32]
    leaves: Array
    sets: NDArray[np.uint32]
    base: Array
    width: int
    largest: float
    missing: bool
    single: bool

    def __post_init__(self) -> None:
        """Refuse arrays that would lead outside of them, or in a circle."""
        _check_forms(self)
        _check_nodes(self)

    def run(self, rows: Array) -> Array:
        """The outputs of each row; raises `RefusedError` where the model takes no such row."""
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise ValueError(f"rows of {self.width} values are due, not {rows.shape}")
        rows = np.ascontiguousarray(rows, np.float64)
        out, bad = self._kernel.sums(rows) if self._kernel else self.reference(rows)
        if bad >= 0:
            raise RefusedError(bad, "missing or too large")
        return out

    @cached_property
    def _kernel(self) -> Kernel | None:
        return Kernel.of(
            (self.nodes, self.roots, self.columns, self.leaves, self.sets),
            self.base,
            width=self.width,
            flags=self.single + 2 * (not self.missing),
            largest=self.largest,
        )

    def reference(self, rows: Array) -> tuple[Array, int]:
        """What the kernel does, in numpy: the outputs, and the first refused row, or -1."""
        sums: Array = np.tile(self.base, (len(rows), 1)).astype(np.float32 if self.single else np.float64)
        bad = (np.abs(rows) > self.largest) | (np.isnan(rows) & (not self.missing))
        if bad.any():
            return sums, int(bad.any(axis=1).argmax())
        leaves = self.leaves.astype(sums.dtype)
        wide = leaves.shape[1]
        for root, column in zip(self.roots.tolist(), self.columns.tolist(), strict=True):
            sums[:, column : column + wide] += leaves[self._reached(rows, root)]
        return sums.astype(np.float64, copy=False), -1

    def _reached(self, rows: Array, root: int) -> NDArray[np.int32]:
        """The row of leaves that every row reaches in one tree."""
        at = np.full(len(rows), root)
        going = np.arange(len(rows))
        while len(going):
            nodes = self.nodes[at[going]]
            at[going] = nodes["next"] + ~self._left(nodes, rows[going, nodes["feature"] & COLUMN])
            going = going[self.nodes["feature"][at[going]] < LEAF]
        found: NDArray[np.int32] = _halves(self.nodes["threshold"][at])[:, 0]
        return found

    def _left(self, nodes: NDArray[Any], values: Array) -> NDArray[np.bool_]:
        feature = nodes["feature"]
        left: NDArray[np.bool_] = values <= nodes["threshold"]
        by_set = np.flatnonzero(feature & SET)
        left[by_set] = self._in_set(nodes["threshold"][by_set], values[by_set])
        missing = np.isnan(values)
        left[missing] = (feature[missing] & MISSING_LEFT) != 0
        return left | (feature >= LEAF)

    def _in_set(self, thresholds: Array, values: Array) -> NDArray[np.bool_]:
        first, words = _halves(thresholds).T
        inside = (values >= 0) & (values < 32.0 * words)
        found = np.zeros(len(values), bool)
        codes = values[inside].astype(np.int64)
        word = self.sets[first[inside] + (codes >> 5)]
        found[inside] = word >> (codes & 31).astype(np.uint32) & 1
        return found


def _halves(thresholds: Array) -> NDArray[np.int32]:
    """The eight bytes of each as two integers."""
    return np.ascontiguousarray(thresholds).view("<i4").reshape(-1, 2)


def _check_forms(forest: Forest) -> None:
    forms = (
        (forest.nodes, NODE, 1),
        (forest.roots, "<i4", 1),
        (forest.columns, "<i4", 1),
        (forest.leaves, "<f8", 2),
        (forest.sets, "<u4", 1),
        (forest.base, "<f8", 1),
    )
    for array, dtype, dimensions in forms:
        if array.dtype != np.dtype(dtype) or array.ndim != dimensions or not array.flags.c_contiguous:
            raise ValueError("an array has another type or shape than a forest's")
    if not 0 < forest.width <= COLUMN or not forest.largest > 0:
        raise ValueError("the width or the largest value makes no sense")
    if forest.single and (forest.base.astype(np.float32) != forest.base).any():
        raise ValueError("what the outputs begin with is not in single precision")
    if len(forest.roots) != len(forest.columns) or not _within(forest.roots, len(forest.nodes)):
        raise ValueError("a tree begins nowhere")
    if not _within(forest.columns, len(forest.base) - forest.leaves.shape[1] + 1):
        raise ValueError("a tree ends nowhere")


def _check_nodes(forest: Forest) -> None:
    feature, following = forest.nodes["feature"], forest.nodes["next"]
    places = np.arange(len(feature))
    leaf = feature >= LEAF
    halves = _halves(forest.nodes["threshold"])
    if not _within(feature & COLUMN, forest.width) or (feature < 0).any():
        raise ValueError("a node asks for a column that is not there")
    if (following[leaf] != places[leaf]).any() or not _within(halves[leaf, 0], len(forest.leaves)):
        raise ValueError("a leaf has no values")
    if (following[~leaf] <= places[~leaf]).any() or not _within(following[~leaf], len(feature) - 1):
        raise ValueError("a node has no children after it")
    first, words = halves[(feature & SET) != 0].astype(np.int64).T
    if (first < 0).any() or (words < 0).any() or (first + words > len(forest.sets)).any():
        raise ValueError("a set lies outside")


def _within(places: NDArray[Any], count: int) -> bool:
    return not len(places) or (int(places.min()) >= 0 and int(places.max()) < count)
