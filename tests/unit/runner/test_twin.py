"""A twin that holds much for each row is given few at once, and answers the same."""

import numpy as np
import pytest

from boxship.core.column import Array
from boxship.core.table import Table
from boxship.runner.twin import TwinModel
from boxship.twin.alike import Alike
from boxship.twin.encode import Column, Label
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers

POINTS = np.random.default_rng(0).normal(size=(3, 2))


def program_of(kind: type[Alike]) -> Program:
    lines = (
        Line(Numbers(("a", "b")), ()),
        Line(kind("rbf", POINTS, 0.5, 0.0, 1.0), (0,)),
        Line(Label(("x", "y", "z")), (1,)),
        Line(Column(0), (1,)),
    )
    return Program(lines, (Answer(2, 1), Answer(3)))


class Narrow(Alike):
    """Holds as much for each row as two million points would."""

    @property
    def most_rows(self) -> int:
        return 4

    def run(self, rows: Array) -> Array:
        assert len(rows) <= self.most_rows
        return super().run(rows)


def test_many_points_are_much_for_each_row() -> None:
    few, many = Alike("rbf", POINTS, 0.5, 0.0, 1.0), Alike("rbf", np.zeros((2**21, 1)), 0.5, 0.0, 1.0)
    assert (few.most_rows > 2**20, many.most_rows) == (True, 4)


@pytest.mark.parametrize("rows", [1, 4, 5, 12, 13])
def test_in_parts_as_in_one(rows: int) -> None:
    table = Table.of({"a": np.arange(float(rows)), "b": np.linspace(-1, 1, rows)})
    whole, parts = (TwinModel(program_of(kind)).predict(table) for kind in (Alike, Narrow))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        if one.probabilities is None:
            assert other.probabilities is None
        else:
            np.testing.assert_array_equal(one.probabilities, other.probabilities)
