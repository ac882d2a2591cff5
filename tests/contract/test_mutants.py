"""A twin with one wrong number is found out: every field of every step, changed, is refused by the proof."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import calibration, compose, ensemble, impute, linear_model, naive_bayes, neural_network, svm
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler

from boxship import frames
from boxship._pack.twin import prove_twin
from boxship.adapters import Described, DescribedOutput, Given
from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_inside import label_follows
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.twin.encode import Column
from boxship.twin.link import Act
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers
from boxship.twin.steps import Add
from contract.mutants import Packed

RNG = np.random.default_rng(0)
ROWS = 300
FRAME = pd.DataFrame(
    {
        "age": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(40, 10, ROWS)),
        "income": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.lognormal(size=ROWS)),
        "city": RNG.choice(["A", "B", "C"], ROWS),
    }
)
OF_CITY = FRAME["city"].map({"A": 30, "B": 0, "C": -30})
NUMBER = (FRAME["age"].fillna(70) + OF_CITY + 9 * FRAME["income"].fillna(9)).to_numpy()
TWO, THREE = np.median(NUMBER) < NUMBER, np.digitize(NUMBER, np.quantile(NUMBER, [0.3, 0.7]))


def columns() -> Any:
    numbers = make_pipeline(impute.SimpleImputer(add_indicator=True), StandardScaler())
    return compose.make_column_transformer(
        (numbers, ["age", "income"]), (OneHotEncoder(handle_unknown="ignore"), ["city"])
    )


def numbers_as_they_are() -> Any:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return compose.make_column_transformer((encoder, ["city"]), remainder="passthrough")


MODELS = [
    (make_pipeline(columns(), linear_model.Ridge()), NUMBER),
    (make_pipeline(columns(), PolynomialFeatures(2), linear_model.Ridge()), NUMBER),
    (make_pipeline(columns(), linear_model.LogisticRegression()), THREE),
    (make_pipeline(columns(), neural_network.MLPClassifier((4,), max_iter=90, random_state=0)), THREE),
    (make_pipeline(columns(), naive_bayes.GaussianNB()), THREE),
    (make_pipeline(columns(), svm.SVR(C=100.0)), NUMBER),
    (make_pipeline(columns(), svm.SVC(probability=True, random_state=0)), THREE),
    (
        make_pipeline(columns(), ensemble.RandomForestClassifier(3, max_depth=4, random_state=0)),
        THREE,
    ),
    (
        make_pipeline(columns(), ensemble.GradientBoostingRegressor(n_estimators=4, random_state=0)),
        NUMBER,
    ),
    (
        make_pipeline(
            numbers_as_they_are(), ensemble.HistGradientBoostingClassifier(max_iter=4, random_state=0)
        ),
        TWO,
    ),
    (
        calibration.CalibratedClassifierCV(
            make_pipeline(columns(), linear_model.LogisticRegression()), cv=2, method="sigmoid"
        ),
        TWO,
    ),
]


@pytest.mark.parametrize(("model", "target"), MODELS, ids=[str(place) for place in range(len(MODELS))])
def test_one_wrong_number_is_found(model: Any, target: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a network of four does not converge
        fitted = model.fit(FRAME, target)
    packed = Packed(SklearnModel(fitted, label_follows=label_follows(fitted)), frames.read(FRAME))
    assert packed.unseen() == []


def test_one_far_row_does_not_hide_the_others() -> None:
    """Where a model answers one row with 1e13, a twin that is wrong by 5 elsewhere is found."""
    rows = np.random.default_rng(0).normal(size=3000)
    rows[7] = 31.0
    lines = (
        Line(Numbers(("a",)), ()),
        Line(Act("exp"), (0,)),
        Line(Add(np.array([5.0])), (1,)),
        Line(Column(0), (2,)),
    )
    contract = Contract((Field("a", "float64", range=(-4.0, 31.0)),), (Output("prediction", "float64"),))
    made = prove_twin(
        Exponential(),
        Program(lines, (Answer(3),)),
        Digest("0" * 64),
        contract,
        Table.of({"a": rows}),
        version="",
    )
    assert made.twin is None


class Exponential:
    """A model of one column."""

    def describe(self) -> Described:
        return Described("regressor", "exp", ("a",), 1, (DescribedOutput("prediction", "float64"),))

    def predict(self, table: Table) -> list[Given]:
        with np.errstate(over="ignore"):
            return [Given(np.exp(table.column("a").values), None)]
