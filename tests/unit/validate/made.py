"""Outcomes and answers made up for the tests of this folder, by a seed."""

from typing import Any

import numpy as np

from boxship.core.contract import Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.validate.answered import Answered
from boxship.validate.make import Asked, Question
from boxship.validate.outcome import Outcome
from boxship.validate.segment import splits
from boxship.validate.truth import read_truth


def binary(rows: int, seed: int, skill: float = 0.4) -> Outcome:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, rows)
    second = np.clip(truth * skill + rng.random(rows) * (1 - skill), 0, 1).round(2)  # ties
    shares = np.stack([1 - second, second], 1)
    return Outcome("prediction", "classes", truth, (second > 0.5).astype(int), ("no", "yes"), shares)


def several(rows: int, seed: int, width: int = 4) -> Outcome:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, width, rows)
    shares = rng.dirichlet(np.ones(width), rows)
    shares[np.arange(rows), truth] += 0.5
    shares /= shares.sum(1, keepdims=True)
    return Outcome(
        "prediction",
        "classes",
        truth,
        shares.argmax(1),
        tuple(f"c{place:02d}" for place in range(width)),
        shares,
    )


def numbers(rows: int, seed: int) -> Outcome:
    rng = np.random.default_rng(seed)
    truth = rng.normal(100, 20, rows)
    return Outcome("prediction", "numbers", truth, truth + rng.standard_t(4, rows))


def asked(outcome: Outcome, *, rejected: int = 0, name: str = "a") -> Asked:
    """A box that answered so, and rejected some rows more that stand first."""
    columns: dict[str, Any] = {"prediction": outcome.given.astype(np.float64)}
    if outcome.classes:
        columns["prediction"] = [outcome.classes[place] for place in outcome.given]
    if outcome.shares is not None:
        columns["prediction.probabilities"] = outcome.shares
    verdicts = np.array([2] * rejected + [0] * outcome.rows, np.uint8)
    rows = np.arange(rejected, rejected + outcome.rows)
    reasons = {("age", "contract.null"): rejected} if rejected else {}
    return Asked(Digest.of(name.encode()), Answered(verdicts, rows, Table.of(columns), reasons))


def question(
    outcome: Outcome, data: dict[str, Any], *, before: tuple[Any, ...] = (), **more: Any
) -> Question:
    """What is asked of such a box; `before` are the true values of rows that it rejected."""
    output = Output("prediction", "float64")
    if outcome.classes:
        output = Output(
            "prediction", "text", classes=outcome.classes, probabilities=outcome.shares is not None
        )
    labels = (
        [outcome.classes[place] for place in outcome.truth] if outcome.classes else outcome.truth.tolist()
    )
    truth = Table.of({"y": [*before, *labels]}).column("y")
    table = Table.of({**data, "y": truth}) if data else Table.of({"y": truth})
    parts, _ = splits(table, tuple(data), (), ())
    given = {"conditions": (), "card": {}, "notes": ()} | more
    return Question((output,), (read_truth(output, "y", truth),), parts, **given)
