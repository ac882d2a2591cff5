"""What checking a row costs over asking the model."""

import sys
from functools import partial
from typing import Any

from benchmarks.result import Result, Row, Target
from benchmarks.rival import rival
from benchmarks.sample import interleaved, work
from benchmarks.trained import trained

_WIDTH = 30
_OURS = {  # what answers, and in how many rows: nothing (the answer is at hand), or a scikit-learn pipeline
    "boxship Runner alone": ("ready", "logistic", (1000, 100_000, 1_000_000)),
    "boxship Runner, logistic": ("boxship", "logistic", (1000, 100_000, 1_000_000)),
    "boxship Runner, forest": ("boxship", "forest", (1000, 10_000)),
}
_RIVALS = (
    ("pydantic", "frames", "types, ranges, nulls; one bad row refuses all"),
    ("pandera", "frames", "types, ranges, nulls; one bad row refuses all"),
    ("mlflow", "mlflow", "types, names; one bad row refuses all"),
)
_CHECKS = "types, ranges, nulls; a verdict on every row"
_BULK = "share of the allowance"


def run(times: int, *, beside: bool) -> Result:
    """The bulk allowance is 1 ns a value or 2 % of the model's own time, whichever is larger."""
    folder = trained()
    cases, words, targets = {}, {}, []
    for name, (which, model, sizes) in _OURS.items():
        cases[name] = partial(work, sys.executable, "ask", which, model, folder, *sizes)
        words[name] = _CHECKS
        targets.append(Target(name, "added to 1 row, us", 10))
        targets += [Target(name, f"{_BULK}, {size:,} rows", 1) for size in sizes]
    for package, environment, checks in _RIVALS if beside else ():
        if (python := rival(package, environment)) is None:
            continue
        for model in ("logistic", "forest"):
            name = f"{python.title}, {model}"
            cases[name] = partial(work, python.path, "ask", package, model, folder, 1000)
            words[name] = checks
    rows = [_row(name, said, words[name]) for name, said in interleaved(cases, times).items()]
    return Result(f"Asking a model through a contract of {_WIDTH} floats: CPU time", rows, "", targets)


def _row(name: str, said: list[dict[str, float]], checks: str) -> Row:
    values: dict[str, list[float]] = {
        "model alone, 1 row, us": [one["raw 1"] for one in said],
        "added to 1 row, us": [one["added 1"] for one in said],
    }
    for size in (int(key.split()[1]) for key in said[0] if key.startswith("raw")):
        if size > 1:
            values[f"added, ns a value, {size:,} rows"] = [_ns(one, size) for one in said]
            values[f"{_BULK}, {size:,} rows"] = [_ns(one, size) / _allowed_ns(one, size) for one in said]
    rounded = {column: [round(value, 4) for value in taken] for column, taken in values.items()}
    return Row(name, rounded, {"checks": checks})


def _ns(one: dict[str, Any], size: int) -> float:
    return float(1000 * one[f"added {size}"] / size / _WIDTH)


def _allowed_ns(one: dict[str, Any], size: int) -> float:
    return max(1.0, 0.02 * float(1000 * one[f"raw {size}"]) / size / _WIDTH)
