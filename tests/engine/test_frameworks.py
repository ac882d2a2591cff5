"""Models of frameworks whose rooms no other test makes are packed, proven, and asked."""

import warnings

import catboost
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import boxship
from desk import Desk

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, 300),
        "fee": RNG.random(300).round(2),
        "city": RNG.choice(["Rome", "Oslo"], 300),
    }
)
COST = (ROWS.age * 2 + 30 * (ROWS.city == "Rome") + RNG.normal(size=300)).round(1)
ROW = {"age": 41, "fee": 0.5, "city": "Rome"}


@pytest.fixture(autouse=True)
def _quiet() -> None:
    warnings.filterwarnings("ignore", module="patsy|statsmodels")


def test_catboost_by_its_own_file(desk: Desk) -> None:
    model = catboost.CatBoostRegressor(iterations=20, verbose=0, allow_writing_files=False)
    model.fit(ROWS[["age", "fee"]], COST).save_model(str(desk.folder / "cost.cbm"))
    data = ROWS[["age", "fee"]].assign(cost=COST)
    packed = boxship.pack(desk.folder / "cost.cbm", data, "cost", name="cost", settings=desk.settings)
    assert packed.twin is not None
    (answer,) = boxship.call("cost", [{"age": 41, "fee": 0.5}], settings=desk.settings)
    assert answer["prediction"] == model.predict([[41, 0.5]])[0]


def test_statsmodels_by_a_formula(desk: Desk) -> None:
    results = smf.ols("cost ~ np.log(age) + city", ROWS.assign(cost=COST)).fit()
    packed = boxship.pack(results, ROWS.assign(cost=COST), "cost", name="cost", settings=desk.settings)
    assert packed.twin is not None
    known, unknown = boxship.call("cost", [ROW, {**ROW, "city": "Ulm"}], settings=desk.settings)
    assert known["prediction"] == pytest.approx(results.predict(pd.DataFrame([ROW]))[0], rel=1e-12)
    assert unknown["reasons"][0]["code"] == "contract.unseen_category"
