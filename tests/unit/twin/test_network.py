"""Steps of networks, each by itself."""

import math

import numpy as np
import pytest

from boxship.twin.link import _erf
from boxship.twin.network import Combine, Embed, Level
from boxship.twin.program import Answer, Draft
from boxship.twin.program_bytes import from_bytes, to_bytes
from boxship.twin.read import Singles
from boxship.twin.refused import RefusedError

TABLE = np.arange(6, dtype=np.float32).reshape(3, 2)


def test_the_error_function_is_right_to_nine_digits() -> None:
    values = np.concatenate([np.linspace(-7, 7, 20_001), [np.inf, -np.inf, 1e-300, -0.0]])
    wanted = np.array([math.erf(value) for value in values.tolist()])
    assert np.abs(_erf(values) - wanted).max() < 1e-9
    assert np.isnan(_erf(np.array([np.nan]))[0])


def test_places_are_looked_up_side_by_side() -> None:
    found = Embed(TABLE, wraps=False).run(np.array([[2, 0], [1, 1]], np.float32))
    assert found.tolist() == [[4, 5, 0, 1], [2, 3, 2, 3]]


@pytest.mark.parametrize("bad", [-1, 3, np.nan, np.inf])
def test_a_place_that_is_not_there_is_refused_by_its_row(bad: float) -> None:
    with pytest.raises(RefusedError) as caught:
        Embed(TABLE, wraps=False).run(np.array([[2], [bad]], np.float32))
    assert caught.value.row == 1


def test_places_below_zero_may_count_from_the_end() -> None:
    found = Embed(TABLE, wraps=True).run(np.array([[-1], [-3], [-4], [3]], np.float32))
    assert found[:2].tolist() == [[4, 5], [0, 1]]
    assert np.isnan(found[2:]).all()


def test_places_of_no_row_are_looked_up() -> None:
    assert Embed(TABLE, wraps=False).run(np.zeros((0, 2), np.float32)).shape == (0, 4)


def test_a_row_of_one_value_is_level() -> None:
    step = Level(1e-5, np.ones(4, np.float32), np.full(4, 2, np.float32), wide=True, every=0)
    assert step.run(np.full((1, 4), 7, np.float32)).tolist() == [[2, 2, 2, 2]]


@pytest.mark.parametrize(
    ("wide", "every", "found"), [(True, 0, [2, 2, 2, 2]), (False, 0, None), (True, 2, None)]
)
def test_a_row_too_large_for_single_precision(*, wide: bool, every: int, found: list[float] | None) -> None:
    """Its sum, its squares, or the square of what it begins with."""
    step = Level(1e-5, np.ones(4, np.float32), np.full(4, 2, np.float32), wide, every)
    with np.errstate(all="ignore"):
        given = step.run(np.array([[3e38, 2e38, 3e38, 2e38]], np.float32))[0]
    assert np.isnan(given).all() if found is None else given.tolist() == found


def test_a_stride_below_zero_is_damage() -> None:
    draft = Draft()
    level = Level(1e-5, np.ones(1, np.float32), np.ones(1, np.float32), wide=True, every=10)
    data = to_bytes(draft.finish([Answer(draft.then(level, draft.read(Singles(("a",)))))]))
    with pytest.raises(Exception, match="every -1th"):
        from_bytes(data.replace(b'"every":10', b'"every":-1'))


def test_an_unknown_way_to_combine_is_damage() -> None:
    draft = Draft()
    line = draft.read(Singles(("a",)))
    data = to_bytes(draft.finish([Answer(draft.then(Combine("add"), line, line))]))
    with pytest.raises(Exception, match="no way 'odd'"):
        from_bytes(data.replace(b'"name":"add"', b'"name":"odd"'))
