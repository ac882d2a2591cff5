"""Trees in ONNX: which leaf of each tree a row reaches, by the one operator that compares in double precision."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array
from boxship.onnx.graph import TREES, Graph, Value
from boxship.twin.refused import NoTwinError

_EXACT = 2**24  # the operator gives single precision, which holds whole numbers up to this


@dataclass(frozen=True)
class Laid:
    """Trees by their nodes, tree after tree, each from its root on; children by their places in their tree.

    A row goes left where its value is at most the threshold. Of a leaf, `gives` is told.
    """

    tree: NDArray[np.int64]
    node: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: Array
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    is_leaf: NDArray[np.bool_]
    gives: NDArray[np.int64]


def reached(graph: Graph, rows: Value, laid: Laid) -> Value:
    """What the leaf gives that each row reaches, a column a tree.

    Each tree is an output of its own, to which one leaf adds one number: so no order of adding up, by
    however many threads, changes it. Raises `NoTwinError` where a number is too large for that.
    """
    if np.abs(laid.gives).max(initial=0) > _EXACT:
        raise NoTwinError("a leaf of its trees gives a number that single precision does not hold")
    ends = laid.is_leaf
    many = int(laid.tree[-1]) + 1
    modes = np.where(ends, "LEAF", "BRANCH_LEQ").tolist()
    attributes: dict[str, Any] = {  # as the operator names them
        "n_targets": many,
        "nodes_treeids": laid.tree,
        "nodes_nodeids": laid.node,
        "nodes_featureids": laid.column,
        "nodes_modes": modes,
        "nodes_values_as_tensor": np.where(ends, 0.0, laid.threshold),
        "nodes_truenodeids": laid.left,
        "nodes_falsenodeids": laid.right,
        "nodes_missing_value_tracks_true": laid.missing_left.astype(np.int64),
        "target_treeids": laid.tree[ends],
        "target_nodeids": laid.node[ends],
        "target_ids": laid.tree[ends],
        "target_weights_as_tensor": laid.gives[ends].astype(np.float64),
    }
    given = graph.cast(rows, "float64").name
    found = graph.node("TreeEnsembleRegressor", given, domain=TREES, **attributes)
    return graph.cast(Value(found, "float32", many), "int64")
