import pytest

from boxship.core.contract import Output
from boxship.core.table import Table
from boxship.runner.equal import Gap, widest_gap

NUMBER = (Output("prediction", "float64"),)
CLASSES = (Output("prediction", "text", classes=("no", "yes"), probabilities=True),)


def gap(one: list[float], other: list[float]) -> Gap:
    return widest_gap(NUMBER, Table.of({"prediction": one}), Table.of({"prediction": other}))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ([1e9, 1.0], [1e9 + 1, 1.0], True),
        ([1e-7, 2e-7], [1.1e-7, 2e-7], False),  # small numbers are numbers too
        ([0.0, 1.0], [1e-300, 1.0], True),
        ([0.0], [1e-300], True),
        ([1.0], [float("nan")], False),
        ([float("nan")], [float("nan")], False),
        ([1.0], [1.0, 1.0], False),
    ],
)
def test_numbers_are_equal_within_a_share_of_the_largest(
    one: list[float], other: list[float], equal: bool
) -> None:
    assert gap(one, other).is_equal is equal


def test_one_huge_row_does_not_excuse_the_others() -> None:
    one, other = (Table.of({"prediction": [1e300, small]}) for small in (10.0, 11.0))
    assert widest_gap(NUMBER, one, other).is_equal
    assert widest_gap(NUMBER, one, other, {"prediction": 9.0}).row == 1


def test_a_row_smaller_than_usual_is_measured_by_what_is_usual() -> None:
    one, other = (Table.of({"prediction": [small]}) for small in (1e-12, 2e-12))
    assert widest_gap(NUMBER, one, other, {"prediction": 100.0}).is_equal


def test_a_loose_output_does_not_excuse_another() -> None:
    outputs = (Output("loose", "float64", tolerance=0.5), Output("strict", "float64"))
    one, other = (Table.of({"loose": [1.0], "strict": [value]}) for value in (1.0, 1.001))
    found = widest_gap(outputs, one, other)
    assert (found.output, found.row, found.is_equal) == ("strict", 0, False)


def test_one_loose_output_is_allowed_its_own_difference() -> None:
    outputs = (Output("loose", "float64", tolerance=0.5), Output("strict", "float64"))
    one, other = (Table.of({"loose": [value], "strict": [1.0]}) for value in (1.0, 1.2))
    assert widest_gap(outputs, one, other).is_equal


def labelled(label: str, yes: float) -> Table:
    return Table.of({"prediction": [label], "prediction.probabilities": [[1 - yes, yes]]})


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (labelled("no", 0.5 - 1e-12), labelled("yes", 0.5 + 1e-12), True),
        (labelled("no", 0.2), labelled("yes", 0.2), False),
        (labelled("no", 0.5), labelled("yes", 0.5 + 1e-4), False),
    ],
)
def test_a_label_may_flip_only_where_its_scores_are_nearly_equal(
    one: Table, other: Table, equal: bool
) -> None:
    assert widest_gap(CLASSES, one, other).is_equal is equal


def test_a_threshold_is_where_the_label_flips() -> None:
    outputs = (Output("prediction", "text", classes=("no", "yes"), probabilities=True, threshold=0.3),)
    assert widest_gap(outputs, labelled("no", 0.3 - 1e-9), labelled("yes", 0.3)).is_equal
    assert not widest_gap(outputs, labelled("no", 0.5), labelled("yes", 0.5)).is_equal


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ([1.0], [1.5], "differ by 0.333, 1e-06 is allowed"),
        ([1.0], [float("nan")], "are a number and NaN"),
        ([1.0], [1.0, 1.0], "are not of the same rows and types"),
    ],
)
def test_a_gap_is_said(one: list[float], other: list[float], said: str) -> None:
    assert gap(one, other).said == said


def test_another_label_is_no_infinite_number() -> None:
    assert widest_gap(CLASSES, labelled("no", 0.1), labelled("yes", 0.9)).said == "are two labels"
