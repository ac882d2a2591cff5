"""A flat forest: trees as arrays, and the sums of the leaves that rows reach."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.twin.children import are_apart, within
from boxship.twin.kernel import Kernel
from boxship.twin.refused import RefusedError

NODE = np.dtype([("threshold", "<f8"), ("column", "<u2"), ("flags", "<u2"), ("next", "<i4")])
MISSING_LEFT, SET, LEAF = 1, 2, 4  # flags; as in kernel.c, which tells a leaf by its depth
WIDEST = 2**16
_WALKS = 2**20  # through trees, at once


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees whose nodes stand in one array, a node's children beside each other and after it.

    A row goes left where its value is at most the threshold, in double precision; where `flags`
    say so it goes left if its value is missing, or if its value (a category's code) is in the set
    whose words begin, and are as many, as the two halves of `threshold` say. A leaf leads every
    value to itself, and the leaves have the rows of `leaves` in their order: these are added to the
    outputs from their tree's column on, tree by tree.

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
        return self._whole(rows)

    @cached_property
    def _whole(self) -> Callable[[Array], Array]:
        return self.divided(np.ones(len(self.base)))

    def divided(self, divisors: Array) -> Callable[[Array], Array]:
        """`run`, with every output divided by its number."""
        kernel = self._kernel(divisors)
        sums = self._in_numpy(divisors) if kernel is None else kernel.sums
        width, alone = self.width, (1, self.width)

        def run(rows: Array) -> Array:
            if rows.shape != alone and (rows.ndim != 2 or rows.shape[1] != width):
                raise ValueError(f"rows of {width} values are due, not {rows.shape}")
            out, bad = sums(rows)
            if bad >= 0:
                raise RefusedError(bad, "missing or too large")
            return out

        return run

    def _in_numpy(self, divisors: Array) -> Callable[[Array], tuple[Array, int]]:
        def sums(rows: Array) -> tuple[Array, int]:
            out, bad = self.reference(rows)
            return out / divisors, bad

        return sums

    def _kernel(self, divisors: Array) -> Kernel | None:
        sets = self.leaves, self.sets, self.base, divisors
        return Kernel.of(
            (self.nodes, self.roots, self._depths, self.columns, self._ranks, *sets),
            width=self.width,
            flags=self.single + 2 * (not self.missing),
            largest=self.largest,
        )

    @cached_property
    def _ranks(self) -> NDArray[np.int32]:
        """Of every node that is a leaf: its row of `leaves`."""
        ranks: NDArray[np.int32] = np.cumsum((self.nodes["flags"] & LEAF) != 0, dtype=np.int32)
        return ranks - np.int32(1)

    @cached_property
    def _depths(self) -> NDArray[np.int32]:
        """How many steps lead to each tree's deepest leaf."""
        depths = np.zeros(len(self.roots), np.int32)
        at, of = self.roots.astype(np.intp), np.arange(len(self.roots))
        while len(at):
            splits = (self.nodes["flags"][at] & LEAF) == 0
            left, of = self.nodes["next"][at[splits]], of[splits]
            depths[of] += 1
            at, of = np.concatenate([left, left + 1]), np.concatenate([of, of])
        return depths

    def visitors(self, rows: Array) -> NDArray[np.intp]:
        """For every node one of the rows that come by it, or -1."""
        found = np.full(len(self.nodes), -1)
        many = max(1, _WALKS // max(1, len(self.roots)))
        for first in range(0, len(rows), many):
            of = np.repeat(np.arange(first, min(first + many, len(rows))), len(self.roots))
            at = np.tile(self.roots, len(of) // max(1, len(self.roots)))
            while len(at):
                found[at] = of
                splits = (self.nodes["flags"][at] & LEAF) == 0
                of, nodes = of[splits], self.nodes[at[splits]]
                at = nodes["next"] + ~self._left(nodes, rows[of, nodes["column"]])
        return found

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
            at[going] = nodes["next"] + ~self._left(nodes, rows[going, nodes["column"]])
            going = going[(self.nodes["flags"][at[going]] & LEAF) == 0]
        found: NDArray[np.int32] = self._ranks[at]
        return found

    def _left(self, nodes: NDArray[Any], values: Array) -> NDArray[np.bool_]:
        flags = nodes["flags"]
        left: NDArray[np.bool_] = values <= nodes["threshold"]
        by_set = np.flatnonzero(flags & SET)
        left[by_set] = self._in_set(nodes["threshold"][by_set], values[by_set])
        missing = np.isnan(values)
        left[missing] = (flags[missing] & MISSING_LEFT) != 0
        return left

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
    if not 0 < forest.width <= WIDEST or not forest.largest > 0:
        raise ValueError("the width or the largest value makes no sense")
    if forest.single and (forest.base.astype(np.float32) != forest.base).any():
        raise ValueError("what the outputs begin with is not in single precision")
    if len(forest.roots) != len(forest.columns) or not within(forest.roots, len(forest.nodes)):
        raise ValueError("a tree begins nowhere")
    if not within(forest.columns, len(forest.base) - forest.leaves.shape[1] + 1):
        raise ValueError("a tree ends nowhere")


def _check_nodes(forest: Forest) -> None:
    flags, following, threshold = (
        np.ascontiguousarray(forest.nodes[name]) for name in ("flags", "next", "threshold")
    )
    places = np.arange(len(flags), dtype=np.int32)
    leaf = (flags & LEAF) != 0
    if not within(forest.nodes["column"], forest.width) or (flags > LEAF + SET + MISSING_LEFT).any():
        raise ValueError("a node asks for a column that is not there")
    if (leaf & (following != places)).any() or leaf.sum() != len(forest.leaves):
        raise ValueError("a leaf has no values")
    if (leaf & ((flags != LEAF + MISSING_LEFT) | (threshold != np.inf))).any():
        raise ValueError("a leaf does not lead to itself")
    first = following[~leaf]
    if (~leaf & (following <= places)).any() or not within(first, len(flags) - 1):
        raise ValueError("a node has no children after it")
    # or else trees of few nodes could be as deep and wide as one likes
    if not are_apart(len(flags), forest.roots, first, first + 1):
        raise ValueError("a node has two parents")
    starts, words = _halves(threshold)[(flags & SET) != 0].astype(np.int64).T
    if (starts < 0).any() or (words < 0).any() or (starts + words > len(forest.sets)).any():
        raise ValueError("a set lies outside")
