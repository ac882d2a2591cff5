"""An interval holds the true value in about 95 of 100 cases, and is the same for the same rows."""

import os
import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from boxship.validate.measure import differences, measure
from boxship.validate.metric import Metric
from boxship.validate.outcome import Outcome
from tests.unit.validate.made import binary, numbers, several

RUNS = 200 if os.environ.get("BOXSHIP_LONG") else 40
LARGE = 200_000
FEWEST = 0.825 * RUNS  # 33 of 40: a true share of 0.95 gives fewer once in a thousand


def covered(make: Callable[[int, int], Outcome], rows: int, names: tuple[str, ...]) -> dict[str, int]:
    truth = {one.name: one.value for one in measure(make(LARGE, 10_000))}
    counts = dict.fromkeys(names, 0)
    for seed in range(RUNS):
        found = {one.name: one for one in measure(make(rows, seed))}
        for name in names:
            one, wanted = found[name], truth[name]
            assert one.low is not None
            assert one.high is not None
            assert wanted is not None
            counts[name] += one.low <= wanted <= one.high
    return counts


@pytest.mark.parametrize("rows", [200, 3000])
def test_of_two_classes(rows: int) -> None:
    names = ("accuracy", "f1", "balanced_accuracy", "auc", "log_loss", "brier", "average_precision")
    assert {name: n for name, n in covered(binary, rows, names).items() if n < FEWEST} == {}


def test_of_several_classes() -> None:
    names = ("macro_f1", "auc", "log_loss", "average_precision")
    assert {name: n for name, n in covered(several, 300, names).items() if n < FEWEST} == {}


@pytest.mark.parametrize("rows", [200, 3000])
def test_of_numbers(rows: int) -> None:
    names = ("mae", "rmse", "r2", "bias", "median_ae", "mape")
    low = {name: n for name, n in covered(numbers, rows, names).items() if n < FEWEST}
    assert low.keys() <= {"rmse"}  # its errors have heavy tails: one may carry the sum
    assert all(n >= 0.75 * RUNS for n in low.values())


def test_delong_is_the_variance_that_scipy_gives_ranks() -> None:
    """Of the difference of two areas, by the placements of each row."""
    one, other = binary(400, 1), binary(400, 1, 0.3)
    other = other._replace(truth=one.truth)
    found = next(delta for delta in differences(one, other) if delta.name == "delta.auc")
    placements = []
    for outcome in (one, other):
        assert outcome.shares is not None
        scores, yes = outcome.shares[:, 1], outcome.truth == 1
        beaten = [stats.percentileofscore(scores[~yes], score, "mean") / 100 for score in scores[yes]]
        losing = [1 - stats.percentileofscore(scores[yes], score, "mean") / 100 for score in scores[~yes]]
        placements.append((np.array(beaten), np.array(losing)))
    parts = [np.subtract(*pair) for pair in zip(*placements, strict=True)]
    spread = np.sqrt(sum(np.var(part, ddof=1) / len(part) for part in parts))
    assert found.value == pytest.approx(parts[0].mean(), rel=1e-6)
    assert found.low == pytest.approx(parts[0].mean() - 1.959964 * spread, rel=1e-5)


def test_the_same_rows_have_the_same_intervals() -> None:
    assert measure(binary(5000, 1)) == measure(binary(5000, 1))


def test_what_two_boxes_share_cancels() -> None:
    """Two boxes that are wrong in the same rows differ by nothing, however uncertain each of them is."""
    one = binary(300, 1)
    assert {(delta.value, delta.low, delta.high) for delta in differences(one, one)} == {(0.0, 0.0, 0.0)}


def test_a_perfect_area_is_not_certain() -> None:
    shares = np.repeat([[0.9, 0.1], [0.2, 0.8]], 15, axis=0)
    outcome = Outcome("y", "classes", np.repeat([0, 1], 15), np.repeat([0, 1], 15), ("no", "yes"), shares)
    found = next(one for one in measure(outcome) if one.name == "auc")
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.7 < (found.low or 0) < 0.9


@pytest.mark.parametrize("name", ["accuracy", "recall[no]", "f1[no]", "macro_f1", "balanced_accuracy"])
def test_twenty_right_labels_are_not_certain_either(name: str) -> None:
    labels = np.repeat([0, 1], 10)
    found = {one.name: one for one in measure(Outcome("y", "classes", labels, labels, ("no", "yes")))}
    assert (found[name].value, found[name].high) == (1.0, 1.0)
    assert 0.6 < (found[name].low or 0) < 0.9


@pytest.mark.parametrize("name", ["auc", "average_precision", "precision[no]", "recall[no]"])
def test_what_one_class_does_not_define_is_said(name: str) -> None:
    shares = np.tile([0.3, 0.7], (20, 1))
    outcome = Outcome("y", "classes", np.ones(20, int), np.ones(20, int), ("no", "yes"), shares)
    found = next(one for one in measure(outcome) if one.name == name)
    assert isinstance(found, Metric)
    assert found.value is None
    assert found.note


def test_a_constant_target_has_no_r2_and_a_zero_no_mape() -> None:
    outcome = Outcome("y", "numbers", np.zeros(20), np.arange(20.0))
    found = {one.name: one for one in measure(outcome)}
    assert found["r2"].value is found["mape"].value is None
    assert "same in every row" in found["r2"].note
    assert "0 in some row" in found["mape"].note


def test_a_class_of_few_rows_is_not_told() -> None:
    truth = np.repeat([0, 1, 2], [50, 41, 9])
    found = {one.name: one for one in measure(Outcome("y", "classes", truth, truth, tuple("abc")))}
    assert found["recall[b]"].value == 1
    assert (found["recall[c]"].value, found["recall[c]"].note) == (
        None,
        "fewer than 10 rows are of this class",
    )


def test_many_classes_are_measured_in_little_time() -> None:
    outcome = several(1500, 1, 60)
    started = time.process_time()
    found = {one.name: one for one in measure(outcome)}["average_precision"]
    assert time.process_time() - started < 5
    assert found.low is not None
    assert found.high is not None
    assert found.low < (found.value or 0) < found.high


def test_a_target_that_is_0_somewhere_warns_of_nothing() -> None:
    truth = np.arange(400.0) % 5
    one, other = (Outcome("y", "numbers", truth, truth + shift) for shift in (0.5, 1.0))
    found = {delta.name: delta for delta in differences(one, other)}
    assert found["delta.mape"].value is None
    assert found["delta.mae"].value == -0.5
