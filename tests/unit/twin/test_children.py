"""Nodes that make no tree are told."""

import numpy as np
import pytest

from boxship.twin.children import are_apart, are_children, within


@pytest.mark.parametrize(
    ("left", "right", "is_tree"),
    [
        ([], [], True),
        ([1], [2], True),
        ([1, 3], [2, 4], True),
        ([1, 1], [2, 4], False),  # two parents
        ([1], [1], False),
        ([0], [2], False),  # the root is nobody's child
        ([1], [5], False),
        ([-1], [2], False),
    ],
)
def test_each_node_is_the_child_of_one(left: list[int], right: list[int], is_tree: bool) -> None:
    assert are_children(5, np.array(left, np.int64), np.array(right, np.int64)) == is_tree


def test_roots_may_be_anywhere() -> None:
    assert are_apart(3, np.array([0, 2]), np.array([1], np.uint32))
    assert not are_apart(3, np.array([0, 2]), np.array([2]))
    assert not within(np.array([3]), 3)
