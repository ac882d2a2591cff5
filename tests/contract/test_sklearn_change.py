"""Twins of pipelines with columns of words, encoders and imputers answer as the models do."""

from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boxship import frames
from boxship.adapters.sklearn import SklearnAdapter
from boxship.testing.twins import check_twin
from boxship.twin.record import Record
from boxship.twin.refused import NoTwinError

RNG = np.random.default_rng(0)
COUNT = 400
ROWS = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, COUNT),
        "fee": np.where(RNG.random(COUNT) < 0.1, np.nan, RNG.random(COUNT).round(2)),
        "city": RNG.choice(["Rome", "Oslo", "Bern"], COUNT),
        "size": RNG.choice(["S", "M", "L"], COUNT),
        "level": RNG.integers(1, 5, COUNT),
        "member": RNG.random(COUNT) < 0.5,
    }
)
LABELS = np.where(ROWS.age + 20 * (ROWS.city == "Rome") > 60, "yes", "no")
NUMBERS = ["age", "fee"]
WORDS = ["city", "size"]
FILLED = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
FOREST = RandomForestClassifier(12, random_state=0)


def parted(*encoders: Any, words: Any = WORDS, **more: Any) -> ColumnTransformer:
    return ColumnTransformer([("n", FILLED, NUMBERS), ("w", make_pipeline(*encoders), words)], **more)


EXACT = [
    make_pipeline(parted(OneHotEncoder(handle_unknown="ignore")), FOREST),
    make_pipeline(parted(OneHotEncoder(drop="first")), FOREST),
    make_pipeline(parted(OneHotEncoder(drop="if_binary"), words=["city", "member"]), FOREST),
    make_pipeline(parted(OneHotEncoder(), words=make_column_selector("city|size")), FOREST),
    make_pipeline(parted(OrdinalEncoder(), remainder="passthrough"), DecisionTreeClassifier(random_state=0)),
    make_pipeline(parted(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)), FOREST),
    make_pipeline(parted(OneHotEncoder(), words=["level"]), FOREST),
    make_pipeline(parted(OrdinalEncoder(), OneHotEncoder()), FOREST),
    make_pipeline(
        parted(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), FOREST
    ),
    make_pipeline(
        ColumnTransformer([("all", OneHotEncoder(), slice("city", "size"))], remainder=MinMaxScaler()),
        SimpleImputer(),
        FOREST,
    ),
    make_pipeline(
        make_column_transformer((make_union(SimpleImputer(), SimpleImputer(strategy="median")), NUMBERS)),
        FOREST,
    ),
    make_pipeline(
        ColumnTransformer(
            [("n", SimpleImputer(strategy="most_frequent"), ["level"]), ("d", "drop", ["city"])]
        ),
        OneHotEncoder(handle_unknown="ignore"),
        FOREST,
    ),
    make_pipeline(
        ColumnTransformer([("n", FILLED, NUMBERS)]),
        PolynomialFeatures(3),
        DecisionTreeClassifier(random_state=0),
    ),
]
CODED = ROWS.assign(city=ROWS.city.astype("category"), size=ROWS["size"].astype("category"))
NEAR = [
    make_pipeline(parted(OneHotEncoder()), xgboost.XGBClassifier(n_estimators=9, n_jobs=1)),
    make_pipeline(parted(OrdinalEncoder()), lightgbm.LGBMClassifier(n_estimators=9, n_jobs=1, verbose=-1)),
    make_pipeline(parted(OneHotEncoder(handle_unknown="ignore")), LogisticRegression(max_iter=500)),
    make_pipeline(
        ColumnTransformer([("n", FILLED, NUMBERS)]),
        PolynomialFeatures(2, interaction_only=True, include_bias=False),
        LogisticRegression(max_iter=500),
    ),
]


def record_of(model: Any, rows: Any, target: Any, folder: Path) -> Record:
    joblib.dump(model.fit(rows, target), folder / "m.joblib")
    return check_twin(SklearnAdapter().load(folder / "m.joblib"), frames.read(rows))


@pytest.mark.parametrize("model", EXACT, ids=range(len(EXACT)))
@pytest.mark.parametrize("nulls", [False, True])
def test_trees_behind_encoders(model: Any, nulls: bool, tmp_path: Path) -> None:
    rows = with_nulls() if nulls else ROWS
    record = record_of(model, rows, LABELS, tmp_path)
    assert max(part.difference for part in record.parts.values()) == 0
    assert record.parts["training"].answered == COUNT


def with_nulls() -> pd.DataFrame:
    rows = ROWS.copy()
    rows["city"] = rows["city"].astype(object).where(RNG.random(COUNT) > 0.1, np.nan)
    return rows


@pytest.mark.parametrize("model", NEAR, ids=range(len(NEAR)))
def test_sums_behind_encoders(model: Any, tmp_path: Path) -> None:
    record_of(model, ROWS, LABELS == "yes", tmp_path)


@pytest.mark.parametrize("nulls", [False, True])
def test_categories_that_boosting_codes_itself(nulls: bool, tmp_path: Path) -> None:
    rows = CODED.assign(city=CODED.city.where(ROWS.age % 7 != 0)) if nulls else CODED
    target = (ROWS.age % 5 + 3.0 * (ROWS.city == "Rome")) * np.where(ROWS["size"] == "L", 2, 1)
    model = HistGradientBoostingRegressor(max_iter=9, categorical_features="from_dtype", min_samples_leaf=3)
    record = record_of(model, rows, target, tmp_path)
    assert max(part.difference for part in record.parts.values()) == 0
    record_of(
        HistGradientBoostingClassifier(max_iter=9, categorical_features=[2, 4]),
        ROWS[["age", "fee", "level"]].assign(a=1.5, b=ROWS.level % 3),
        LABELS,
        tmp_path,
    )


def test_regressors_and_arrays_of_words(tmp_path: Path) -> None:
    model = make_pipeline(parted(OneHotEncoder()), GradientBoostingRegressor(n_estimators=9))
    record_of(model, ROWS, ROWS.age * 1.5, tmp_path)
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeRegressor())
    record_of(model, ROWS[WORDS].to_numpy(object), ROWS.age * 1.5, tmp_path)


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(parted(OneHotEncoder(min_frequency=200)), FOREST),
        make_pipeline(parted(FunctionTransformer(np.cbrt), words=["level"]), FOREST),
        make_pipeline(parted(OneHotEncoder(), transformer_weights={"n": 2.0}), FOREST),
        make_pipeline(
            parted(SimpleImputer(strategy="constant", add_indicator=True), OneHotEncoder()), FOREST
        ),
    ],
    ids=["rare ones", "a function", "weights", "words and flags"],
)
def test_what_is_not_known_is_refused_in_words(model: Any, tmp_path: Path) -> None:
    with pytest.raises(NoTwinError) as caught:
        record_of(model, ROWS, LABELS, tmp_path)
    assert str(caught.value)
