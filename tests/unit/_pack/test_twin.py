"""A model and its twin are held against each other by the scores behind their labels, of two classes as of more."""

from typing import Any

import numpy as np
import pytest

from boxship._pack.twin import DiffersError, Pair, hold_against
from boxship.adapters import Described, Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.twin.program import NEAR_NETWORK

ROWS = Table.of({"at": np.linspace(-3, 3, 50)})
TWO, THREE = ("no", "yes"), ("no", "yes", "so")


class Scores:
    """Scores that grow with the row, and how much further away."""

    def __init__(self, wide: int, times: float = 1.0, plus: float = 0.0) -> None:
        self._wide, self._times, self._plus = wide, times, plus

    def describe(self) -> Described:
        raise NotImplementedError

    def predict(self, table: Table) -> list[Given]:
        at = table.column("at").values * self._times + self._plus
        return [Given(at if not self._wide else np.stack([at * k for k in range(self._wide)], axis=1), None)]


def widest(classes: tuple[str, ...], model: Any, twin: Any, rows: Table = ROWS) -> float:
    output = Output("prediction", "text", classes, scores=True)
    contract = Contract((Field("at", "float64"),), (output,))
    pair = Pair.of(model, twin, NEAR_NETWORK, Digest("0" * 64), contract)
    return hold_against(pair, ROWS, {"training": rows}).parts["training"].difference


@pytest.mark.parametrize(("classes", "wide"), [(TWO, 0), (TWO, 2), (THREE, 3)])
def test_scores_that_differ_are_no_twin_though_their_labels_are_the_same(
    classes: tuple[str, ...], wide: int
) -> None:
    assert widest(classes, Scores(wide), Scores(wide, 1 + 1e-7)) > 0
    with pytest.raises(DiffersError, match=r"lies 0\.0099 apart"):
        widest(classes, Scores(wide), Scores(wide, 1.01))


@pytest.mark.parametrize(("classes", "wide"), [(TWO, 0), (TWO, 2), (THREE, 3)])
def test_scores_of_any_size_are_measured_by_their_row(classes: tuple[str, ...], wide: int) -> None:
    """Of a far row they differ in the last digits too; about zero a label may be either."""
    far = Table.of({"at": [1e12, -1e12, 3e5, 1e-7, -1e-7]})
    assert widest(classes, Scores(wide), Scores(wide, 1 + 1e-7, 2e-7), far) < NEAR_NETWORK


@pytest.mark.parametrize("wide", [0, 2])
def test_another_label_is_no_twin(wide: int) -> None:
    with pytest.raises(DiffersError, match="lies inf apart"):
        widest(TWO, Scores(wide), Scores(wide, -1.0))
