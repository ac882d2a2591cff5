from typing import Any

import msgspec
import numpy as np
import pytest

from boxship._pack.target import check_target
from boxship.adapters import Described, DescribedOutput
from boxship.core.table import Table
from boxship.errors import DataError

IRIS = DescribedOutput("prediction", "int64", (0, 1, 2), probabilities=True)
WORDS = DescribedOutput("prediction", "text", ("no", "yes"), probabilities=True)
CLASSIFIER = Described("classifier", "Forest", None, 4, (IRIS,))
REGRESSOR = Described("regressor", "Ridge", None, 4, (DescribedOutput("prediction", "float64"),))
DATES = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[D]")


def check(described: Described, **columns: Any) -> tuple[str, ...]:
    return check_target(described, Table.of(columns), tuple(columns))


def outputs(described: Described, *given: DescribedOutput) -> Described:
    return msgspec.structs.replace(described, outputs=given)


@pytest.mark.parametrize(
    "values",
    [
        [3.5, 3.0, 3.2],
        [2.0, 3.0, 3.2, 3.5],
        ["cat", "dog"],
        [None, None],
        [18, 44, 61, 89],
        DATES,
    ],
    ids=["fractions", "with a class among them", "words", "nulls", "integers", "dates"],
)
def test_what_holds_none_of_the_classes_is_no_target(values: Any) -> None:
    with pytest.raises(DataError) as caught:
        check(CLASSIFIER, y=values)
    assert caught.value.code == "data.wrong_target"
    assert "'y'" in caught.value.message


@pytest.mark.parametrize("values", [[0, 2], [0.0, 1.0, None], ["1", "2"], [True, False], np.array([1], "i1")])
def test_classes_are_compared_loosely(values: Any) -> None:
    assert check(CLASSIFIER, y=values) == ()


@pytest.mark.parametrize(
    ("output", "values"),
    [
        (IRIS, ["setosa", "versicolor", "virginica"]),
        (IRIS, [1, 2, 3]),
        (IRIS, [0, 1, 2, -1]),
        (WORDS, [True, False]),
        (WORDS, [0, 1]),
        (REGRESSOR.outputs[0], ["no", "yes", "no"]),
    ],
)
def test_what_was_encoded_before_training_is_told(output: DescribedOutput, values: Any) -> None:
    model = CLASSIFIER if output.classes else REGRESSOR
    (note,) = check(outputs(model, output), y=values)
    assert "encoded before training" in note


@pytest.mark.parametrize("values", [list("abcdefghijk"), DATES, [None, None]], ids=["text", "dates", "nulls"])
def test_a_regressor_was_trained_on_numbers(values: Any) -> None:
    with pytest.raises(DataError) as caught:
        check(REGRESSOR, y=values)
    assert caught.value.code == "data.wrong_target"


@pytest.mark.parametrize("values", [[1, 2], [0.5, None], [True, False]])
def test_numbers_are_targets_of_a_regressor(values: Any) -> None:
    assert check(REGRESSOR, y=values) == ()


NUMBER = REGRESSOR.outputs[0]


@pytest.mark.parametrize(
    ("described", "columns"),
    [
        (CLASSIFIER, {"a": [1, 0], "b": [0, 1], "c": [0, 0]}),
        (outputs(REGRESSOR, NUMBER, NUMBER), {"a": [1.5, 2.5, 3.5]}),
    ],
    ids=["three for one", "one for two"],
)
def test_as_many_targets_as_outputs(described: Described, columns: Any) -> None:
    with pytest.raises(DataError) as caught:
        check(described, **columns)
    assert caught.value.detail["outputs"] == len(described.outputs)


def test_one_target_may_have_been_spread_over_the_outputs() -> None:
    (note,) = check(outputs(CLASSIFIER, IRIS, IRIS), y=["a", "b", "a"])
    assert "encoded" in note


def test_two_targets_of_a_survival_model_are_told() -> None:
    assert check(REGRESSOR, time=[1.5, 2.5], event=[True, False])


def test_what_is_no_class_of_a_sensitive_target_is_not_shown() -> None:
    with pytest.raises(DataError) as caught:
        check_target(CLASSIFIER, Table.of({"y": ["Ann", "Bob"]}), ["y"], ["y"])
    assert "Ann" not in str(caught.value)


def test_a_model_that_is_no_classifier_or_regressor_has_any_target() -> None:
    assert check(msgspec.structs.replace(CLASSIFIER, kind="outlier"), y=["cat"]) == ()
