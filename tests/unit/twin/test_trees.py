import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship.twin.trees import LARGEST_SINGLE, Tree, lay_out, single

FLOATS = st.floats(width=64, allow_nan=False)


SINGLES = st.floats(width=32, allow_nan=False)
ENDS = st.sampled_from([3.4028234663852886e38, LARGEST_SINGLE, 3.4028235677973366e38, 3.5e38, 1e300, np.inf])


@given(FLOATS | SINGLES | ENDS | ENDS.map(lambda end: -end), FLOATS | ENDS, st.integers(-2, 2))
def test_a_lifted_threshold_says_the_same_of_unrounded_values(at: float, near: float, steps: int) -> None:
    (lifted,) = single([at])
    values = [
        near,
        -near,
        at,
        *_around(lifted, steps),
        *_around(float(np.float32(np.clip(at, -3e38, 3e38))), steps),
    ]
    for value in values:
        with np.errstate(over="ignore"):
            assert (float(np.float32(value)) <= at) == (value <= lifted), (value, at)


def _around(value: float, steps: int) -> list[float]:
    for _ in range(abs(steps)):
        value = float(np.nextafter(value, np.inf if steps > 0 else -np.inf))
    return [value]


def test_the_largest_single_is_where_rounding_overflows() -> None:
    assert np.isfinite(np.float32(LARGEST_SINGLE))
    with np.errstate(over="ignore"):
        assert np.isinf(np.float32(np.nextafter(LARGEST_SINGLE, np.inf)))


@pytest.mark.parametrize(("value", "answer"), [(0.0, 10), (0.5, 10), (0.6, 20), (2.0, 20), (np.nan, 30)])
def test_nodes_in_any_order(value: float, answer: float) -> None:
    tree = Tree(
        left=np.array([4, -1, -1, -1, 2]),
        right=np.array([1, -1, -1, -1, 3]),
        feature=np.array([1, 0, 0, 0, 0]),
        threshold=np.array([0.0, 0, 0, 0, 0.5]),
        missing_left=np.array([False] * 5),
        values=np.array([[0.0], [30.0], [10.0], [20.0], [0.0]]),
        sets={},
    )
    forest = lay_out([tree, tree], columns=[0, 1], base=np.zeros(2), width=2, largest=np.inf, missing=True)
    second = 1.0 if np.isnan(value) else 0.0
    assert forest.run(np.array([[value, second]])).tolist() == [[answer, answer]]


@pytest.mark.parametrize(
    ("code", "left"), [(0, False), (1, True), (33, True), (34, False), (64, False), (-1, False)]
)
def test_categories_go_left_by_a_set(code: float, left: bool) -> None:
    ends = np.array([-1, -1])
    tree = Tree(
        np.array([1, *ends]),
        np.array([2, *ends]),
        np.zeros(3, int),
        np.zeros(3),
        np.zeros(3, bool),
        np.array([[0.0], [1.0], [2.0]]),
        {0: [1, 33]},
    )
    forest = lay_out([tree], columns=[0], base=np.zeros(1), width=1, largest=np.inf, missing=True)
    assert forest.run(np.array([[float(code)]])).tolist() == [[1.0 if left else 2.0]]
