"""A box answers what its model answered to the rows it was trained on, or is not made."""

import importlib
import sys
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import boxship
from boxship.errors import BoxError
from desk import Desk

STEPS = """
from sklearn.base import BaseEstimator, TransformerMixin


class Chosen(TransformerMixin, BaseEstimator):
    def fit(self, rows, target=None):
        self.columns_ = ["age", "fee"]
        return self

    def transform(self, rows):
        return rows[self.columns_].to_numpy()


class Nones(Chosen):
    def transform(self, rows):
        return [[value is None] for value in rows["city"].to_numpy(object)]
"""
RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, 200),
        "fee": RNG.random(200).round(2),
        "city": RNG.choice(["Rome", "Oslo"], 200).astype(object),
    }
)
LABELS = np.where(ROWS.age > 50, "yes", "no")


@pytest.fixture
def steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    (desk.folder / "own_steps.py").write_text(STEPS)
    monkeypatch.syspath_prepend(desk.folder)
    monkeypatch.chdir(desk.folder)
    monkeypatch.delitem(sys.modules, "own_steps", raising=False)
    return importlib.import_module("own_steps")


def pack(desk: Desk, model: object, rows: object, **more: Any) -> boxship.Packed:
    return boxship.pack(model, rows, LABELS, name="churn", settings=desk.settings, **more)


def answers(desk: Desk, rows: pd.DataFrame) -> list[dict[str, Any]]:
    return boxship.call("churn", rows, settings=desk.settings)


def test_columns_that_a_step_of_ones_own_takes_by_name(desk: Desk, steps: Any) -> None:
    model = make_pipeline(steps.Chosen(), LogisticRegression()).fit(ROWS, LABELS)
    joblib.dump(model, "own.joblib")
    pack(desk, "own.joblib", ROWS, code=["own_steps.py"])
    assert [one["prediction"] for one in answers(desk, ROWS[:9])] == model.predict(ROWS[:9]).tolist()


def test_a_file_that_answers_its_rows_differently_as_a_box(desk: Desk, steps: Any) -> None:
    rows = ROWS.assign(city=pd.Series(np.where(LABELS == "yes", ROWS.city, None), dtype=object))
    joblib.dump(make_pipeline(steps.Nones(), LogisticRegression()).fit(rows, LABELS), "own.joblib")
    with pytest.raises(BoxError) as caught:
        pack(desk, "own.joblib", rows, code=["own_steps.py"])
    assert caught.value.code == "proof.answers_changed"


def test_a_new_category_costs_its_own_row_alone(desk: Desk) -> None:
    columns = ColumnTransformer([("c", OneHotEncoder(), ["city"]), ("n", StandardScaler(), ["age", "fee"])])
    pack(desk, make_pipeline(columns, LogisticRegression()).fit(ROWS, LABELS), ROWS)
    rows = pd.concat([ROWS] * 5, ignore_index=True)
    rows.loc[::50, "city"] = "Bern"
    found = answers(desk, rows)
    assert [row for row, one in enumerate(found) if one["verdict"] == "rejected"] == list(range(0, 1000, 50))
    assert {one["code"] for one in found[0]["reasons"]} == {"contract.unseen_category"}


@pytest.mark.parametrize("frame", [True, False])
def test_one_text_a_row(desk: Desk, frame: bool) -> None:
    texts = pd.Series(np.where(LABELS == "yes", "good food", "bad food"), name="text")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, LABELS)
    pack(desk, model, texts.to_frame() if frame else texts)
    assert [one["prediction"] for one in answers(desk, texts.to_frame()[:5])] == LABELS[:5].tolist()


@pytest.mark.parametrize("beside", [[], ["age"]], ids=["alone", "beside a number"])
def test_a_column_of_lists(desk: Desk, beside: list[str]) -> None:
    seen = ROWS[["age", "fee"]].to_numpy(float)
    block = np.column_stack([ROWS[beside], seen])
    model = LogisticRegression().fit(block, LABELS)
    packed = pack(desk, model, ROWS[beside].assign(seen=seen.tolist()))
    row = {**ROWS.loc[0, beside], "seen": seen[0].tolist()}
    answer = boxship.call(packed, row, settings=desk.settings)
    assert answer["prediction"] == model.predict(block[:1])[0]
    short = boxship.call(packed, {**row, "seen": [1.0]}, settings=desk.settings)
    assert short["reasons"][0]["code"] == "contract.wrong_type"
