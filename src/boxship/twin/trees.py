"""Trees as frameworks keep them, laid out as a flat forest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boxship.core.column import Array
from boxship.twin.forest import LEAF, MISSING_LEFT, NODE, SET, WIDEST, Forest
from boxship.twin.refused import NoTwinError

LARGEST_SINGLE = 3.4028235677973362e38  # what is beyond it is infinite in single precision


@dataclass(frozen=True)
class Tree:
    """One tree by its nodes, the root first. `left` is -1 at a leaf, and only there `values` count
    (a row a node). `sets` are the categories that go left, for the nodes that ask for them."""

    left: NDArray[np.integer[Any]]
    right: NDArray[np.integer[Any]]
    feature: NDArray[np.integer[Any]]
    threshold: Array
    missing_left: NDArray[np.bool_]
    values: Array
    sets: dict[int, Sequence[int]]


def single(threshold: ArrayLike) -> Array:
    """For thresholds of values that are rounded to single precision first: those that say the same of
    the values as they are."""
    given = np.asarray(threshold, np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = given.astype(np.float32)
        below = np.where(nearest > given, np.nextafter(nearest, np.float32(-np.inf)), nearest)
        above = np.nextafter(below, np.float32(np.inf)).astype(np.float64)
        middle = below.astype(np.float64) / 2 + above / 2  # a tie goes to the even of the two
    is_even = (below.view(np.int32) & 1) == 0
    lifted = np.where(is_even, middle, np.nextafter(middle, -np.inf))
    lifted = np.where(np.isinf(above) & np.isfinite(below), LARGEST_SINGLE, lifted)
    lifted = np.where(np.isneginf(below), np.nextafter(-LARGEST_SINGLE, -np.inf), lifted)
    return np.where(np.isposinf(below), np.inf, lifted)


def codes_of(words: NDArray[np.uint32]) -> list[int]:
    """The categories whose bits are set."""
    bits = np.unpackbits(np.ascontiguousarray(words, "<u4").view(np.uint8), bitorder="little")
    return np.flatnonzero(bits).tolist()


def lay_out(
    trees: Sequence[Tree],
    *,
    columns: Sequence[int],
    base: Array,
    width: int,
    largest: float,
    missing: bool,
    single: bool = False,
) -> Forest:
    """A forest of these trees in their order; `columns` tells where in the outputs each adds its values."""
    if width > WIDEST:
        raise NoTwinError(f"its trees choose among {width:,} columns, {WIDEST:,} are the most")
    nodes: list[NDArray[Any]] = []
    leaves: list[Array] = []
    words: list[int] = []
    roots: list[int] = []
    first = 0
    for tree in trees:
        order = _by_level(tree)
        nodes.append(_nodes(tree, order, first, words))
        roots.append(first)
        leaves.append(tree.values[order[tree.left[order] < 0]])
        first += len(order)
    return Forest(
        np.concatenate(nodes),
        np.array(roots, np.int32),
        np.array(columns, np.int32),
        np.ascontiguousarray(np.concatenate(leaves), np.float64),
        np.array(words, np.uint32),
        np.ascontiguousarray(base, np.float64),
        width,
        largest,
        missing=missing,
        single=single,
    )


def _by_level(tree: Tree) -> NDArray[np.intp]:
    """The nodes that can be reached, level by level, children beside each other."""
    level = np.zeros(1, np.intp)
    found = [level]
    while len(level):
        split = level[tree.left[level] >= 0]
        level = np.stack([tree.left[split], tree.right[split]], axis=1).reshape(-1).astype(np.intp)
        found.append(level)
    return np.concatenate(found)


def _nodes(tree: Tree, order: NDArray[np.intp], first: int, words: list[int]) -> NDArray[Any]:
    laid = np.zeros(len(order), NODE)
    is_leaf = tree.left[order] < 0
    splits, ends = np.flatnonzero(~is_leaf), np.flatnonzero(is_leaf)
    laid["threshold"][splits] = tree.threshold[order[splits]]
    laid["column"][splits] = tree.feature[order[splits]]
    laid["flags"][splits] = np.where(tree.missing_left[order[splits]], MISSING_LEFT, 0)
    laid["next"][splits] = first + 1 + 2 * np.arange(len(splits))
    laid["threshold"][ends], laid["flags"][ends] = np.inf, LEAF | MISSING_LEFT
    laid["next"][ends] = first + ends
    halves = laid.view("<i4").reshape(-1, 4)[:, :2]
    for place in splits if tree.sets else ():
        if (codes := tree.sets.get(int(order[place]))) is not None:
            laid["flags"][place] |= SET
            halves[place] = len(words), _add_set(codes, words)
    return laid


def _add_set(codes: Sequence[int], words: list[int]) -> int:
    """Bits of the codes, appended; how many words they are."""
    bits = [0] * (max(codes, default=-1) // 32 + 1)
    for code in codes:
        bits[code // 32] |= 1 << (code % 32)
    words += bits
    return len(bits)
