"""Functions of one column that are level but for steps, as a tree: exact, and quick however many steps there are."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boxship.core.column import Array
from boxship.onnx.graph import Graph, Value
from boxship.onnx.tree import Laid, reached


def stair(graph: Graph, one: Value, edges: ArrayLike, heights: ArrayLike) -> Value:
    """The first height up to the first edge, the second up to the second, and so on; the last also where a
    value is NaN. Heights are whole numbers, one more than edges; these rise."""
    return reached(graph, one, _tree(np.asarray(edges, np.float64), np.asarray(heights, np.int64)))


def count_up_to(graph: Graph, one: Value, edges: Array) -> Value:
    """How many of the edges are not above each value, of NaN all."""
    unique, counts = np.unique(edges, return_counts=True)
    return stair(graph, one, np.nextafter(unique, -np.inf), np.concatenate([[0], np.cumsum(counts)]))


def places_of(graph: Graph, one: Value, known: Mapping[float, int]) -> Value:
    """The place of each value, as a double: -1 where it is not known, NaN where it is NaN."""
    values = np.array(sorted(known), np.float64)
    edges = np.stack([np.nextafter(values, -np.inf), values], axis=1).reshape(-1)
    heights = np.full(len(edges) + 1, -1)
    heights[1::2] = [known[value] for value in values.tolist()]
    kept = np.diff(edges, prepend=-np.inf) > 0  # between neighbours there is nothing
    found = stair(graph, one, edges[kept], heights[np.append(kept, True)])
    return graph.where(graph.test("IsNaN", one), np.array(np.nan), graph.cast(found, "float64"))


def _tree(edges: Array, heights: NDArray[np.int64]) -> Laid:
    """The edges as a tree that is as flat as may be: each node stands before what is below it."""
    count = 2 * len(edges) + 1
    threshold, gives = np.zeros(count), np.zeros(count, np.int64)
    left, right = np.zeros(count, np.int64), np.zeros(count, np.int64)
    is_leaf = np.zeros(count, bool)
    due = [(0, 0, len(edges))]  # a node, and the heights below it: from one to another
    while due:
        node, first, last = due.pop()
        if first == last:
            is_leaf[node], gives[node] = True, heights[first]
            continue
        middle = (first + last) // 2
        threshold[node] = edges[middle]
        left[node], right[node] = node + 1, node + 2 * (middle - first + 1)
        due += [(node + 1, first, middle), (int(right[node]), middle + 1, last)]
    none = np.zeros(count, np.int64)
    return Laid(none, np.arange(count), none, threshold, left, right, none.astype(bool), is_leaf, gives)
