from collections.abc import Sequence

import numpy as np

from boxship.adapters import Described, Given
from boxship.core.table import Table
from boxship.runner.speed import compare_speed
from boxship.runner.twin import TwinModel
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers

PROGRAM = Program((Line(Numbers(("a",)), ()),), (Answer(0),))


class Model:
    """Answers zeros, and raises where there are as many rows as it dislikes."""

    def __init__(self, dislikes: int = -1) -> None:
        self.dislikes = dislikes

    def describe(self) -> Described:
        raise AssertionError

    def predict(self, table: Table) -> Sequence[Given]:
        if table.length == self.dislikes:
            raise LookupError
        return [Given(np.zeros(table.length), None)]


def rows(count: int) -> Table:
    return Table.of({"a": np.zeros(count)})


def test_one_row_and_many_are_timed() -> None:
    found = compare_speed(Model(), TwinModel(PROGRAM), rows(2000))
    assert [speed.rows for speed in found] == [1, 1024]
    assert all(0 < speed.model_us < 1e6 and 0 < speed.twin_us < 1e6 for speed in found)


def test_as_many_as_there_are() -> None:
    assert [speed.rows for speed in compare_speed(Model(), TwinModel(PROGRAM), rows(7))] == [1, 7]
    assert [speed.rows for speed in compare_speed(Model(), TwinModel(PROGRAM), rows(1))] == [1]
    assert compare_speed(Model(), TwinModel(PROGRAM), rows(0)) == ()


def test_a_model_that_raises_is_not_timed() -> None:
    assert compare_speed(Model(dislikes=1), TwinModel(PROGRAM), rows(9)) == ()
