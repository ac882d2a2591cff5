"""ONNX files that are written of twins answer as the twins do, in ONNX Runtime."""

import warnings
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn import (
    calibration,
    cluster,
    compose,
    covariance,
    datasets,
    decomposition,
    discriminant_analysis,
    ensemble,
    gaussian_process,
    isotonic,
    kernel_approximation,
    kernel_ridge,
    linear_model,
    multiclass,
    multioutput,
    naive_bayes,
    neural_network,
    preprocessing,
    svm,
    tree,
)  # fmt: skip
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline, make_union

from boxship import frames
from boxship.adapters import Model
from boxship.adapters.lightgbm import LightGBMModel
from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_inside import label_follows
from boxship.adapters.xgboost import XGBoostModel
from contract.onnx_asked import held
from needs import library

WINE = datasets.load_wine(return_X_y=True)
CANCER = (datasets.load_breast_cancer().data[:, :9], datasets.load_breast_cancer().target)
SUGAR = datasets.load_diabetes(return_X_y=True)
SEVERAL = (SUGAR[0], np.stack([SUGAR[1], SUGAR[1] ** 2], axis=1))
SCALED = preprocessing.StandardScaler
LOGISTIC = make_pipeline(SCALED(), linear_model.LogisticRegression())
TREE = tree.DecisionTreeClassifier(max_depth=4, random_state=0)
FOREST = ensemble.RandomForestClassifier(7, max_depth=5, random_state=0)
RIDGE = linear_model.Ridge()
FEW: dict[str, Any] = {"n_estimators": 9, "random_state": 0}
ONE: dict[str, Any] = {"n_jobs": 1, **FEW}


def calibrated(model: Any, method: str) -> Any:
    return calibration.CalibratedClassifierCV(model, method=method, cv=3)


EXACT = 0.0
CLASSIFIERS = [
    (TREE, EXACT),
    (FOREST, EXACT),
    (ensemble.ExtraTreesClassifier(**FEW), EXACT),
    (ensemble.GradientBoostingClassifier(**FEW), 1e-12),
    (ensemble.HistGradientBoostingClassifier(max_iter=9, random_state=0), 1e-12),
    (ensemble.AdaBoostClassifier(**FEW), 1e-12),
    (ensemble.BaggingClassifier(TREE, 5, max_features=0.5, random_state=0), 1e-12),
    (ensemble.VotingClassifier([("a", TREE), ("b", FOREST)], voting="soft", weights=[2, 1]), 1e-12),
    (ensemble.StackingClassifier([("a", TREE), ("b", FOREST)], LOGISTIC, cv=2, passthrough=True), 1e-12),
    (xgboost.XGBClassifier(**ONE), 2.5e-7),
    (lightgbm.LGBMClassifier(verbose=-1, **ONE), 1e-12),
    (calibrated(FOREST, "isotonic"), 1e-12),
    (calibrated(LOGISTIC, "isotonic"), 1e-12),
    (calibrated(LOGISTIC, "temperature"), 1e-12),
    (calibrated(make_pipeline(SCALED(), svm.LinearSVC(random_state=0)), "sigmoid"), 1e-12),
    (LOGISTIC, 1e-12),
    (make_pipeline(SCALED(), linear_model.RidgeClassifier()), EXACT),
    (make_pipeline(SCALED(), linear_model.SGDClassifier(loss="modified_huber", random_state=0)), 1e-12),
    (make_pipeline(preprocessing.PowerTransformer(), linear_model.LogisticRegression()), 1e-12),
    (make_pipeline(preprocessing.KBinsDiscretizer(4, encode="onehot-dense"), TREE), EXACT),
    (make_pipeline(preprocessing.Normalizer("l1"), TREE), EXACT),
    (make_pipeline(SCALED(), decomposition.PCA(3, whiten=True), TREE), EXACT),
    (make_pipeline(preprocessing.FunctionTransformer(np.log1p), TREE), EXACT),
    (multiclass.OneVsRestClassifier(TREE), 1e-12),
    (naive_bayes.GaussianNB(), 1e-12),
    (naive_bayes.BernoulliNB(binarize=3.0), 1e-12),
    (naive_bayes.MultinomialNB(), 1e-12),
    (discriminant_analysis.LinearDiscriminantAnalysis(), 1e-12),
    (discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1), 1e-12),
    (neural_network.MLPClassifier((5,), max_iter=20, random_state=0), 1e-12),
    (make_pipeline(SCALED(), svm.SVC()), EXACT),
    (make_pipeline(SCALED(), svm.SVC(kernel="sigmoid", probability=True, random_state=0)), 1e-12),
    (make_pipeline(SCALED(), svm.NuSVC(nu=0.1, kernel="poly", break_ties=True)), EXACT),
    (calibrated(make_pipeline(SCALED(), svm.SVC(kernel="linear")), "sigmoid"), 1e-12),
    (make_pipeline(SCALED(), kernel_approximation.Nystroem(n_components=9, random_state=0), LOGISTIC), 1e-12),
]
REGRESSORS = [
    (tree.DecisionTreeRegressor(random_state=0), EXACT),
    (ensemble.RandomForestRegressor(**FEW), EXACT),
    (
        ensemble.ExtraTreesRegressor(200, max_depth=3, random_state=0),
        EXACT,
    ),  # so many that threads share them
    (ensemble.GradientBoostingRegressor(**FEW), EXACT),
    (ensemble.HistGradientBoostingRegressor(max_iter=9, random_state=0), EXACT),
    (ensemble.HistGradientBoostingRegressor(max_iter=9, loss="poisson", random_state=0), 1e-12),
    (ensemble.AdaBoostRegressor(**FEW), EXACT),
    (ensemble.IsolationForest(**FEW), EXACT),
    (xgboost.XGBRegressor(**ONE), EXACT),
    (xgboost.XGBRFRegressor(**ONE), EXACT),
    (lightgbm.LGBMRegressor(verbose=-1, **ONE), EXACT),
    (lightgbm.LGBMRegressor(objective="poisson", verbose=-1, **ONE), 1e-12),
    (RIDGE, 1e-12),
    (make_pipeline(SCALED(), svm.SVR()), 1e-12),
    (make_pipeline(SCALED(), svm.OneClassSVM(nu=0.1)), EXACT),
    (kernel_ridge.KernelRidge(kernel="poly", gamma=0.3, degree=2), 1e-12),
    (make_pipeline(SCALED(), kernel_approximation.RBFSampler(random_state=0), RIDGE), 1e-12),
    (make_pipeline(SCALED(), gaussian_process.GaussianProcessRegressor(alpha=0.1, optimizer=None)), 1e-12),
    (linear_model.PoissonRegressor(), 1e-12),
    (make_pipeline(preprocessing.PolynomialFeatures(2), RIDGE), 1e-12),
    (compose.TransformedTargetRegressor(RIDGE, func=np.log, inverse_func=np.exp), 1e-12),
    (
        neural_network.MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", max_iter=20, random_state=0),
        1e-12,
    ),
    (cluster.KMeans(4, n_init=1, random_state=0), EXACT),
    (covariance.EllipticEnvelope(random_state=0), EXACT),
    (decomposition.PCA(2), 1e-12),
]
OF_SEVERAL = [
    (xgboost.XGBRegressor(**ONE), EXACT),
    (ensemble.RandomForestRegressor(**FEW), EXACT),
    (multioutput.RegressorChain(RIDGE, order=[1, 0]), 1e-12),
]


def model_of(fitted: Any) -> Model:
    kind = {"lightgbm": LightGBMModel.of, "xgboost": XGBoostModel.of}.get(
        type(fitted).__module__.split(".")[0]
    )
    return kind(fitted) if kind else SklearnModel(fitted, label_follows=label_follows(fitted))


def trained(model: Any, rows: Any, target: Any) -> Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of trainings cut short
        return model_of(model.fit(rows, target))


def name(value: Any) -> str:
    return "".join(str(value).split())[:50]


@pytest.mark.parametrize(("model", "near"), CLASSIFIERS, ids=name)
@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two", "three"])
def test_classifiers(model: Any, near: float, data: Any) -> None:
    labels = data[1] if "XGB" in str(model) else np.array(["a", "b", "c"])[data[1]]
    assert held(trained(model, data[0], labels), frames.read(data[0])) <= near


@pytest.mark.parametrize(("model", "near"), REGRESSORS, ids=name)
def test_regressors_and_others(model: Any, near: float) -> None:
    assert held(trained(model, *SUGAR), frames.read(SUGAR[0])) <= near


@pytest.mark.parametrize(("model", "near"), OF_SEVERAL, ids=name)
def test_several_outputs(model: Any, near: float) -> None:
    assert held(trained(model, *SEVERAL), frames.read(SUGAR[0])) <= near


def test_isotonic_regression() -> None:
    rows = SUGAR[0][:, 2:3]
    model = isotonic.IsotonicRegression(out_of_bounds="clip")
    assert held(trained(model, rows, SUGAR[1]), frames.read(rows)) <= 1e-12


MISSING = [
    FOREST,
    ensemble.HistGradientBoostingClassifier(max_iter=9, random_state=0),
    xgboost.XGBClassifier(**ONE),
    lightgbm.LGBMClassifier(verbose=-1, **ONE),
    make_pipeline(make_union(SimpleImputer(add_indicator=True), SimpleImputer(strategy="median")), FOREST),
]


@pytest.mark.parametrize("model", MISSING, ids=name)
def test_missing_values(model: Any) -> None:
    rows = np.where(np.random.default_rng(0).random(CANCER[0].shape) < 0.15, np.nan, CANCER[0])
    held(trained(model, rows, CANCER[1]), frames.read(rows))


def people(count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "city": pd.Categorical(rng.choice(["Bern", "Oslo", "Rome", "Ulm"], count)),
            "zone": pd.Categorical(rng.integers(1, 9, count)),
            "fee": np.where(rng.random(count) < 0.1, np.nan, rng.normal(size=count)),
            "calls": pd.array(np.where(rng.random(count) < 0.1, None, rng.integers(0, 9, count)), "Int64"),
            "member": rng.random(count) < 0.5,
        }
    )


def parted(encoder: Any, model: Any) -> Any:
    rest = SimpleImputer(strategy="median")
    return make_pipeline(compose.make_column_transformer((encoder, ["city", "zone"]), remainder=rest), model)


OF_WORDS: dict[str, Callable[[], Any]] = {
    "one hot": lambda: parted(preprocessing.OneHotEncoder(handle_unknown="ignore"), FOREST),
    "refusing": lambda: parted(preprocessing.OneHotEncoder(), TREE),
    "ordinal": lambda: parted(
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), LOGISTIC
    ),
    "means": lambda: parted(preprocessing.TargetEncoder(target_type="binary", random_state=0), FOREST),
    "histogram": lambda: ensemble.HistGradientBoostingClassifier(
        max_iter=9, categorical_features=["city", "zone"], random_state=0
    ),
    "lightgbm": lambda: lightgbm.LGBMClassifier(min_child_samples=2, verbose=-1, **ONE),
    "xgboost": lambda: xgboost.XGBClassifier(enable_categorical=True, **ONE),
}


@pytest.mark.parametrize("which", OF_WORDS)
def test_categories(which: str) -> None:
    rows = people()
    target = (rows.city.isin(["Oslo", "Ulm"]) ^ (rows.zone.astype(int) > 4)).astype(int)
    rows = rows if which in ("lightgbm", "xgboost") else rows.astype({"calls": "float64"})
    held(trained(OF_WORDS[which](), rows, target), frames.read(rows))


@pytest.mark.parametrize("loss", ["Logloss", "MultiClass", "RMSE"])
def test_catboost(loss: str) -> None:
    catboost = library("catboost")
    from boxship.adapters.catboost import CatBoostModel

    rows, target = SUGAR if loss == "RMSE" else CANCER if loss == "Logloss" else WINE
    kind = catboost.CatBoostRegressor if loss == "RMSE" else catboost.CatBoostClassifier
    more = {"verbose": 0, "thread_count": 1, "allow_writing_files": False, "random_seed": 0}
    model = kind(iterations=9, loss_function=loss, **more).fit(rows, target)
    assert held(CatBoostModel(model), frames.read(rows)) <= (0 if loss == "RMSE" else 1e-12)
