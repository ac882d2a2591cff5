"""ONNX: ensembles of trees, as a forest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxship.adapters.network_twin import Flow
from boxship.core.column import Array
from boxship.twin.children import are_children
from boxship.twin.forest import Forest
from boxship.twin.refused import NoTwinError
from boxship.twin.trees import Tree, lay_out

Told = Mapping[str, Any]  # attributes by name, lists of numbers or texts
Places = dict[tuple[int, int], int]
_MODES = {"BRANCH_LEQ", "BRANCH_LT", "LEAF"}
_NODES = (
    *("featureids", "hitrates", "missing_value_tracks_true", "modes", "nodeids"),
    *("falsenodeids", "treeids", "truenodeids", "values"),
)
_LEAVES = ("ids", "nodeids", "treeids", "weights")


def sums(flow: Flow, told: Told, kind: str, outputs: int, *others: str) -> Flow:
    """What the trees add up to, for each of so many outputs; `kind` is what the operator calls these.

    It adds up in single precision, in an order that goes by its threads and by how many rows there are.
    """
    known = {*(f"nodes_{name}" for name in _NODES), *(f"{kind}_{name}" for name in _LEAVES)}
    strange = sorted(told.keys() - known - {"base_values", "post_transform", *others})
    if strange:
        raise NoTwinError(f"its trees say {strange[0]!r}, of which nothing is known yet")
    at = _places(told)
    forest = _forest(told, at, _values(told, at, kind, outputs), *flow.shape)
    found = flow.then(forest, (outputs,))
    base = told.get("base_values", np.zeros(outputs, np.float32))
    if base.shape != (outputs,):
        raise NoTwinError(f"its trees begin with {len(base)} numbers for {outputs} outputs")
    return found.scaled(1, base) if len(forest.roots) > 1 or base.any() else found


def _forest(told: Told, at: Places, values: Array, width: int) -> Forest:
    trees = np.array(told["nodes_treeids"])
    starts = np.flatnonzero(np.diff(trees, prepend=trees[0] - 1)).tolist()
    if len(starts) != len(np.unique(trees)):
        raise ValueError("the nodes of a tree do not stand together")
    modes = np.array(told["nodes_modes"])
    if strange := sorted({*modes.tolist()} - _MODES):
        raise NoTwinError(f"its trees decide by {strange[0]}")
    whole = _whole(told, at, modes, values)
    found = [_tree(whole, first, last) for first, last in zip(starts, [*starts[1:], len(trees)], strict=True)]
    return lay_out(
        found,
        columns=[0] * len(found),
        base=np.zeros(values.shape[1]),
        width=width,
        largest=np.inf,
        missing=True,
        single=True,
    )


def _whole(told: Told, at: Places, modes: NDArray[np.str_], values: Array) -> Tree:
    """All nodes as if they were one tree."""
    left, right = (_children(told, at, name) for name in ("nodes_truenodeids", "nodes_falsenodeids"))
    threshold = told["nodes_values"].astype(np.float64)
    below = modes == "BRANCH_LT"
    if np.isneginf(threshold[below]).any():
        raise NoTwinError("its trees ask what is below all numbers")
    missing_left = np.array(told.get("nodes_missing_value_tracks_true", [0] * len(modes)), bool)
    lowered = np.where(below, np.nextafter(threshold, -np.inf), threshold)
    return Tree(left, right, np.array(told["nodes_featureids"]), lowered, missing_left, values, {})


def _children(told: Told, at: Places, name: str) -> NDArray[np.int64]:
    each = zip(told["nodes_treeids"], told[name], told["nodes_modes"], strict=True)
    return np.array([-1 if mode == "LEAF" else at[tree, one] for tree, one, mode in each])


def _places(told: Told) -> Places:
    """Where each node stands, by its tree and its number there."""
    keys = list(zip(told["nodes_treeids"], told["nodes_nodeids"], strict=True))
    found = {key: place for place, key in enumerate(keys)}
    if len(found) < len(keys):
        raise ValueError("two nodes of a tree have the same number")
    return found


def _tree(whole: Tree, first: int, last: int) -> Tree:
    mine = slice(first, last)
    is_split = whole.left[mine] >= 0
    left, right = (np.where(is_split, one[mine] - first, -1) for one in (whole.left, whole.right))
    count = last - first
    if 2 * is_split.sum() + 1 != count or not are_children(count, left[is_split], right[is_split]):
        raise ValueError("the nodes of a tree make none")
    return Tree(
        left,
        right,
        whole.feature[mine],
        whole.threshold[mine],
        whole.missing_left[mine],
        whole.values[mine],
        {},
    )


def _values(told: Told, at: Places, kind: str, outputs: int) -> Array:
    """Of each node, what it adds to each output. There is one tree at least all of whose leaves say so."""
    modes = told["nodes_modes"]
    lists = (told[f"{kind}_{name}"] for name in ("treeids", "nodeids", "ids", "weights"))
    found = np.zeros((len(modes), outputs), np.float32)
    said = np.zeros(found.shape, bool)
    for tree, node, output, weight in zip(*lists, strict=True):
        place = at[tree, node]
        if modes[place] != "LEAF" or not 0 <= output < outputs or said[place, output]:
            raise ValueError("a leaf says twice what it adds, or to what is not there")
        found[place, output], said[place, output] = weight, True
    is_leaf = np.array(modes) == "LEAF"
    trees = np.unique(told["nodes_treeids"], return_inverse=True)[1]
    silent = np.zeros((trees.max() + 1, outputs), bool)
    np.logical_or.at(silent, trees[is_leaf], ~said[is_leaf])
    if silent.all(axis=0).any():
        raise NoTwinError("no tree has something to say of one of its outputs in each leaf")
    return found
