"""Every metric is the number that scikit-learn gives."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from sklearn import metrics as judge

from boxship.validate.measure import measure
from boxship.validate.outcome import Outcome
from tests.unit.validate.made import binary, numbers, several


def found(outcome: Outcome) -> dict[str, float | None]:
    return {one.name: one.value for one in measure(outcome)}


def of_labels(outcome: Outcome) -> Iterator[tuple[str, float]]:
    truth, given = outcome.truth, outcome.given
    yield "accuracy", judge.accuracy_score(truth, given)
    yield "balanced_accuracy", judge.balanced_accuracy_score(truth, given)
    names = ("precision", "recall", "f1")
    macro = judge.precision_recall_fscore_support(truth, given, average="macro", zero_division=0)
    yield from ((f"macro_{name}", value) for name, value in zip(names, macro, strict=False))
    each = judge.precision_recall_fscore_support(truth, given, labels=range(outcome.width), zero_division=0)
    for name, values in zip(names, each, strict=False):
        yield from ((f"{name}[{label}]", value) for label, value in zip(outcome.classes, values, strict=True))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", [30, 700, 5000])
def test_two_classes(rows: int, seed: int) -> None:
    outcome = binary(rows, seed)
    assert outcome.shares is not None
    second = outcome.shares[:, 1]
    wanted = {
        **dict(of_labels(outcome)),
        "precision": judge.precision_score(outcome.truth, outcome.given),
        "recall": judge.recall_score(outcome.truth, outcome.given),
        "f1": judge.f1_score(outcome.truth, outcome.given),
        "auc": judge.roc_auc_score(outcome.truth, second),
        "average_precision": judge.average_precision_score(outcome.truth, second),
        "log_loss": judge.log_loss(outcome.truth, outcome.shares),
        "brier": judge.brier_score_loss(outcome.truth, second),
    }
    got = found(outcome)
    assert {name: got[name] for name in wanted} == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_several_classes(seed: int) -> None:
    outcome = several(900, seed)
    assert outcome.shares is not None
    wanted = {
        **dict(of_labels(outcome)),
        "auc": judge.roc_auc_score(outcome.truth, outcome.shares, multi_class="ovr"),
        "average_precision": judge.average_precision_score(np.eye(4)[outcome.truth], outcome.shares),
        "log_loss": judge.log_loss(outcome.truth, outcome.shares),
        "brier": np.mean(((outcome.shares - np.eye(4)[outcome.truth]) ** 2).sum(1)),
    }
    got = found(outcome)
    assert {name: got[name] for name in wanted} == pytest.approx(wanted, rel=1e-8)


def test_a_class_that_no_row_has_counts_as_in_sklearn() -> None:
    """Answered though never true: 0 in the mean over classes. Neither: left out."""
    truth, given = np.repeat([0, 1], 50), np.tile([0, 1, 2, 1], 25)
    outcome = Outcome("y", "classes", truth, given, tuple("abcd"))
    got = found(outcome)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = judge.f1_score(truth, given, average="macro", zero_division=0)
        balanced = judge.balanced_accuracy_score(truth, given)
    assert (got["macro_f1"], got["balanced_accuracy"]) == (pytest.approx(wanted), pytest.approx(balanced))


@pytest.mark.parametrize("rows", [40, 3000])
def test_numbers(rows: int) -> None:
    outcome = numbers(rows, 1)
    truth, given = outcome.truth, outcome.given
    wanted = {
        "mae": judge.mean_absolute_error(truth, given),
        "rmse": judge.root_mean_squared_error(truth, given),
        "median_ae": judge.median_absolute_error(truth, given),
        "r2": judge.r2_score(truth, given),
        "mape": judge.mean_absolute_percentage_error(truth, given),
        "bias": float(np.mean(given - truth)),
    }
    assert found(outcome) == pytest.approx(wanted, rel=1e-8)


def test_clusters() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 500)
    given = np.where(rng.random(500) < 0.7, truth * 7, rng.integers(0, 5, 500))
    homogeneity, completeness, v_measure = judge.homogeneity_completeness_v_measure(truth, given)
    wanted = {
        "adjusted_rand": judge.adjusted_rand_score(truth, given),
        "homogeneity": homogeneity,
        "completeness": completeness,
        "v_measure": v_measure,
    }
    assert found(Outcome("y", "clusters", truth, given)) == pytest.approx(wanted, rel=1e-8)


def test_the_roc_curve_lies_on_that_of_sklearn() -> None:
    from boxship.validate.roc import curve

    outcome = binary(4000, 3)
    assert outcome.shares is not None
    x, y, _ = judge.roc_curve(outcome.truth, outcome.shares[:, 1], drop_intermediate=False)
    known = {(round(float(a), 4), round(float(b), 4)) for a, b in zip(x, y, strict=True)}
    points = curve(outcome)
    assert 20 < len(points) < 70
    assert set(points) <= known
