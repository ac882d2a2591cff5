from typing import Any

import numpy as np
import pytest

from boxship.core.table import Table
from boxship.twin.forest import Forest
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers
from boxship.twin.refused import RefusedError
from boxship.twin.shorten import Divided, shortened
from boxship.twin.steps import Divide, Finite
from tests.unit.twin.test_forest import stump


def program(check: Finite, *steps: Any, answers: tuple[int, ...] = (-1,)) -> Program:
    lines = [Line(Numbers(("a",)), ()), Line(check, (0,))]
    for step in steps:
        lines.append(Line(step, (len(lines) - 1,)))
    return Program(tuple(lines), tuple(Answer(range(len(lines))[place]) for place in answers))


def test_a_check_that_the_forest_makes_is_left_out() -> None:
    whole = program(Finite(missing=False), stump(), Divide(np.array([2.0])))
    short = shortened(whole)
    assert [type(line.step) for line in short.lines] == [Numbers, Divided]
    rows = Table.of({"a": np.array([0.0, 0.5, 0.7])})
    assert short.run(rows)[0][0].tolist() == whole.run(rows)[0][0].tolist() == [[0.5], [0.5], [1.0]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_same_row_is_refused(value: float) -> None:
    whole = program(Finite(missing=False), stump())
    for one in (whole, shortened(whole)):
        with pytest.raises(RefusedError) as caught:
            one.run(Table.of({"a": np.array([0.0, value, value])}))
        assert caught.value.row == 1


@pytest.mark.parametrize(
    "whole",
    [
        program(Finite(missing=False), stump(missing=True)),
        program(Finite(missing=False), stump(largest=np.inf)),
        program(Finite(missing=False), Divide(np.array([2.0])), stump()),
        program(Finite(missing=False), stump(), answers=(-1, 1)),
        program(Finite(missing=False)),
    ],
)
def test_any_other_check_stays(whole: Program) -> None:
    assert shortened(whole).lines == whole.lines


def test_sums_are_divided_where_they_are_made() -> None:
    sums = program(Finite(missing=False), stump(), Divide(np.array([3.0])), answers=(-1,))
    rows = Table.of({"a": np.array([0.0, 0.7])})
    assert shortened(sums).run(rows)[0][0].tolist() == [[1 / 3], [2 / 3]] == sums.run(rows)[0][0].tolist()


def test_sums_that_are_asked_for_twice_stay() -> None:
    both = program(Finite(missing=False), stump(), Divide(np.array([2.0])), answers=(-1, 2))
    assert [type(line.step) for line in shortened(both).lines] == [Numbers, Forest, Divide]
