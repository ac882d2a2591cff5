"""Every family of scikit-learn's that has a twin, held against it as packing does."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import (
    calibration,
    compose,
    covariance,
    cross_decomposition,
    datasets,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_selection,
    frozen,
    isotonic,
    linear_model,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    random_projection,
    semi_supervised,
    svm,
    tree,
)  # fmt: skip
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from boxship import frames
from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_inside import label_follows
from boxship.testing.twins import check_twin
from boxship.twin.record import Record
from boxship.twin.refused import NoTwinError

ROWS = 1000
WINE = datasets.load_wine(return_X_y=True)
CANCER = (datasets.load_breast_cancer().data[:, :9], datasets.load_breast_cancer().target)
SUGAR = datasets.load_diabetes(return_X_y=True)
SEVERAL = (SUGAR[0], np.stack([SUGAR[1], SUGAR[1] ** 2], axis=1))
LABELS = (WINE[0], np.stack([WINE[1] > 0, WINE[1] < 2], axis=1).astype(int))

LOGISTIC = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
SVC = pipeline.make_pipeline(preprocessing.StandardScaler(), svm.LinearSVC(random_state=0))
TREE = tree.DecisionTreeClassifier(max_depth=4, random_state=0)
FOREST = ensemble.RandomForestClassifier(7, max_depth=4, random_state=0)
BOOST = ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0)
NORMAL = naive_bayes.GaussianNB()
NETWORK = neural_network.MLPClassifier((5,), max_iter=20, random_state=0)
RIDGE = linear_model.Ridge()


def calibrated(model: Any, method: str, **more: Any) -> Any:
    return calibration.CalibratedClassifierCV(model, method=method, cv=3, **more)


def before(step: Any, model: Any = TREE) -> Any:
    return pipeline.make_pipeline(step, model)


CALIBRATED = [
    calibrated(model, method, ensemble=ensemble_)
    for model in (LOGISTIC, SVC, FOREST, BOOST, NORMAL, NETWORK)
    for method in ("sigmoid", "isotonic", "temperature")
    for ensemble_ in (True, False)
    if model is not NORMAL or method == "sigmoid"  # else too steep: what is near does not stay near
] + [
    calibrated(ensemble.BaggingClassifier(LOGISTIC, 3, random_state=0), "sigmoid"),
    calibrated(ensemble.VotingClassifier([("a", TREE), ("b", FOREST)], voting="soft"), "isotonic"),
    calibrated(ensemble.StackingClassifier([("a", TREE)], LOGISTIC, cv=2), "sigmoid"),
    calibrated(linear_model.SGDClassifier(random_state=0), "sigmoid"),
    calibrated(discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1), "sigmoid"),
    calibrated(multiclass.OneVsRestClassifier(LOGISTIC), "sigmoid"),
]
CLASSIFIERS = [
    ensemble.AdaBoostClassifier(n_estimators=9, random_state=0),
    ensemble.AdaBoostClassifier(TREE, n_estimators=5, random_state=0),
    ensemble.StackingClassifier([("a", SVC), ("b", TREE)], LOGISTIC, cv=2),
    dummy.DummyClassifier(),
    dummy.DummyClassifier(strategy="most_frequent"),
    dummy.DummyClassifier(strategy="constant", constant=1),
    discriminant_analysis.LinearDiscriminantAnalysis(),
    discriminant_analysis.LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1),
    naive_bayes.BernoulliNB(),
    naive_bayes.BernoulliNB(binarize=3.0),
    before(preprocessing.Binarizer(threshold=5), naive_bayes.BernoulliNB(binarize=None)),
    naive_bayes.ComplementNB(),
    naive_bayes.MultinomialNB(),
    before(preprocessing.StandardScaler(), linear_model.RidgeClassifier()),
    before(preprocessing.StandardScaler(), linear_model.RidgeClassifierCV()),
    before(preprocessing.StandardScaler(), linear_model.Perceptron()),
    before(preprocessing.StandardScaler(), linear_model.SGDClassifier(random_state=0)),
    before(preprocessing.StandardScaler(), linear_model.SGDClassifier(loss="log_loss", random_state=0)),
    before(preprocessing.StandardScaler(), linear_model.SGDClassifier(loss="modified_huber", random_state=0)),
    feature_selection.RFE(LOGISTIC[-1], n_features_to_select=4),
    semi_supervised.SelfTrainingClassifier(LOGISTIC),
    *(
        before(step)
        for step in (
            decomposition.PCA(3),
            decomposition.PCA(3, whiten=True),
            decomposition.IncrementalPCA(3),
            decomposition.TruncatedSVD(3),
            decomposition.FastICA(3, random_state=0),
            feature_selection.GenericUnivariateSelect(mode="k_best", param=4),
            feature_selection.SelectFdr(),
            feature_selection.SelectFpr(),
            feature_selection.SelectFwe(),
            feature_selection.SelectPercentile(percentile=40),
            feature_selection.SequentialFeatureSelector(NORMAL, n_features_to_select=2, cv=2),
            preprocessing.FunctionTransformer(np.log1p),
            preprocessing.FunctionTransformer(np.sqrt),
            preprocessing.KBinsDiscretizer(4, encode="ordinal"),
            preprocessing.KBinsDiscretizer(4, strategy="kmeans", encode="onehot-dense", random_state=0),
            preprocessing.KBinsDiscretizer(4, strategy="uniform"),
            preprocessing.Normalizer("l1"),
            preprocessing.Normalizer("l2"),
            preprocessing.Normalizer("max"),
            preprocessing.PowerTransformer(),
            preprocessing.PowerTransformer(standardize=False),
            random_projection.GaussianRandomProjection(3, random_state=0),
            random_projection.SparseRandomProjection(3, random_state=0),
        )
    ),
]
OF_THREE = [
    multiclass.OneVsRestClassifier(LOGISTIC),
    multiclass.OneVsRestClassifier(TREE),
    multiclass.OneVsRestClassifier(SVC),
]
OF_TWO = [
    multiclass.OneVsRestClassifier(SVC),
    multiclass.OneVsRestClassifier(TREE),
    FixedThresholdClassifier(LOGISTIC, threshold=0.3),
    FixedThresholdClassifier(SVC, threshold=-0.5, response_method="decision_function"),
    TunedThresholdClassifierCV(LOGISTIC, cv=3),
    before(preprocessing.TargetEncoder(categories=[range(8)] * 9, target_type="binary")),
]
REGRESSORS = [
    dummy.DummyRegressor(),
    ensemble.AdaBoostRegressor(n_estimators=9, random_state=0),
    ensemble.AdaBoostRegressor(RIDGE, n_estimators=5, random_state=0),
    linear_model.ARDRegression(),
    linear_model.BayesianRidge(),
    linear_model.Lars(),
    linear_model.LassoLars(alpha=0.1),
    linear_model.LassoLarsIC(),
    linear_model.OrthogonalMatchingPursuit(),
    linear_model.QuantileRegressor(alpha=0.01),
    linear_model.RANSACRegressor(random_state=0),
    linear_model.SGDRegressor(random_state=0),
    linear_model.TheilSenRegressor(max_subpopulation=100, random_state=0),
    cross_decomposition.PLSRegression(),
    compose.TransformedTargetRegressor(RIDGE),
    compose.TransformedTargetRegressor(RIDGE, func=np.log, inverse_func=np.exp),
    compose.TransformedTargetRegressor(RIDGE, transformer=preprocessing.StandardScaler()),
    compose.TransformedTargetRegressor(RIDGE, transformer=preprocessing.MinMaxScaler((0, 9))),
    frozen.FrozenEstimator(linear_model.Ridge().fit(*SUGAR)),
]
OTHERS = [
    KMeans(4, n_init=2, random_state=0),
    MiniBatchKMeans(4, n_init=2, random_state=0),
    linear_model.SGDOneClassSVM(random_state=0),
    covariance.EllipticEnvelope(random_state=0, contamination=0.07),
    ensemble.IsolationForest(n_estimators=9, random_state=0),
    preprocessing.StandardScaler(),
    decomposition.PCA(2),
    pipeline.make_pipeline(preprocessing.PowerTransformer(), decomposition.PCA(2)),
]
OF_SEVERAL = [
    (linear_model.MultiTaskLasso(), SEVERAL),
    (linear_model.MultiTaskElasticNet(), SEVERAL),
    (cross_decomposition.CCA(1), SEVERAL),
    (cross_decomposition.PLSCanonical(1), SEVERAL),
    (cross_decomposition.PLSRegression(2), SEVERAL),
    (multioutput.MultiOutputRegressor(RIDGE), SEVERAL),
    (multioutput.RegressorChain(RIDGE, order=[1, 0]), SEVERAL),
    (multioutput.MultiOutputClassifier(FOREST), LABELS),
    (multioutput.ClassifierChain(LOGISTIC, order=[1, 0]), LABELS),
]


def held(model: Any, rows: Any, target: Any = None) -> Record:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of trainings cut short
        fitted = model if isinstance(model, frozen.FrozenEstimator) else clone(model).fit(rows, target)
        fitted.predict(rows) if hasattr(fitted, "predict") else fitted.transform(rows)
        return check_twin(
            SklearnModel(fitted, label_follows=label_follows(fitted)), frames.read(rows), rows=ROWS
        )


def name(value: Any) -> str:
    return "".join(str(value).split())[:60]


@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two", "three"])
@pytest.mark.parametrize("model", CALIBRATED, ids=name)
def test_calibrated_classifiers(model: Any, data: tuple[Any, Any]) -> None:
    held(model, data[0], np.array(["a", "b", "c"])[data[1]])


@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two", "three"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=name)
def test_classifiers_and_what_stands_before_them(model: Any, data: tuple[Any, Any]) -> None:
    assert is_classifier(model)
    held(model, *data)


@pytest.mark.parametrize("model", OF_THREE, ids=name)
def test_classifiers_of_three(model: Any) -> None:
    held(model, *WINE)


@pytest.mark.parametrize("model", OF_TWO, ids=name)
def test_classifiers_of_two(model: Any) -> None:
    rows = CANCER[0].round() % 9 if "TargetEncoder" in str(model) else CANCER[0]
    held(model, rows, CANCER[1])


@pytest.mark.parametrize("model", REGRESSORS, ids=name)
def test_regressors(model: Any) -> None:
    assert is_regressor(model)
    held(model, *SUGAR)


@pytest.mark.parametrize("model", OTHERS, ids=name)
def test_models_that_learn_without_a_target(model: Any) -> None:
    held(model, CANCER[0])


@pytest.mark.parametrize(("model", "data"), OF_SEVERAL, ids=name)
def test_models_of_several_outputs(model: Any, data: tuple[Any, Any]) -> None:
    held(model, *data)


def test_isotonic_regression() -> None:
    rows = SUGAR[0][:, 2:3]
    held(isotonic.IsotonicRegression(out_of_bounds="clip"), rows, SUGAR[1])
    with pytest.raises(NoTwinError, match="out of bounds"):
        held(isotonic.IsotonicRegression(), rows, SUGAR[1])


@pytest.mark.parametrize("features", ["missing-only", "all"])
def test_flags_of_what_is_missing(features: str) -> None:
    rows = np.where(np.random.default_rng(0).random(CANCER[0].shape) < 0.2, np.nan, CANCER[0])
    rows[:, 3] = CANCER[0][:, 3]  # whole, and then it has to be
    both = pipeline.make_union(SimpleImputer(), MissingIndicator(features=features))
    held(before(both), rows, CANCER[1])


def test_calibrators_of_fitted_models() -> None:
    inner = frozen.FrozenEstimator(LOGISTIC.fit(*CANCER))
    held(calibrated(inner, "isotonic"), *CANCER)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (before(preprocessing.FunctionTransformer(np.cbrt)), "a function"),
        (before(preprocessing.PowerTransformer("box-cox")), "box-cox"),
        (compose.TransformedTargetRegressor(RIDGE, func=np.cbrt, inverse_func=lambda y: y**3), "a function"),
        (compose.TransformedTargetRegressor(RIDGE, transformer=preprocessing.RobustScaler()), "RobustScaler"),
        (calibrated(neighbors.KNeighborsClassifier(), "sigmoid"), "KNeighborsClassifier"),
        (dummy.DummyClassifier(strategy="uniform"), "uniform"),
    ],
    ids=name,
)  # fmt: skip
def test_what_is_not_known_is_refused_in_words(model: Any, why: str) -> None:
    rows, target = (np.abs(CANCER[0]) + 1, CANCER[1]) if is_classifier(model) else SUGAR
    with pytest.raises(NoTwinError, match=why):
        held(model, rows, target)
