"""Bounds: outward, decimal, the same everywhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship.core.profile import rounded_bounds
from boxship.core.profile_bound import simplest

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(-(2**63), 2**64 - 1)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (17.3, 95.9, (17.0, 96.0)),
        (17.0, 95.0, (17.0, 95.0)),
        (0.1, 0.3, (0.1, 0.3)),
        (0.3, 1.27, (0.3, 1.27)),
        (0.123456, 0.987654, (0.12, 0.99)),
        (-0.5, 0.5, (-0.5, 0.5)),
        (1703, 95012, (1000, 96000)),
        (3, 9, (3, 9)),
        (5, 5, (5, 5)),
        (7.123456, 7.123456, (7.123456, 7.123456)),
        (1e300, 3.33e300, (1e300, 3.4e300)),
        (1e-323, 3e-321, (0.0, 3e-321)),
        (-1.7976931348623157e308, 1.7976931348623157e308, (-1.7976931348623157e308, 1.7976931348623157e308)),
        (-(2**63), 2**63 - 1, (-(2**63), 2**63 - 1)),
        (1, 2**64 - 1, (0, 2**64 - 1)),
        (2**53 + 1, 2**53 + 3, (2**53 + 1, 2**53 + 3)),
    ],
)
def test_bounds(low: float, high: float, expected: tuple[float, float]) -> None:
    found = rounded_bounds(low, high)

    assert found == expected
    assert [type(bound) for bound in found] == [type(low), type(high)]


@given(FLOATS, FLOATS)
def test_bounds_of_floats_lie_outside(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    down, up = rounded_bounds(low, high)

    assert down <= low <= high <= up
    assert math.isfinite(down)
    assert math.isfinite(up)


@given(INTEGERS, INTEGERS)
def test_bounds_of_integers_lie_outside_and_stay_integers(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    down, up = rounded_bounds(low, high)

    assert isinstance(down, int)
    assert isinstance(up, int)
    assert -(2**63) <= down <= low <= high <= up < 2**64


@given(st.lists(FLOATS, min_size=3, max_size=3).map(sorted))
def test_simplest_float_stays_between_its_neighbours(three: list[float]) -> None:
    low, value, high = three
    assert low <= simplest(low, value, high) <= high


@given(st.lists(INTEGERS, min_size=3, max_size=3).map(sorted))
def test_simplest_integer_stays_between_its_neighbours(three: list[int]) -> None:
    low, value, high = three
    found = simplest(low, value, high)
    assert isinstance(found, int)
    assert low <= found <= high


def test_simplest_has_few_digits() -> None:
    assert simplest(23.4567, 24.5678, 25.6789) == 25.0
    assert simplest(1_234_567, 1_240_001, 1_251_000) == 1_240_000
