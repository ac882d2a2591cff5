"""Every family that has a twin, fitted again and again on data that it was not written against: `make prove`
asks ten fits of each, on a hundred thousand rows and every edge; a run of the tests asks fewer."""

import os
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn import (
    calibration,
    cluster,
    decomposition,
    discriminant_analysis,
    ensemble,
    linear_model,
    multiclass,
    multioutput,
    naive_bayes,
    neural_network,
    preprocessing,
    svm,
    tree,
)  # fmt: skip
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_digits, load_iris, load_linnerud, make_classification, make_friedman1
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.impute import SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline

from boxship import frames
from boxship.adapters import Model
from boxship.adapters.catboost import CatBoostModel
from boxship.adapters.lightgbm import LightGBMModel
from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_inside import label_follows
from boxship.adapters.xgboost import XGBoostModel
from boxship.testing.twins import check_twin

LONG = bool(os.environ.get("BOXSHIP_LONG"))
FITS, ROWS = (10, 100_000) if LONG else (2, 1000)
TREES = 40 if LONG else 8

Rows = Any  # an array, or a frame


class Data(NamedTuple):
    """Rows, and what to learn of them: a number, one of two, one of several."""

    rows: Rows
    number: Any
    two: Any
    several: Any

    @classmethod
    def of(cls, rows: Rows, number: Any) -> "Data":
        at = np.argsort(np.argsort(number, kind="stable"), kind="stable") / len(number)
        return cls(rows, number, np.where(at < 0.4, "no", "yes"), (at * 3).astype(int))


def digits(rng: np.random.Generator) -> Data:
    rows, target = load_digits(return_X_y=True)
    some = rng.permutation(len(rows))[:600]
    return Data.of(rows[some][:, 18:40], target[some] + rng.normal(size=600) / 10)


def friedman(rng: np.random.Generator) -> Data:
    return Data.of(*make_friedman1(500, 8, noise=1.0, random_state=int(rng.integers(99))))


def flowers(rng: np.random.Generator) -> Data:
    rows = load_iris().data
    return Data.of(rows, rows @ rng.normal(size=4) + rng.normal(size=len(rows)) / 5)


def tails(rng: np.random.Generator) -> Data:
    """Far more spread out than any double may be told apart in single precision."""
    rows = rng.standard_cauchy((400, 6)) * 10.0 ** rng.integers(-12, 13, 6)
    return Data.of(rows, np.sign(rows).sum(axis=1) + rng.normal(size=400) / 3)


def ties(rng: np.random.Generator) -> Data:
    rows = rng.integers(-3, 4, (500, 7)).astype(float)
    return Data.of(rows, rows[:, 0] * rows[:, 1] + rows[:, 2] + rng.integers(0, 2, 500))


def steps(rng: np.random.Generator) -> Data:
    """Neighbours in double precision, of which single precision makes one of four."""
    rows = 1.0 + rng.integers(0, 64, (400, 5)) * 2.0**-25
    return Data.of(rows, (rows - 1).sum(axis=1) * 2.0**25 + rng.normal(size=400))


def wide(rng: np.random.Generator) -> Data:
    rows, _ = make_classification(300, 40, n_informative=6, random_state=int(rng.integers(99)))
    return Data.of(rows, rows[:, 0] + rows[:, 5] ** 2 + rng.normal(size=300))


def narrow(rng: np.random.Generator) -> Data:
    rows = rng.normal(size=(700, 1))
    return Data.of(rows, np.sin(3 * rows[:, 0]) + rng.normal(size=700) / 4)


def trained_people(rng: np.random.Generator) -> Data:
    rows = np.repeat(load_linnerud().data, 6, axis=0) + rng.integers(0, 3, (120, 3))
    return Data.of(rows, rows @ rng.normal(size=3))


def zeros(rng: np.random.Generator) -> Data:
    rows = np.where(
        rng.random((400, 6)) < 0.6,
        rng.choice([0.0, -0.0, 1e-36, -1e-40], (400, 6)),
        rng.normal(size=(400, 6)),
    )
    return Data.of(rows, rows.sum(axis=1) + (rows[:, 0] == 0))


NUMBERS = [friedman, tails, digits, ties, steps, zeros, flowers, wide, narrow, trained_people]


def with_missing(data: Data, rng: np.random.Generator) -> Data:
    rows = np.where(rng.random(data.rows.shape) < 0.15, np.nan, data.rows)
    return data._replace(rows=rows)


def with_words(data: Data, rng: np.random.Generator) -> Data:
    """Two numbers, one of them with nulls, beside words and codes that go with what is to be learnt."""
    count = len(data.number)
    at = np.argsort(np.argsort(data.number)) / count
    return data._replace(
        rows=pd.DataFrame(
            {
                "a": data.rows[:, 0],
                "b": np.where(rng.random(count) < 0.1, np.nan, data.rows[:, -1]),
                "city": np.array(["Bern", "Oslo", "Rome", "Ulm"])[(at * 3 + rng.random(count)).astype(int)],
                "code": rng.integers(0, 5, count),
            }
        )
    )


def model_of(fitted: Any) -> Model:
    package = type(fitted).__module__.partition(".")[0]
    if package == "sklearn":
        return SklearnModel(fitted, label_follows=label_follows(fitted))
    return {"catboost": CatBoostModel, "lightgbm": LightGBMModel.of, "xgboost": XGBoostModel.of}[package](
        fitted
    )  # type: ignore[operator]


BOOST: dict[str, Any] = {"n_estimators": TREES, "n_jobs": 1}
CAT: dict[str, Any] = {"iterations": TREES, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
SCALED = preprocessing.StandardScaler
KERNELS = ("rbf", "poly", "sigmoid", "linear")
Maker = Callable[[int], Any]

OF_TWO: dict[str, Maker] = {
    "calibrated": lambda seed: calibration.CalibratedClassifierCV(
        ensemble.RandomForestClassifier(TREES, max_depth=5, random_state=seed), cv=3
    ),
    "threes": lambda seed: ensemble.AdaBoostClassifier(n_estimators=TREES, random_state=seed),
    "xgboost": lambda seed: xgboost.XGBRFClassifier(random_state=seed, subsample=0.8, **BOOST),
    "lightgbm": lambda seed: lightgbm.LGBMClassifier(random_state=seed, verbose=-1, **BOOST),
    "boosting": lambda seed: ensemble.GradientBoostingClassifier(n_estimators=TREES, random_state=seed),
    "catboost": lambda seed: catboost.CatBoostClassifier(random_seed=seed, **CAT),
}
OF_SEVERAL: dict[str, Maker] = {
    "tree": lambda seed: tree.DecisionTreeClassifier(random_state=seed),
    "forest": lambda seed: ensemble.RandomForestClassifier(TREES, random_state=seed),
    "extra": lambda seed: ensemble.ExtraTreesClassifier(TREES, random_state=seed),
    "histogram": lambda seed: ensemble.HistGradientBoostingClassifier(max_iter=TREES, random_state=seed),
    "xgboost": lambda seed: xgboost.XGBRFClassifier(random_state=seed, **BOOST),
    "lightgbm": lambda seed: lightgbm.LGBMClassifier(random_state=seed, verbose=-1, **BOOST),
    "catboost": lambda seed: catboost.CatBoostClassifier(random_seed=seed, **CAT),
    "catboost uneven": lambda seed: catboost.CatBoostClassifier(
        random_seed=seed, grow_policy="Lossguide", **CAT
    ),
    "bag": lambda seed: ensemble.BaggingClassifier(
        tree.DecisionTreeClassifier(max_depth=5), TREES, max_features=0.9, random_state=seed
    ),
    "logistic": lambda seed: make_pipeline(SCALED(), linear_model.LogisticRegression(C=10.0**-seed)),
    "one of all": lambda seed: multiclass.OneVsRestClassifier(
        tree.DecisionTreeClassifier(max_depth=4, random_state=seed)
    ),
    "bayes": lambda _: make_pipeline(SCALED(), naive_bayes.BernoulliNB()),
    "discriminant": lambda _: make_pipeline(SCALED(), discriminant_analysis.LinearDiscriminantAnalysis()),
    "machine": lambda seed: make_pipeline(SCALED(), svm.LinearSVC(random_state=seed)),
    "kernels": lambda seed: make_pipeline(
        SCALED(), svm.SVC(kernel=KERNELS[seed % 4], probability=True, random_state=seed)
    ),
    "network": lambda seed: make_pipeline(
        SCALED(), neural_network.MLPClassifier((6,), max_iter=30, random_state=seed)
    ),
    "components": lambda seed: make_pipeline(
        SCALED(), decomposition.PCA(1), linear_model.LogisticRegression(C=10.0**-seed)
    ),
}
OF_NUMBERS: dict[str, Maker] = {
    "tree": lambda seed: tree.DecisionTreeRegressor(random_state=seed),
    "forest": lambda seed: ensemble.RandomForestRegressor(TREES, random_state=seed),
    "boosting": lambda seed: ensemble.GradientBoostingRegressor(n_estimators=TREES, random_state=seed),
    "histogram": lambda seed: ensemble.HistGradientBoostingRegressor(max_iter=TREES, random_state=seed),
    "xgboost": lambda seed: xgboost.XGBRegressor(random_state=seed, **BOOST),
    "lightgbm": lambda seed: lightgbm.LGBMRegressor(random_state=seed, verbose=-1, **BOOST),
    "catboost": lambda seed: catboost.CatBoostRegressor(random_seed=seed, **CAT),
    "catboost deep": lambda seed: catboost.CatBoostRegressor(random_seed=seed, depth=9, **CAT),
    "catboost uneven": lambda seed: catboost.CatBoostRegressor(
        random_seed=seed, grow_policy="Depthwise", **CAT
    ),
    "ridge": lambda seed: make_pipeline(SCALED(), linear_model.Ridge(alpha=10.0**-seed)),
    "bent": lambda _: make_pipeline(preprocessing.PowerTransformer(), linear_model.Ridge()),
    "binned": lambda _: make_pipeline(
        preprocessing.KBinsDiscretizer(4, encode="ordinal"), linear_model.Ridge()
    ),
    "kernels": lambda seed: make_pipeline(SCALED(), svm.SVR(kernel=("rbf", "sigmoid")[seed % 2])),
    "kernel ridge": lambda seed: make_pipeline(SCALED(), KernelRidge(kernel=KERNELS[seed % 4])),
    "process": lambda _: make_pipeline(
        SCALED(), GaussianProcessRegressor(RBF(2.0), alpha=0.1, optimizer=None)
    ),
    "means": lambda seed: cluster.KMeans(3, n_init=1, random_state=seed),
    "isolation": lambda seed: ensemble.IsolationForest(n_estimators=TREES, random_state=seed),
    "each": lambda seed: multioutput.RegressorChain(
        tree.DecisionTreeRegressor(max_depth=5, random_state=seed)
    ),
}
TAKE_MISSING = (
    "tree",
    "forest",
    "extra",
    "histogram",
    "xgboost",
    "lightgbm",
    "catboost",
    "isolation",
    "deep",
    "uneven",
)


def parted(encoder: Any, model: Any) -> Any:
    words, rest = make_column_selector(dtype_exclude="number"), SimpleImputer(strategy="median")
    return make_pipeline(make_column_transformer((encoder, words), remainder=rest), model)


OF_WORDS: dict[str, Maker] = {
    "one hot": lambda seed: parted(
        preprocessing.OneHotEncoder(handle_unknown="ignore"), ensemble.RandomForestClassifier(TREES, random_state=seed)
    ),
    "refusing": lambda seed: parted(preprocessing.OneHotEncoder(), tree.DecisionTreeClassifier(random_state=seed)),
    "ordinal": lambda seed: parted(
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        xgboost.XGBRFClassifier(random_state=seed, **BOOST),
    ),
    "means": lambda seed: parted(
        preprocessing.TargetEncoder(target_type="binary", random_state=seed), linear_model.LogisticRegression()
    ),
    "histogram": lambda seed: ensemble.HistGradientBoostingClassifier(
        max_iter=TREES, categorical_features=["city", "code"], random_state=seed
    ),
    "lightgbm": lambda seed: lightgbm.LGBMClassifier(random_state=seed, verbose=-1, **BOOST),
}  # fmt: skip


def held(model: Any, rows: Rows, target: Any, seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of trainings cut short, of rows beyond all numbers
        fitted = model.fit(rows, target)
        record = check_twin(model_of(fitted), frames.read(rows), rows=ROWS, seed=seed)
    assert sum(part.answered for part in record.parts.values()) > len(rows)


def drawn(fit: int, name: str) -> tuple[Data, np.random.Generator]:
    rng = np.random.default_rng([fit, len(name)])
    make = NUMBERS[fit % len(NUMBERS)]
    # where rows are nearer to one another than to zero by ten digits, k-means itself answers by chance
    data = (friedman if make is steps and name == "means" else make)(rng)
    takes = name.rsplit(" ", maxsplit=1)[-1] in TAKE_MISSING and fit % 2
    return (with_missing(data, rng) if takes else data), rng


@pytest.mark.parametrize("fit", range(FITS))
@pytest.mark.parametrize("name", OF_TWO)
def test_of_two(name: str, fit: int) -> None:
    data, _ = drawn(fit, name)
    target = (data.two == "yes").astype(int) if name == "xgboost" else data.two
    held(OF_TWO[name](fit), data.rows, target, fit)


@pytest.mark.parametrize("fit", range(FITS))
@pytest.mark.parametrize("name", OF_SEVERAL)
def test_of_several(name: str, fit: int) -> None:
    data, _ = drawn(fit, name)
    held(OF_SEVERAL[name](fit), data.rows, data.several, fit)


@pytest.mark.parametrize("fit", range(FITS))
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_of_numbers(name: str, fit: int) -> None:
    data, _ = drawn(fit, name)
    target = np.stack([data.number, data.number * 2], axis=1) if name == "each" else data.number
    held(OF_NUMBERS[name](fit), data.rows, target, fit)


@pytest.mark.parametrize("fit", range(FITS))
@pytest.mark.parametrize("name", OF_WORDS)
def test_of_words(name: str, fit: int) -> None:
    data, rng = drawn(fit, name)
    words = with_words(data, rng)
    rows = words.rows
    if name in ("histogram", "lightgbm"):
        rows = rows.assign(city=pd.Categorical(rows.city), code=pd.Categorical(rows.code.astype(str)))
    target = (words.two == "yes").astype(int) if name == "ordinal" else words.two
    held(OF_WORDS[name](fit), rows, target, fit)
