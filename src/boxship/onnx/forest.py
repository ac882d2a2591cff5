"""How a forest stands in ONNX: the leaf that each tree leads to, and these added up in the trees' order."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.onnx.graph import Graph, Value
from boxship.onnx.member import Members
from boxship.onnx.tree import Laid, reached
from boxship.twin.forest import LEAF, MISSING_LEFT, Forest
from boxship.twin.refused import NoTwinError

_AT_ONCE = 4096  # numbers a row that one node adds up


def forest(graph: Graph, step: Forest, rows: Value) -> Value:
    """In whatever number of threads it is run, the sums are those of the program to the last bit."""
    members = Members.of(step)
    laid = _laid(step, members)
    ends = np.cumsum((step.nodes["flags"] & LEAF) != 0)[_order(step)[laid.is_leaf]] - 1
    leaves = _begun(step, step.leaves[ends], laid.tree[laid.is_leaf])
    found = reached(graph, members.beside(graph, rows), laid)
    add_up = _rows_of_leaves if step.leaves.shape[1] == len(step.base) else _each_its_column
    return _refused(graph, step, rows, graph.cast(add_up(graph, step, found, leaves), "float64"))


def _refused(graph: Graph, step: Forest, rows: Value, sums: Value) -> Value:
    """What the model itself does not take makes the run fail."""
    bad = []
    if np.isfinite(step.largest):
        bad.append(graph.test("Greater", graph.each("Abs", rows), step.largest))
    if not step.missing:
        bad.append(graph.test("IsNaN", rows))
    for one in bad:
        sums = graph.refuse(sums, graph.any_of(one))
    return sums


def _trees(step: Forest) -> NDArray[np.int64]:
    """Of each node its tree, or -1."""
    found = np.full(len(step.nodes), -1)
    level, of = step.roots.astype(np.int64), np.arange(len(step.roots))
    while len(level):
        found[level] = of
        splits = (step.nodes["flags"][level] & LEAF) == 0
        left, of = step.nodes["next"][level[splits]].astype(np.int64), of[splits]
        level, of = np.concatenate([left, left + 1]), np.concatenate([of, of])
    return found


def _order(step: Forest) -> NDArray[np.int64]:
    """The nodes tree after tree, each from its root on."""
    trees = _trees(step)
    order = np.argsort(trees, kind="stable")
    return order[trees[order] >= 0]


def _laid(step: Forest, members: Members) -> Laid:
    order, trees = _order(step), _trees(step)
    tree = trees[order]
    place = np.zeros(len(step.nodes), np.int64)
    place[order] = np.arange(len(order)) - np.searchsorted(tree, tree)
    nodes = step.nodes[order]
    is_leaf = (nodes["flags"] & LEAF) != 0
    left = np.where(is_leaf, 0, nodes["next"])
    return Laid(
        tree,
        place[order],
        np.where(is_leaf, 0, members.columns[order]),
        members.thresholds[order],
        np.where(is_leaf, 0, place[left]),
        np.where(is_leaf, 0, place[np.minimum(left + 1, len(place) - 1)]),
        (nodes["flags"] & MISSING_LEFT != 0) & ~is_leaf,
        is_leaf,
        np.cumsum(is_leaf) - 1,
    )


def _begun(step: Forest, leaves: Array, tree: NDArray[np.int64]) -> Array:
    """The leaves' values; those of the first tree of each output begin with its base."""
    kind = np.float32 if step.single else np.float64
    begun, base = leaves.astype(kind), step.base.astype(kind)
    for output in range(len(base)):
        apart = output - step.columns
        mine = np.flatnonzero((apart >= 0) & (apart < leaves.shape[1]))
        if not len(mine):
            raise NoTwinError("an output of its forest has no tree")
        begun[tree == mine[0], apart[mine[0]]] += base[output]
    return begun


def _rows_of_leaves(graph: Graph, step: Forest, found: Value, leaves: Array) -> Value:
    """Where each tree adds to every output: by some trees at a time, what was before among them."""
    many, wide = len(step.roots), len(step.base)
    size = max(1, _AT_ONCE // wide)
    table = graph.constant(leaves)
    sums = ""
    for first in range(0, many, size):
        some = range(first, min(first + size, many))
        block = graph.node("Gather", table, graph.pick(found, some).name, axis=0)
        if sums:
            block = graph.node(
                "Concat", graph.node("Unsqueeze", sums, graph.constant(np.array([1]))), block, axis=1
            )
        last = graph.constant(np.int64(len(some) - (0 if sums else 1)))
        sums = graph.node("Gather", graph.node("CumSum", block, graph.constant(np.int64(1))), last, axis=1)
    return Value(sums, leaves.dtype.name, wide)


def _each_its_column(graph: Graph, step: Forest, found: Value, leaves: Array) -> Value:
    """Where each tree adds to one output."""
    if leaves.shape[1] != 1:
        raise NoTwinError("the trees of its forest add to some of its outputs")
    wide = len(step.base)
    mine = [np.flatnonzero(step.columns == output) for output in range(wide)]
    values = graph.look_up(leaves[:, 0], found)
    counts = {len(one) for one in mine}
    if len(counts) > 1:
        parts = [graph.summed_up(graph.pick(values, one)) for one in mine]
        return graph.beside(*[graph.pick(one, [(one.width or 1) - 1]) for one in parts])
    (many,) = counts
    ordered = graph.pick(values, np.stack(mine, axis=1).reshape(-1))
    shaped = graph.shaped(ordered, many, wide)
    sums = graph.node("CumSum", shaped.name, graph.constant(np.int64(1)))
    last = graph.node("Gather", sums, graph.constant(np.int64(many - 1)), axis=1)
    return Value(last, values.kind, wide)


STEPS: dict[type, Callable[..., Value]] = {Forest: forest}
