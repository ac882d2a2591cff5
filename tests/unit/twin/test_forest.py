import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.twin import kernel
from boxship.twin.forest import LEAF, MISSING_LEFT, NODE, SET, Forest
from boxship.twin.refused import RefusedError
from tests.needs import missing
from tests.unit.twin.forests import edge_rows, forests


def slowly(forest: Forest, row: Any) -> list[float]:
    """One row, node by node, as the words of `Forest` say."""
    kind = np.float32 if forest.single else np.float64
    out = forest.base.astype(kind)
    for root, column in zip(forest.roots, forest.columns, strict=True):
        at = root
        while not (node := forest.nodes[at])["flags"] & LEAF:
            value = row[node["column"]]
            if np.isnan(value):
                left = bool(node["flags"] & MISSING_LEFT)
            elif node["flags"] & SET:
                first, words = node["threshold"].reshape(1).view("<i4")
                inside = 0 <= value < 32 * words
                left = inside and forest.sets[first + int(value) // 32] >> np.uint32(int(value) % 32) & 1
            else:
                left = value <= node["threshold"]
            at = node["next"] + (not left)
        leaf = sum(bool(one["flags"] & LEAF) for one in forest.nodes[:at])
        wide = forest.leaves.shape[1]
        out[column : column + wide] += forest.leaves[leaf].astype(kind)
    return [float(one) for one in out]


@settings(max_examples=60)
@given(forests(), st.integers(0, 2**32))
def test_kernel_and_numpy_give_the_same_bits(forest: Forest, seed: int) -> None:
    if kernel.load() is None:
        missing("no compiler built the kernel")
    rows = edge_rows(forest, np.random.default_rng(seed), 70)
    out, bad = forest.reference(rows)
    assert bad == -1
    assert forest.run(rows).tobytes() == out.tobytes()
    assert forest.run(rows[3:4]).tobytes() == out[3:4].tobytes()


@settings(max_examples=25)
@given(forests(), st.integers(0, 2**32))
def test_numpy_does_what_the_words_say(forest: Forest, seed: int) -> None:
    rows = edge_rows(forest, np.random.default_rng(seed), 8)
    out, _ = forest.reference(rows)
    assert out.tolist() == [slowly(forest, row) for row in rows]


END = LEAF | MISSING_LEFT


def stump(**changes: Any) -> Forest:
    nodes = np.array([(0.5, 0, 0, 1), (np.inf, 0, END, 1), (np.inf, 0, END, 2)], NODE)
    whole = Forest(
        nodes,
        np.zeros(1, np.int32),
        np.zeros(1, np.int32),
        np.array([[1.0], [2.0]]),
        np.empty(0, np.uint32),
        np.zeros(1),
        1,
        1e30,
        missing=False,
        single=False,
    )
    return dataclasses.replace(whole, **changes) if changes else whole


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e30])
@pytest.mark.parametrize("compiled", [True, False])
def test_a_row_that_the_model_would_not_take_is_refused(value: float, compiled: bool) -> None:
    rows = np.array([[0.0], [0.5], [value], [value]])
    if not compiled:
        assert stump().reference(rows)[1] == 2
        return
    with pytest.raises(RefusedError) as caught:
        stump().run(rows)
    assert caught.value.row == 2


def test_the_threshold_itself_goes_left() -> None:
    assert stump().run(np.array([[0.5], [np.nextafter(0.5, 1)]])).tolist() == [[1.0], [2.0]]


def node(
    place: int, threshold: float, column: int, flags: int, following: int
) -> np.ndarray[Any, np.dtype[Any]]:
    nodes = stump().nodes.copy()
    nodes[place] = (threshold, column, flags, following)
    return nodes


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes": node(0, 0.5, 1, 0, 1)},  # a column that is not there
        {"nodes": node(0, 0.5, 0, 8, 1)},  # a flag of which nothing is known
        {"nodes": node(0, 0.5, 0, 0, 0)},  # in a circle
        {"nodes": node(0, 0.5, 0, 0, -1)},
        {"nodes": node(0, 0.5, 0, 0, 2)},  # its right child lies outside
        {"nodes": node(1, np.inf, 0, END, 2)},  # a leaf that goes on
        {"nodes": node(1, 1e300, 0, END, 1)},
        {"nodes": node(1, np.inf, 0, LEAF, 1)},
        {"nodes": node(1, np.inf, 0, END | SET, 1)},
        {"nodes": node(0, 1e-310, 0, SET, 1)},  # a set that lies outside
        {"nodes": node(0, np.array([0, -1], "<i4").view("<f8")[0], 0, SET, 1)},
        {"leaves": np.ones((1, 1))},
        {"leaves": np.ones((3, 1))},
        {"nodes": np.zeros(3, "<f8")},
        {"roots": np.array([3], np.int32)},
        {"roots": np.array([-1], np.int32)},
        {"roots": np.zeros(2, np.int32)},
        {"columns": np.array([1], np.int32)},
        {"leaves": np.ones((2, 2))},
        {"leaves": np.ones(2)},
        {"leaves": np.ones((2, 2))[:, :1]},
        {"base": np.zeros(1, np.float32)},
        {"width": 0},
        {"width": 2**16 + 1},
        {"largest": np.nan},
        {"largest": -1.0},
        {"single": True, "base": np.array([0.1])},
    ],
)
def test_arrays_that_lead_outside_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        stump(**changes)


def test_children_have_one_parent() -> None:
    nodes = np.zeros(44, stump().nodes.dtype)
    nodes["next"] = np.minimum(np.arange(1, 45), 43)
    nodes[-2:] = [(np.inf, 0, END, place) for place in (42, 43)]
    with pytest.raises(ValueError, match="two parents"):  # would be 2^42 ways
        stump(nodes=nodes)


def test_a_row_that_comes_by_is_told_of_every_node() -> None:
    assert stump().visitors(np.array([[0.2], [0.9], [0.1]])).tolist() == [2, 2, 1]
    assert stump().visitors(np.empty((0, 1))).tolist() == [-1, -1, -1]


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of 1 values"):
        stump().run(np.zeros((2, 2)))
