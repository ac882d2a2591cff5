"""A twin with one wrong number is found out: every field of every step, changed, is refused by the proof."""

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import calibration, compose, ensemble, impute, linear_model, naive_bayes, neural_network
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler

from boxship import frames
from boxship._pack.learn import learn_contract, typed_inputs
from boxship._pack.twin import Made, prove_twin
from boxship._pack.wishes import Wishes
from boxship.adapters import Described, DescribedOutput, Given
from boxship.adapters.sklearn import SklearnModel
from boxship.adapters.sklearn_inside import label_follows
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.testing.adapters import described_of
from boxship.twin.encode import Column, Lookup
from boxship.twin.forest import LEAF, MISSING_LEFT, Forest
from boxship.twin.link import Act
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers
from boxship.twin.steps import Add

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


class Packed:
    """What a pack holds before it proves a twin."""

    def __init__(self, fitted: Any) -> None:
        self.model = SklearnModel(fitted, label_follows=label_follows(fitted))
        described = described_of(self.model, frames.read(FRAME))
        self.sample: Table = typed_inputs(described, frames.read(FRAME), Wishes())
        self.contract: Contract = learn_contract(described, self.sample, Profile.of(self.sample), Wishes())
        self.program = self.model.lower(self.contract)

    def prove(self, program: Program) -> Made:
        return prove_twin(
            self.model, program, Digest("0" * 64), self.contract, self.sample, version="", rows=800
        )

    def is_proven(self, place: int, step: Any) -> bool:
        lines = list(self.program.lines)
        lines[place] = Line(step, lines[place].takes)
        return self.prove(Program(tuple(lines), self.program.answers)).twin is not None

    def mutants(self, place: int, rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
        """Each with what was changed: something that matters to some row that the contract admits."""
        step, takes = self.program.lines[place]
        if isinstance(step, Forest):
            yield from of_forest(step, self.program.held(self.sample)[takes[0]], rng)
            return
        trees = any(isinstance(line.step, Forest) for line in self.program.lines[place:])
        if isinstance(step, Lookup):
            for at in range(len(step.rows) - 1):  # the last is for nulls, and there are none
                rows = step.rows.copy()
                turned = slice(None) if trees else slice(1)
                rows[at, turned] = 1 - rows[at, turned]
                yield f"row {at}", dataclasses.replace(step, rows=rows)
            return
        for field in dataclasses.fields(step):
            value = getattr(step, field.name)
            if isinstance(value, np.ndarray):
                for at in rng.permutation(value.size)[:4].tolist():
                    changed = shifted(value, at, far if trees else near)
                    yield f"{field.name}[{at}]", dataclasses.replace(step, **{field.name: changed})
            elif isinstance(value, tuple) and len(value) > 1:
                turned = (*value[1:], value[0])
                yield f"{field.name} turned", dataclasses.replace(step, **{field.name: turned})


@pytest.mark.parametrize(("model", "target"), MODELS, ids=[str(place) for place in range(len(MODELS))])
def test_one_wrong_number_is_found(model: Any, target: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a network of four does not converge
        packed = Packed(model.fit(FRAME, target))
    assert packed.prove(packed.program).twin is not None
    passed = [
        f"line {place}, {type(line.step).__name__}: {what}"
        for place, line in enumerate(packed.program.lines)
        for what, step in packed.mutants(place, np.random.default_rng(place))
        if packed.is_proven(place, step)
    ]
    assert passed == []


def near(value: Any) -> Any:
    return value * 1.001 + 0.01


def far(value: Any) -> Any:
    """What lies on the other side of a split."""
    return -value - 100


def shifted(values: Any, at: int, how: Callable[[Any], Any]) -> Any:
    changed = values.copy()
    changed.reshape(-1)[at] = how(changed.reshape(-1)[at])
    return changed


def of_forest(forest: Forest, rows: Any, rng: np.random.Generator) -> Iterator[tuple[str, Forest]]:
    """Of nodes above two leaves that differ and that ask for what has many values; where one is missing, of that."""
    nodes = forest.nodes
    leaf = (nodes["flags"] & LEAF) != 0
    many = np.array([len(np.unique(column)) > 9 for column in rows.T])
    left = nodes["next"] * ~leaf
    above = ~leaf & leaf[left] & leaf[left + 1] & many[nodes["column"]]
    above &= (forest.leaves[forest._ranks[left]] != forest.leaves[forest._ranks[left + 1]]).any(axis=1)
    for at in rng.permutation(np.flatnonzero(above)).tolist()[:5]:
        yield f"column of {at}", changed_node(forest, at, "column", lambda old: (old + 1) % forest.width)
        for toward in (-np.inf, np.inf):
            moved = changed_node(forest, at, "threshold", lambda old, to=toward: single_ulp(old, to))
            yield f"threshold of {at} toward {toward}", moved
        if forest.visitors(rows[np.isnan(rows[:, nodes["column"][at]])])[at] >= 0:
            yield f"missing of {at}", changed_node(forest, at, "flags", lambda old: old ^ MISSING_LEFT)
    for at in rng.permutation(forest.leaves.size)[:5].tolist():
        yield f"leaf {at}", dataclasses.replace(forest, leaves=shifted(forest.leaves, at, near))
    yield "base", dataclasses.replace(forest, base=shifted(forest.base, 0, near))


def single_ulp(value: Any, toward: float) -> float:
    return float(np.nextafter(np.float32(value), np.float32(toward)))


def changed_node(forest: Forest, at: int, name: str, change: Any) -> Forest:
    nodes = forest.nodes.copy()
    nodes[name][at] = change(nodes[name][at])
    return dataclasses.replace(forest, nodes=nodes)


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
