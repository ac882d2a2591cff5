"""scikit-learn models keep what every adapter promises, and answer what the original answers."""

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from boxship import frames
from boxship.adapters.sklearn import SklearnAdapter
from boxship.core.table import Schema, Table
from boxship.core.type import Type
from boxship.errors import BoxError
from boxship.testing.adapters import check_adapter, check_answers, check_writer, described_of

CANCER_X, CANCER_Y = datasets.load_breast_cancer(return_X_y=True)
SUGAR_X, SUGAR_Y = datasets.load_diabetes(return_X_y=True)
SEED: dict[str, Any] = {"random_state": 0}
SCHEMA_2 = Schema([("x", Type("float64")), ("y", Type("float64"))])


class ContraryPipeline(Pipeline):  # type: ignore[misc]  # scikit-learn ships no types
    """One's own pipeline may answer otherwise than its last step does."""

    def predict(self, rows: Any, **params: Any) -> Any:
        return self.classes_[1 - super().predict_proba(rows, **params).argmax(axis=1)]


class ContrarySearch(GridSearchCV):  # type: ignore[misc]  # see above
    def predict(self, rows: Any) -> Any:
        return self.classes_[1 - super().predict_proba(rows).argmax(axis=1)]


CLASSIFIERS = [
    LogisticRegression(max_iter=5000),
    make_pipeline(StandardScaler(), LogisticRegression()),
    DecisionTreeClassifier(**SEED),
    RandomForestClassifier(10, **SEED),
    ExtraTreesClassifier(10, **SEED),
    GradientBoostingClassifier(n_estimators=5, **SEED),
    HistGradientBoostingClassifier(max_iter=5, **SEED),
    make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=50, **SEED)),
    GaussianNB(),
    KNeighborsClassifier(),
    CalibratedClassifierCV(GaussianNB(), cv=2),
    VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier(**SEED))], voting="soft"),
    StackingClassifier([("a", GaussianNB())], LogisticRegression(), cv=2),
    GridSearchCV(DecisionTreeClassifier(**SEED), {"max_depth": [2, 3]}, cv=2),
    ContraryPipeline([("model", GaussianNB())]),
    ContrarySearch(GaussianNB(), {"var_smoothing": [1e-9]}, cv=2),
    GridSearchCV(ContraryPipeline([("model", GaussianNB())]), {"model__var_smoothing": [1e-9]}, cv=2),
]
OTHERS = [
    (Ridge(), SUGAR_X, SUGAR_Y),
    (make_pipeline(PolynomialFeatures(2), LinearRegression()), SUGAR_X, SUGAR_Y),
    (RandomForestRegressor(10, **SEED), SUGAR_X, SUGAR_Y),
    (MultiOutputRegressor(Ridge()), SUGAR_X, np.c_[SUGAR_Y, -SUGAR_Y]),
    (SVC(), CANCER_X, CANCER_Y),
    (KMeans(3, n_init=1, **SEED), SUGAR_X, None),
    (IsolationForest(n_estimators=10, **SEED), SUGAR_X, None),
]


def saved(model: Any, folder: Path) -> Path:
    joblib.dump(model, folder / "m.joblib")
    return folder / "m.joblib"


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is not what is tested here
        yield


@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda model: str(model)[:40])
def test_classifiers(model: Any, tmp_path: Path) -> None:
    model.fit(CANCER_X, np.array(["benign", "malign"])[CANCER_Y])
    table = frames.read(CANCER_X)
    loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), table, tolerance=1e-9)
    check_answers(loaded, table, model.predict_proba(CANCER_X))
    check_answers(loaded, table, model.predict(CANCER_X))


@pytest.mark.parametrize(
    ("model", "x", "y"), OTHERS, ids=lambda value: str(value)[:30] if hasattr(value, "fit") else ""
)
def test_other_kinds(model: Any, x: Any, y: Any, tmp_path: Path) -> None:
    model.fit(x, y)
    table = frames.read(x)
    loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), table, tolerance=1e-9)
    expected = model.predict(x)
    check_answers(loaded, table, expected if expected.ndim == 1 else expected[:, 0], tolerance=1e-12)


def test_several_outputs_with_probabilities(tmp_path: Path) -> None:
    both = np.c_[CANCER_Y, 1 - CANCER_Y]
    for model in (RandomForestClassifier(5, **SEED), MultiOutputClassifier(GaussianNB())):
        model.fit(CANCER_X, both)
        loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), frames.read(CANCER_X))
        assert [output.name for output in described_of(loaded, frames.read(CANCER_X)).outputs] == [
            "output_0",
            "output_1",
        ]


def mixed() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 200
    data = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "income": rng.lognormal(10, 1, rows),
            "city": rng.choice(["Rome", "Oslo"], rows),
            "member": rng.random(rows) > 0.5,
        }
    )
    data.loc[::7, "income"] = np.nan
    data.loc[::11, "city"] = None
    return data


def test_a_column_transformer_is_given_names(tmp_path: Path) -> None:
    data = mixed()
    encoder = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [
            ("n", SimpleImputer(), ["age", "income"]),
            ("c", encoder, ["city"]),
            ("m", "passthrough", ["member"]),
        ]
    )
    model = make_pipeline(columns, RandomForestClassifier(5, **SEED)).fit(data, data.age > 50)
    table = frames.read(data)
    loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), table)
    check_answers(loaded, table, model.predict_proba(data))
    described = loaded.describe()
    assert described.names == ("age", "income", "city", "member")
    assert described.levels == {"city": ("Oslo", "Rome")}


def test_text(tmp_path: Path) -> None:
    texts = ["good food", "bad food", "good room", "bad room"] * 5
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0] * 5)
    table = Table.of({"text": texts})
    loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), table, tolerance=1e-12)
    check_answers(loaded, table, model.predict_proba(texts))


def test_images(tmp_path: Path) -> None:
    digits = datasets.load_digits()
    model = DecisionTreeClassifier(**SEED).fit(digits.data, digits.target)
    table = Table.of({"image": digits.images})
    loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), table)
    check_answers(loaded, table, model.predict(digits.data))


def test_a_frame_without_a_column_transformer_costs_no_frame(tmp_path: Path) -> None:
    data = pd.DataFrame(SUGAR_X, columns=[f"c{index}" for index in range(10)])
    model = Ridge().fit(data, SUGAR_Y)
    loaded = check_adapter(SklearnAdapter(), saved(model, tmp_path), frames.read(data))
    assert loaded.describe().names == tuple(data.columns)
    assert not loaded.describe().names_must_match
    check_answers(loaded, frames.read(data), model.predict(data), tolerance=1e-12)


WRITTEN = [
    *CLASSIFIERS,
    make_pipeline(CountVectorizer(stop_words=["a", "the", "of"]), LogisticRegression()),
]


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: str(model)[:40])
def test_a_model_is_written_in_one_way(model: Any, tmp_path: Path) -> None:
    texts = ["good food", "the bad room"] * 5
    given = (texts, [0, 1] * 5) if "Vectorizer" in str(model) else (CANCER_X, CANCER_Y)
    model.fit(*given)
    check_writer(SklearnAdapter(), joblib.load, model, tmp_path)


def test_a_model_is_written_alike_under_every_hash_seed(tmp_path: Path) -> None:
    """Fitted in each process anew: where its parts lie in memory is no part of it."""
    code = """
import pathlib, sys
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from boxship.adapters.sklearn import SklearnAdapter
for stop_words in (None, "english", ["the", "a"]):
    trees = GradientBoostingClassifier(n_estimators=3, random_state=0)
    model = make_pipeline(TfidfVectorizer(stop_words=stop_words), trees)
    model.fit(["good food", "the bad room"] * 5, [0, 1] * 5)
    sys.stdout.buffer.write(SklearnAdapter().write(model, pathlib.Path(sys.argv[1])).read_bytes())
"""
    written = set()
    for seed in "012":
        (tmp_path / seed).mkdir()
        command = [sys.executable, "-c", code, str(tmp_path / seed)]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        written.add(done.stdout)
    assert len(written) == 1


@pytest.mark.parametrize(
    ("model", "code"), [(LogisticRegression(), "model.not_fitted"), ({"a": 1}, "model.not_a_model")]
)
def test_what_is_no_fitted_model(model: Any, code: str, tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        SklearnAdapter().load(saved(model, tmp_path)).describe()
    assert caught.value.code == code


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        MLPClassifier((3,), max_iter=20, **SEED),
        GaussianNB(),
        GradientBoostingClassifier(n_estimators=3, **SEED),
        AdaBoostClassifier(n_estimators=3, **SEED),
        LinearDiscriminantAnalysis(),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.parametrize("classes", [2, 3])
def test_labels_of_rows_between_two_classes_are_the_models_own(
    model: Any, classes: int, tmp_path: Path
) -> None:
    centres = np.array([[-2.0, 0.0], [2.0, 0.0], [0.0, 9.0]])[:classes]
    around = np.array([[-0.1, -0.1], [-0.1, 0.1], [0.1, -0.1], [0.1, 0.1]] * 10)
    inputs = (centres[:, None] + around).reshape(-1, 2)
    target = np.repeat(["a", "b", "c"][:classes], len(around))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(inputs, target)
    between = np.array([[x, y] for x in (-1e-17, 0.0, 1e-17, 1e-9, 50.0) for y in (0.0, 4.5, 9.0, -3.0)])
    given = SklearnAdapter().load(saved(model, tmp_path)).predict(Table.from_block(SCHEMA_2, between))
    assert given[0].values.tolist() == model.predict(between).tolist()


def _column(null: object, kind: str) -> pd.Series:  # type: ignore[type-arg]
    values = ["u", "v", null] if kind == "text" else [True, False, null]
    return pd.Series(np.array(values * 40, object), dtype=object)


@pytest.mark.parametrize(
    ("named", "arrays"),
    [(True, False), (False, False), (False, True)],
    ids=["ColumnTransformer", "DataFrame", "array"],
)
@pytest.mark.parametrize("kind", ["text", "bool"])
@pytest.mark.parametrize("null", [None, np.nan], ids=["None", "NaN"])
@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore"), OneHotEncoder()])
def test_nulls_are_what_they_were_in_training(
    encoder: Any, null: object, kind: str, arrays: bool, named: bool, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"s": _column(null, kind), "t": _column("w" if kind == "text" else True, kind)})
    target = np.arange(len(frame)) % 3 * 10.0
    first = ColumnTransformer([("e", encoder, ["s", "t"])]) if named else encoder
    given = frame.to_numpy(object) if arrays else frame
    model = make_pipeline(first, Ridge()).fit(given, target)
    table = frames.read(frame)
    answers = SklearnAdapter().load(saved(model, tmp_path)).predict(table)
    np.testing.assert_allclose(answers[0].values, model.predict(given), atol=1e-9)
