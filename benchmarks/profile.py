"""Summarising training data."""

import sys
from functools import partial

from benchmarks.result import Result, Target, row_of
from benchmarks.rival import Python, rival
from benchmarks.sample import interleaved, work

_LARGE, _SMALL = 1_000_000, 100_000
_RIVALS = (  # the package, its environment, the rows it can do in a reasonable time, merges, gives
    ("pandas", "frames", _LARGE, "no", "8 numbers"),
    ("polars", "frames", _LARGE, "no", "9 numbers"),
    ("whylogs", "whylogs", _SMALL, "yes", "sketches"),
    ("ydata-profiling", "ydata", _SMALL, "no", "histograms; no correlations (minimal)"),
    ("evidently", "evidently", _SMALL, "no", "histograms"),
)
_GIVES = "64 bins, 101 quantiles, frequent values, moments, rank correlations"


def run(times: int, *, beside: bool) -> Result:
    ours = Python(sys.executable, "boxship Profile.of")
    cases = {_named(ours, rows): partial(work, ours.path, "summarise", "boxship", rows) for rows in _SIZES}
    words = {name: {"merges": "exactly", "gives": _GIVES} for name in cases}
    for package, environment, rows, merges, gives in _RIVALS if beside else ():
        if python := rival(package, environment):
            name = _named(python, rows)
            cases[name] = partial(work, python.path, "summarise", package.partition("-")[0], rows)
            words[name] = {"merges": merges, "gives": gives}
    found = interleaved(cases, times)
    large = _named(ours, _LARGE)
    targets = [Target(large, "wall s", 4), Target(large, "MB over the data", 200)]
    made = [row_of(name, said, **words[name]) for name, said in found.items()]
    return Result("Summarising 50 columns of floats", made, "", targets)


_SIZES = (_LARGE, _SMALL)


def _named(python: Python, rows: int) -> str:
    return f"{python.title}, {rows:,} rows"
