"""What is told of a number is no less than it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship.core.shown import at_most


@pytest.mark.parametrize(
    ("value", "told"),
    [(1e-7, "1e-07"), (1.04e-7, "2e-07"), (9.6e-8, "1e-07"), (9.2e-3, "0.01"), (0.0, "0"), (3.0, "3")],
)
def test_rounded_up_to_one_digit(value: float, told: str) -> None:
    assert at_most(value) == told


@given(st.floats(1e-300, 1e300))
def test_never_less_than_the_truth(value: float) -> None:
    assert value <= float(at_most(value)) <= 2.0001 * value
