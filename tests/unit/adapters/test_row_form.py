"""Rows reach a model as its own: what it does to them is done to no other answer."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from boxship import frames
from boxship.adapters.row_form import Form, Kind, as_rows
from boxship.adapters.sklearn import SklearnModel
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes

ROWS = np.random.default_rng(0).normal(size=(20, 3))


def spoil(rows: Any, kind: Kind) -> None:
    if kind in ("records", "row"):
        rows[0].update(a=9.0)
        rows[1]["r"]["n"] = 9
    elif kind == "columns":
        rows["a"][:] = 9
        rows["r"][1]["n"] = 9
    else:
        rows.loc[:, "a"] = 9.0
        rows["r"][1]["n"] = 9


@pytest.mark.parametrize("kind", ["frame", "columns", "records", "row"])
def test_what_a_model_changes_is_its_own(kind: Kind) -> None:
    records = np.array([{"n": row} for row in range(20)], object)
    table = Table.of({"a": ROWS[:, 0], "b": ROWS[:, 1], "r": records})
    before = to_bytes(table)
    spoil(as_rows(table, Form(kind), ()), kind)
    assert to_bytes(table) == before


@pytest.mark.parametrize("kind", ["block", "frame"])
def test_one_block_is_no_view_of_the_table(kind: Kind) -> None:
    table = frames.read(pd.DataFrame(ROWS, columns=["a", "b", "c"]))
    rows = as_rows(table, Form(kind), ())
    arrays = rows if kind == "block" else rows.to_numpy()
    assert not np.shares_memory(arrays, table.parts[0])


def doubled(rows: Any) -> Any:
    rows[:, 0] *= 2
    return rows


@pytest.mark.parametrize(
    "step", [StandardScaler(copy=False), FunctionTransformer(doubled)], ids=lambda step: type(step).__name__
)
def test_steps_that_work_in_place_answer_the_same_again(step: Any) -> None:
    model = make_pipeline(step, LinearRegression()).fit(ROWS.copy(), ROWS.sum(axis=1))
    loaded, table = SklearnModel(model, label_follows=True), frames.read(ROWS)
    first, again = (loaded.predict(table)[0].values for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, model.predict(ROWS.copy()))
