"""A twin that holds much for each row is given few at once, and answers the same."""

import numpy as np
import pytest

from boxship.core.table import Table
from boxship.runner.twin import TwinModel
from boxship.twin import alike
from boxship.twin.alike import Alike
from boxship.twin.encode import Column, Label
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers

POINTS = np.random.default_rng(0).normal(size=(3, 2))
STEP = Alike("rbf", POINTS, 0.5, 0.0, 1.0)
LABELS = (
    Line(Numbers(("a", "b")), ()),
    Line(STEP, (0,)),
    Line(Label(("x", "y", "z")), (1,)),
    Line(Column(0), (1,)),
)
PROGRAM = Program(LABELS, (Answer(2, 1), Answer(3)))


@pytest.mark.parametrize("rows", [1, 4, 5, 12, 13])
def test_in_parts_as_in_one(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table.of({"a": np.arange(float(rows)), "b": np.linspace(-1, 1, rows)})
    whole = TwinModel(PROGRAM).predict(table)
    monkeypatch.setattr(alike, "_HELD", 12)
    assert PROGRAM.most_rows == 4
    for one, other in zip(whole, TwinModel(PROGRAM).predict(table), strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        if one.probabilities is None:
            assert other.probabilities is None
        else:
            np.testing.assert_array_equal(one.probabilities, other.probabilities)
