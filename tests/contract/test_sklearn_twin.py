"""Twins of scikit-learn models answer as the models do: on their data, near it, and on every edge of it."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn import datasets, ensemble, linear_model, naive_bayes, neighbors, neural_network, svm, tree
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_twin import lower
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.twin.forest import LEAF, Forest
from boxship.twin.program import Program
from boxship.twin.program_bytes import from_bytes, to_bytes
from boxship.twin.refused import NoTwinError

Array = np.ndarray[Any, np.dtype[Any]]
EXACT, LINKED, NETWORK = 0.0, 1e-15, 1e-12

TREE = tree.DecisionTreeClassifier(max_depth=4, random_state=0)
TWO = [("a", TREE), ("b", ensemble.RandomForestClassifier(5, random_state=0))]
CLASSIFIERS = [
    (tree.DecisionTreeClassifier(random_state=0), EXACT),
    (tree.ExtraTreeClassifier(random_state=0), EXACT),
    (ensemble.RandomForestClassifier(30, random_state=0), EXACT),
    (ensemble.ExtraTreesClassifier(30, random_state=0), EXACT),
    (ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0), LINKED),
    (ensemble.HistGradientBoostingClassifier(max_iter=20, random_state=0), LINKED),
    (make_pipeline(StandardScaler(), linear_model.LogisticRegression()), NETWORK),
    (
        make_pipeline(
            MinMaxScaler(clip=True), neural_network.MLPClassifier((9, 5), max_iter=50, random_state=0)
        ),
        NETWORK,
    ),
    (
        make_pipeline(RobustScaler(), neural_network.MLPClassifier((9,), activation="tanh", max_iter=50)),
        NETWORK,
    ),
    (make_pipeline(StandardScaler(), svm.LinearSVC(random_state=0)), NETWORK),
    (
        GridSearchCV(
            make_pipeline(MaxAbsScaler(), linear_model.LogisticRegression()),
            {"logisticregression__C": [1, 9]},
            cv=2,
        ),
        NETWORK,
    ),
    (make_pipeline(SelectKBest(k=4), ensemble.RandomForestClassifier(9, random_state=0)), EXACT),
    (make_pipeline(StandardScaler(), naive_bayes.GaussianNB()), NETWORK),
    (ensemble.VotingClassifier(TWO, voting="soft", weights=[2, 1]), NETWORK),
    (ensemble.BaggingClassifier(TREE, 7, max_features=0.5, random_state=0), LINKED),
    (ensemble.StackingClassifier(TWO, cv=2, final_estimator=linear_model.LogisticRegression()), NETWORK),
    (ensemble.StackingClassifier(TWO, cv=2, passthrough=True, final_estimator=TREE), EXACT),
]
REGRESSORS = [
    (tree.DecisionTreeRegressor(random_state=0), EXACT),
    (ensemble.RandomForestRegressor(20, random_state=0), EXACT),
    (ensemble.ExtraTreesRegressor(20, random_state=0), EXACT),
    (ensemble.GradientBoostingRegressor(n_estimators=20, random_state=0), EXACT),
    (ensemble.GradientBoostingRegressor(n_estimators=5, init="zero", loss="huber", random_state=0), EXACT),
    (ensemble.HistGradientBoostingRegressor(max_iter=20, random_state=0), EXACT),
    (ensemble.HistGradientBoostingRegressor(max_iter=9, loss="poisson", random_state=0), LINKED),
    (ensemble.IsolationForest(n_estimators=20, random_state=0), EXACT),
    (ensemble.IsolationForest(n_estimators=20, max_features=0.5, contamination=0.1, random_state=0), EXACT),
    (ensemble.BaggingRegressor(n_estimators=7, random_state=0), LINKED),
    (
        ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", ensemble.RandomForestRegressor(3))]),
        NETWORK,
    ),
    (ensemble.StackingRegressor([("a", tree.DecisionTreeRegressor())], linear_model.Ridge(), cv=2), NETWORK),
    (linear_model.LinearRegression(), NETWORK),
    (linear_model.Ridge(), NETWORK),
    (linear_model.PoissonRegressor(), NETWORK),
    (linear_model.TweedieRegressor(power=0), NETWORK),
    (neural_network.MLPRegressor(hidden_layer_sizes=(9,), max_iter=50, random_state=0), NETWORK),
]
MISSING = [
    (tree.DecisionTreeClassifier(random_state=0), EXACT),
    (ensemble.RandomForestClassifier(20, random_state=0), EXACT),
    (ensemble.HistGradientBoostingClassifier(max_iter=20, random_state=0), LINKED),
    (
        make_pipeline(SimpleImputer(add_indicator=True), ensemble.RandomForestClassifier(9, random_state=0)),
        EXACT,
    ),
    (
        make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), linear_model.LogisticRegression()),
        NETWORK,
    ),
]


def contract_of(width: int) -> Contract:
    fields = tuple(Field(f"f{place}", "float64", nullable=True) for place in range(width))
    return Contract(fields, (Output("prediction", "float64"),))


def fitted(model: Any, rows: Array, target: Array) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clone(model).fit(rows, target)


def tried(rows: Array, program: Program) -> Array:
    """The rows, others near them, and rows at thresholds and one step to each side of them."""
    rng = np.random.default_rng(1)
    some = rows[rng.integers(0, len(rows), 300)]
    found = [rows, some * (1 + rng.normal(size=some.shape) / 5), *edges(some, program, rng)]
    return np.clip(np.concatenate(found), -1e30, 1e30)


def edges(rows: Array, program: Program, rng: np.random.Generator) -> Iterator[Array]:
    for step, takes in program.lines:
        if isinstance(step, Forest) and takes == (0,):
            splits = step.nodes[(step.nodes["flags"] & LEAF) == 0]
            for toward in (-np.inf, None, np.inf):
                one = splits[rng.integers(0, len(splits), len(rows))]
                moved = rows.copy()
                value = one["threshold"] if toward is None else np.nextafter(one["threshold"], toward)
                moved[np.arange(len(rows)), one["column"]] = value
                yield moved


def compare(model: Any, rows: Array, tolerance: float) -> None:
    contract = contract_of(rows.shape[1])
    program = from_bytes(to_bytes(lower(model, contract)))
    table = Table.from_block(contract.schema, tried(rows, program))
    given = SklearnModel(model, label_follows=False).predict(table)
    for (values, shares), (ours, our_shares) in zip(given, program.run(table), strict=True):
        if values.dtype.kind == "f":
            assert np.abs(values - ours).max() <= tolerance * max(1, np.abs(values).max())
        else:
            assert values.tolist() == ours.tolist()
        if shares is not None:
            assert our_shares is not None
            assert np.abs(shares - our_shares).max() <= tolerance
    alone = [program.run(table.between(row, row + 1))[0][0][0] for row in range(5)]
    assert alone == program.run(table)[0][0][:5].tolist() or tolerance == NETWORK


@pytest.mark.parametrize(("model", "tolerance"), CLASSIFIERS, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("load", [datasets.load_breast_cancer, datasets.load_wine])
def test_classifiers(model: Any, tolerance: float, load: Any) -> None:
    rows, target = load(return_X_y=True)
    compare(fitted(model, rows, np.array(["no", "yes", "other"])[target]), rows, tolerance)


@pytest.mark.parametrize(("model", "tolerance"), REGRESSORS, ids=lambda value: str(value)[:30])
def test_regressors_and_outlier_detectors(model: Any, tolerance: float) -> None:
    rows, target = datasets.load_diabetes(return_X_y=True)
    compare(fitted(model, rows, target), rows, tolerance)


@pytest.mark.parametrize(("model", "tolerance"), MISSING, ids=lambda value: str(value)[:30])
def test_missing_values(model: Any, tolerance: float) -> None:
    rows, target = datasets.load_breast_cancer(return_X_y=True)
    rows = np.where(np.random.default_rng(0).random(rows.shape) < 0.1, np.nan, rows)
    compare(fitted(model, rows, target), rows, tolerance)


def test_several_outputs() -> None:
    rows, target = datasets.load_wine(return_X_y=True)
    both = np.stack([target, target > 0], axis=1)
    for model in (ensemble.RandomForestClassifier(9, random_state=0), tree.DecisionTreeClassifier()):
        compare(fitted(model, rows, both), rows, EXACT)
    compare(fitted(ensemble.RandomForestRegressor(9, random_state=0), rows, both * 1.5), rows, EXACT)


class Mine(linear_model.LogisticRegression):
    """Anything may be different in it."""


@pytest.mark.parametrize(
    "model",
    [Mine(), make_pipeline(StandardScaler(), Mine()), neighbors.KNeighborsClassifier(), svm.LinearSVC()],
)
def test_what_is_not_known_is_refused_in_words(model: Any) -> None:
    rows, target = datasets.load_breast_cancer(return_X_y=True)
    contract = contract_of(30)
    narrow = Contract(tuple(Field(one.name, "float32") for one in contract.inputs), contract.outputs)
    model = fitted(model, rows, target)
    with pytest.raises(NoTwinError) as caught:
        lower(model, narrow if isinstance(model, svm.LinearSVC) else contract)
    assert str(caught.value)
