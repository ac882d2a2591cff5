"""A metric that got worse is told, also where accuracy did not; of two equally good boxes hardly any is."""

import os

import numpy as np
import pytest

from boxship.validate.condition import parse
from boxship.validate.make import make
from boxship.validate.outcome import Outcome
from boxship.validate.text import lines
from tests.unit.validate.made import asked, question

LONG = bool(os.environ.get("BOXSHIP_LONG"))


def scored(truth: np.ndarray, noise: np.ndarray, shift: float = 0.0) -> Outcome:
    """Two classes of which the second is rare; a shift makes the box answer it less often, and the first more."""
    second = 1 / (1 + np.exp(-(3 * truth - 1.5 + noise - shift)))
    shares = np.stack([1 - second, second], 1)
    return Outcome("prediction", "classes", truth, (second > 0.5).astype(int), ("no", "yes"), shares)


def pair(seed: int, rows: int, shift: float = 0.0) -> tuple[Outcome, Outcome]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(rows) < 0.3).astype(int)
    shared = rng.normal(0, 1, rows)
    one, other = (shared + rng.normal(0, 0.7, rows) for _ in range(2))
    return scored(truth, one, shift), scored(truth, other)


def test_a_recall_that_fell_is_told_where_accuracy_did_not() -> None:
    one, other = pair(3, 2000, 0.8)
    report = make(question(one, {}, conditions=parse("worse_metrics>0")), asked(one), asked(other, name="b"))
    found = {change.metric: change.finding for change in report.changes}
    assert [found[name] for name in ("accuracy", "recall[yes]", "balanced_accuracy")] == [
        "",
        "worse",
        "worse",
    ]
    said = [*lines(report)]
    assert report.failed
    assert any(line.startswith("worse over all: recall[yes] 0.") for line in said), said
    better = next(place for place, line in enumerate(said) if line.startswith("better over all"))
    assert all(not line.startswith("worse over all") for line in said[better:])


def numbers(seed: int, rows: int) -> tuple[Outcome, Outcome]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=rows)
    one, other = (Outcome("prediction", "numbers", truth, truth + rng.standard_t(5, rows)) for _ in range(2))
    return one, other


@pytest.mark.parametrize(
    ("kind", "rows"), [("labels", 40), ("labels", 300), ("numbers", 40), ("numbers", 300)]
)
def test_two_equally_good_boxes_hardly_ever_differ(kind: str, rows: int) -> None:
    """The first metric by itself and the others together may each be wrong in one of twenty."""
    runs, alarms = 400 if LONG else 30 if kind == "labels" else 100, 0
    for seed in range(runs):
        one, other = pair(seed, rows) if kind == "labels" else numbers(seed, rows)
        report = make(question(one, {}), asked(one), asked(other, name="b"))
        alarms += any(change.finding for change in report.changes)
    assert alarms <= 0.1 * runs, alarms
