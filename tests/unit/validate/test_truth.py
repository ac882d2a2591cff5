"""A target is matched by type and value, or refused."""

import shlex
from typing import Any

import numpy as np
import pytest

from boxship.cli.pair import pairs
from boxship.core.contract import Output
from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.validate.answered import Answered, outcome_of
from boxship.validate.meant import read_meant
from boxship.validate.truth import Truth, read_truth

TEXTS = Output("y", "text", classes=("no", "yes"), probabilities=True)
WHOLE = Output("y", "int64", classes=(0, 1))
FRACTIONS = Output("y", "float64", classes=(0.5, 1.5))
BOOLS = Output("y", "bool", classes=(False, True))
NUMBER = Output("y", "float64")
GROUPS = Output("y", "int64")
LOOSE = Output("y", "text")


def read(output: Output, values: Any, classes: Any = None) -> Truth:
    return read_truth(output, "t", Table.of({"t": values}).column("t"), read_meant(classes, [output]))


@pytest.mark.parametrize(
    ("output", "values", "kind", "places"),
    [
        (TEXTS, ["yes", None, "no"], "classes", [1, None, 0]),
        (WHOLE, [1, 0, None], "classes", [1, 0, None]),
        (WHOLE, [1.0, 0.0, np.nan], "classes", [1, 0, None]),
        (WHOLE, [True, False], "classes", [1, 0]),
        (BOOLS, [1, 0], "classes", [1, 0]),
        (FRACTIONS, [1.5, 0.5], "classes", [1, 0]),
        (NUMBER, [1, 2, None], "numbers", [1, 2, None]),
        (NUMBER, [True, False], "numbers", [1, 0]),
        (GROUPS, ["b", "a", "b"], "clusters", [0, 1, 0]),
        (GROUPS, [7, 9, 7], "clusters", [0, 1, 0]),
        (GROUPS, [-1, 1, None], "classes", [1, 0, None]),
        (LOOSE, ["b", "a", None], "classes", [1, 0, None]),
    ],
)
def test_what_fits(output: Output, values: Any, kind: str, places: list[Any]) -> None:
    found = read(output, values)
    assert found.kind == kind
    assert [
        value if known else None for value, known in zip(found.values, found.known, strict=True)
    ] == places


@pytest.mark.parametrize(
    ("output", "values", "told"),
    [
        (WHOLE, ["1", "0"], "text"),
        (TEXTS, [1, 0], "int64"),
        (TEXTS, ["yes", "maybe", "maybe"], "'maybe', none of its classes, in 2 of 3 rows"),
        (WHOLE, [1, 2], "2, none of its classes"),
        (WHOLE, [0.5, 1.0], "0.5, none of its classes"),
        (NUMBER, ["1.5", "2"], "text"),
        (NUMBER, [1.0, np.inf], "infinite"),
        (GROUPS, [0.5, 1.0], "fractions"),
        (LOOSE, [1, 2], "int64"),
        (TEXTS, np.zeros((3, 2)), "float64[2]"),
    ],
)
def test_what_does_not_fit_is_told(output: Output, values: Any, told: str) -> None:
    with pytest.raises(BoxshipError) as caught:
        read(output, values)
    assert caught.value.code == "data.wrong_target"
    assert told in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("output", "values", "classes", "places"),
    [
        (WHOLE, ["yes", None, "no"], {"no": 0, "yes": 1}, [1, None, 0]),
        (WHOLE, ["yes", 0, "no"][::2], {"yes": "1", "no": "0"}, [1, 0]),
        (WHOLE, ["a", "b", "c"], {"a": 0, "b": 1, "c": 1}, [0, 1, 1]),
        (TEXTS, [1.0, np.nan, 0.0], {1: "yes", 0: "no"}, [1, None, 0]),
        (TEXTS, [True, False], {True: "yes", "false": "no"}, [1, 0]),
        (TEXTS, ["yes", "maybe"], {"maybe": "no"}, [1, 0]),
        (TEXTS, ["yes", "no"], {"yes": "no", "no": "yes"}, [0, 1]),
        (BOOLS, ["t", "f"], {"t": True, "f": False}, [1, 0]),
        (GROUPS, [0, 1, 0], {1: -1, 0: 1}, [0, 1, 0]),
        (LOOSE, [1, 2], {1: "a", 2: "b"}, [0, 1]),
    ],
)
def test_what_a_value_stands_for_is_said(
    output: Output, values: Any, classes: Any, places: list[Any]
) -> None:
    found = read(output, values, classes)
    assert found.kind == "classes"
    codes = zip(found.values, found.known, strict=True)
    assert [value if known else None for value, known in codes] == places


@pytest.mark.parametrize(
    ("output", "values"),
    [
        (WHOLE, ["yes", "no"]),
        (WHOLE, ["1", "0"]),
        (TEXTS, ["Yes ", "NO"]),
        (TEXTS, [1, 0]),
        (TEXTS, ["a b", "c'd"]),
        (BOOLS, ["True", "False"]),
        (FRACTIONS, ["high", "low"]),
        (WHOLE, ["1", "b"]),
        (TEXTS, ["yes", "absent"]),
    ],
)
def test_the_hint_works_when_typed(output: Output, values: Any) -> None:
    with pytest.raises(BoxshipError) as caught:
        read(output, values)
    words = shlex.split(
        str(caught.value.hint).split(" says ")[0].split("which is which: ")[-1].split(", or")[0]
    )
    assert words[::2] == ["--class"] * (len(words) // 2)
    assert read(output, values, pairs("--class", tuple(words[1::2]))).known.all()


@pytest.mark.parametrize("given", [{"yes": 1}, {"yes": 1, "n": 0}])
def test_the_hint_repeats_what_was_rightly_said_of_some(given: dict[str, int]) -> None:
    with pytest.raises(BoxshipError) as caught:
        read(WHOLE, ["yes", "no"], given)
    hint = str(caught.value.hint)
    assert hint.endswith("say which is which: --class yes=1 --class no=0")
    assert ("no row holds 'n'" in hint) == ("n" in given)


def test_too_many_values_have_no_class_each() -> None:
    with pytest.raises(BoxshipError) as caught:
        read(TEXTS, ["a", "b", "c"])
    assert str(caught.value.hint).startswith("--class a=CLASS says")


def test_no_class_of_the_box_is_refused() -> None:
    with pytest.raises(BoxshipError, match="'2', which is no class") as caught:
        read(WHOLE, ["a"], {"a": 2})
    assert caught.value.code == "check.unknown_class"


def test_nulls_alone_are_of_any_type() -> None:
    for output in (TEXTS, WHOLE, NUMBER, GROUPS, LOOSE):
        assert not read(output, [None, None]).known.any()


def test_groups_are_not_held_against_outliers() -> None:
    answered = Answered(np.zeros(3), np.arange(3), Table.of({"y": np.array([0, 2, 1])}), {})
    with pytest.raises(BoxshipError) as caught:
        outcome_of(GROUPS, read(GROUPS, [-1, 1, 1]), answered, np.arange(3))
    assert caught.value.code == "data.wrong_target"


@pytest.mark.parametrize("values", [[1e308, -1e308, 1.0], [5e-324, 0.0, 0.0], [1.0, 1e200, 2.0]])
def test_numbers_without_squares_are_refused(values: list[float]) -> None:
    answered = Answered(np.zeros(3), np.arange(3), Table.of({"y": np.array(values)}), {})
    with pytest.raises(BoxshipError) as caught:
        outcome_of(NUMBER, read(NUMBER, [0, 0, 0]), answered, np.arange(3))
    assert caught.value.code == "check.out_of_scale"


def test_a_tensor_has_no_metric() -> None:
    with pytest.raises(BoxshipError) as caught:
        read(Output("y", "float32[8]"), [1.0])
    assert caught.value.code == "check.tensor_output"
