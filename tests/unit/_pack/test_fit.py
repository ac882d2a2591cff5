"""Columns in another order than in training are told, and hardly an honest model is suspected."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, QuantileRegressor, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boxship._pack.fit import judge, told_of_fit
from boxship._pack.yardstick import Yardstick
from boxship.adapters import Described, Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table

LABELS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "hardly any": make_pipeline(StandardScaler(), LogisticRegression(C=1e-4)),
    "balanced": make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced")),
    "stump": DecisionTreeClassifier(max_depth=1, random_state=0),
    "forest": RandomForestClassifier(5, max_depth=2, random_state=0),
    "near": KNeighborsClassifier(30),
    "bayes": GaussianNB(),
    "constant": DummyClassifier(),
    "by lot": DummyClassifier(strategy="stratified", random_state=0),
}
NUMBERS = {
    "linear": LinearRegression(),
    "ridge": Ridge(1000.0),
    "nothing": Lasso(1e6),
    "high": make_pipeline(StandardScaler(), QuantileRegressor(quantile=0.95, alpha=0.01)),
    "tree": DecisionTreeRegressor(max_depth=3, random_state=0),
    "near": KNeighborsRegressor(),
    "constant": DummyRegressor(),
}


def noise(seed: int, *, labels: bool) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(300, 6)), rng.integers(0, 3, 300) if labels else rng.normal(size=300)


def rare() -> tuple[Any, Any]:
    found: tuple[Any, Any] = datasets.make_classification(
        600, 12, weights=[0.95], flip_y=0.05, random_state=1
    )
    return found


SETS: dict[str, tuple[bool, Callable[[], tuple[Any, Any]]]] = {
    "iris": (True, lambda: datasets.load_iris(return_X_y=True)),
    "wine": (True, lambda: datasets.load_wine(return_X_y=True)),
    "breast cancer": (True, lambda: datasets.load_breast_cancer(return_X_y=True)),
    "rare": (True, rare),
    "noise of labels": (True, lambda: noise(0, labels=True)),
    "diabetes": (False, lambda: datasets.load_diabetes(return_X_y=True)),
    "noise": (False, lambda: noise(1, labels=False)),
}


def told(model: Any, inputs: Any, target: Any, *, labels: bool, by_place: bool = True) -> tuple[str, ...]:
    names = [f"x{(7 * place) % 4003}" for place in range(inputs.shape[1])]
    table = Table.of({name: inputs[:, place] for place, name in enumerate(names)})

    def ask(rows: Table) -> Any:
        return model.predict(np.column_stack([rows.column(name).values for name in rows.names]))

    # by a clock that stands: what is found does not depend on how busy the machine is
    return judge(ask, table, Yardstick(target, labels), by_place=by_place, timer=lambda: 0.0)


@pytest.mark.parametrize("name", SETS)
def test_no_honest_model_is_suspected(name: str) -> None:
    labels, load = SETS[name]
    inputs, target = load()
    for model in (LABELS if labels else NUMBERS).values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fits that do not converge
            model.fit(inputs, target)
        assert told(model, inputs, target, labels=labels) == (), model


@pytest.mark.parametrize(
    ("name", "one", "other"), [("iris", 0, 2), ("wine", 0, 12), ("wine", 6, 12), ("breast cancer", 3, 21)]
)
def test_two_columns_that_changed_places_are_named(name: str, one: int, other: int) -> None:
    inputs, target = SETS[name][1]()
    mixed = inputs.copy()
    mixed[:, [one, other]] = inputs[:, [other, one]]
    model = LABELS["logistic"].fit(inputs, target)
    (note,) = told(model, mixed, target, labels=True)
    assert f"{f'x{7 * one % 4003}'!r} and {f'x{7 * other % 4003}'!r} exchanged" in note
    assert told(model, mixed, target, labels=True, by_place=False) == ()


def test_numbers_too_and_columns_that_were_sorted() -> None:
    inputs, target = datasets.make_friedman1(400, random_state=0)
    model = DecisionTreeRegressor(max_depth=6, random_state=0).fit(inputs, target)
    mixed = inputs.copy()
    mixed[:, [0, 3]] = inputs[:, [3, 0]]
    (note,) = told(model, mixed, target, labels=False)
    assert "'x0' and 'x21' exchanged" in note


def test_columns_that_all_moved_are_told() -> None:
    inputs, target = datasets.load_wine(return_X_y=True)
    model = LABELS["logistic"].fit(inputs, target)
    names = np.array([f"x{(7 * place) % 4003}" for place in range(13)])
    by_name = np.argsort(np.argsort(names))
    for places, words in (
        (np.arange(13)[::-1], "from last to first"),
        (np.roll(np.arange(13), 1), "its first column as the last"),
        (np.roll(np.arange(13), -1), "its last column as the first"),
        (by_name, "sorted by name"),
    ):
        (note,) = told(model, inputs[:, places], target, labels=True)
        assert words in note


class Fitted:
    """A model as its room gives it."""

    def __init__(self, model: Any, classes: tuple[str, ...]) -> None:
        self._model, self._classes = model, classes

    def describe(self) -> Described:
        return Described("classifier", "made up", None, 4, ())

    def predict(self, table: Table) -> list[Given]:
        rows = np.column_stack([table.column(name).values for name in table.names]).astype(float)
        return [Given(np.array(self._classes, object)[self._model.predict(rows)], None)]


def test_integers_and_fractions_change_places_and_nulls_of_the_target_do_not_count() -> None:
    inputs, target = datasets.load_iris(return_X_y=True)
    whole = inputs * [1, 1, 10, 1]
    classes = ("a", "b", "c")
    model = Fitted(LABELS["logistic"].fit(whole, target), classes)
    columns = {"one": whole[:, 2].astype(int), "two": whole[:, 1], "three": whole[:, 0], "four": whole[:, 3]}
    fields = (
        Field("one", "int64", range=(10, 69)),
        *(Field(name, "float64") for name in ("two", "three", "four")),
    )
    contract = Contract(fields, (Output("prediction", "text", classes=classes),))
    truth: list[Any] = [classes[place] for place in target]
    truth[3] = None
    column = Table.of({"y": truth}).column("y")
    (note,) = told_of_fit(model, model.describe(), contract, Table.of(columns), column)
    assert "'one' and 'three' exchanged" in note
    encoded = Table.of({"y": target}).column("y")
    assert told_of_fit(model, model.describe(), contract, Table.of(columns), encoded) == ()


@pytest.mark.parametrize(
    "target", [[[1, 2], [3]] * 30, np.zeros((60, 2)), ["a", "b"] * 30, [1e308, -1e308] * 30]
)
def test_of_an_odd_target_nothing_is_told(target: Any) -> None:
    class Large:
        def describe(self) -> Described:
            return Described("regressor", "made up", None, 3, ())

        def predict(self, table: Table) -> list[Given]:
            return [Given(np.where(np.arange(table.length) % 3, 1e308, -1e308), None)]

    inputs = Table.of({name: np.arange(60.0) for name in "abc"})
    contract = Contract(tuple(Field(name, "float64") for name in "abc"), (Output("prediction", "float64"),))
    column = Table.of({"y": target}).column("y")
    assert told_of_fit(Large(), Large().describe(), contract, inputs, column) == ()


def test_a_slow_model_is_asked_for_few_rows() -> None:
    inputs, target = datasets.load_wine(return_X_y=True)
    model = LABELS["logistic"].fit(inputs, target)
    table = Table.of({f"x{place:02d}": inputs[:, place] for place in reversed(range(13))})
    asked = []

    def ask(rows: Table) -> Any:
        asked.append(rows.length)
        return model.predict(np.column_stack([rows.column(name).values for name in rows.names]))

    times = iter([0.0, 8 * 0.01])  # ten milliseconds a row
    (note,) = judge(ask, table, Yardstick(target, labels=True), by_place=True, timer=lambda: next(times))
    assert "from last to first" in note
    assert sum(asked) <= 8 + 178 + 5 / 0.01 + 178


def test_a_model_of_seconds_is_left_alone() -> None:
    asked = []

    def ask(rows: Table) -> Any:
        asked.append(rows.length)
        return rows.column("a").values

    table = Table.of({"a": np.arange(90.0)})
    times = iter([0.0, 8.0])
    assert (
        judge(ask, table, Yardstick(-np.arange(90.0), labels=False), by_place=True, timer=lambda: next(times))
        == ()
    )
    assert asked == [8]


def test_many_columns_cost_little() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, 2000))
    model = LinearRegression().fit(inputs[:, :5], inputs[:, 0])

    class Wide:
        def predict(self, rows: Any) -> Any:
            return model.predict(rows[:, :5])

    assert told(Wide(), inputs, rng.normal(size=300), labels=False) == ()


def test_another_target_is_told() -> None:
    inputs, target = datasets.load_iris(return_X_y=True)
    model = LABELS["logistic"].fit(inputs, target)
    (note,) = told(model, inputs, (target + 1) % 3, labels=True, by_place=False)
    assert note.endswith("are these its columns, in its order, and its target?")


def test_many_rows_that_move_are_counted_in_whole_numbers() -> None:
    rng = np.random.default_rng(0)
    one, other, third = rng.normal(size=(3, 2000))
    table = Table.of({"a": other, "b": one, "c": third})
    truth = Yardstick(10 * one + other + 0.1 * rng.normal(size=2000), labels=False)

    def ask(rows: Table) -> Any:
        return 10 * rows.column("a").values + rows.column("b").values

    (note,) = judge(ask, table, truth, by_place=True)
    assert "'a' and 'b' exchanged" in note
