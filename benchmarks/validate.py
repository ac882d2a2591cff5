"""Measuring the answers of a classifier of two classes on rows whose truth is known."""

import sys
from functools import partial

from benchmarks.result import Result, Target, row_of
from benchmarks.rival import Python, rival
from benchmarks.sample import interleaved, work

_LARGE, _SMALL = 1_000_000, 100_000
_METRICS = "19 metrics with intervals, 1,000 resamples"
_OURS = (
    ("measure", _LARGE, _METRICS),
    ("measure", _SMALL, _METRICS),
    ("segments", _SMALL, "30 columns, two boxes"),
)
_RIVALS = (  # the package, its environment, how it is asked, what it gives
    ("scikit-learn", "frames", "sklearn", "6 metrics with intervals, 100 resamples"),
    ("scikit-learn", "frames", "plain", "6 metrics, no intervals"),
    ("evidently", "evidently", "evidently", "its preset for classes, no intervals"),
)


def run(times: int, *, beside: bool) -> Result:
    ours = Python(sys.executable, "boxship")
    cases, words = {}, {}
    for how, rows, gives in _OURS:
        name = f"{ours.title} {how}, {rows:,} rows"
        cases[name], words[name] = partial(work, ours.path, "judge", how, rows), gives
    for package, environment, how, gives in _RIVALS if beside else ():
        if python := rival(package, environment):
            name = f"{python.title}{', resampled' if how == 'sklearn' else ''}, {_SMALL:,} rows"
            cases[name], words[name] = partial(work, python.path, "judge", how, _SMALL), gives
    made = [row_of(name, said, gives=words[name]) for name, said in interleaved(cases, times).items()]
    targets = [Target(next(iter(cases)), "CPU s", 5)]
    return Result("Measuring given answers, two classes", made, "", targets)
