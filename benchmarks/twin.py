"""A twin beside the model it was lowered from, and beside what others make of the same model."""

import sys
from functools import partial

from benchmarks.result import Result, Target, row_of
from benchmarks.rival import rivals
from benchmarks.sample import interleaved, work
from benchmarks.trained import trained

_MODELS = ("small", "forest", "logistic")  # forests of breast cancer data and of 100,000 rows of noise
_TARGETS = (("1 row, us", 4), ("1,024 rows, us", 1600), ("load, ms", 20), ("rows that differ", 0))
_TAKES = {
    "boxship": "the whole pipeline, in double precision",
    "scikit-learn": "the model itself",
    "skl2onnx": "the whole pipeline, in single precision",
    "treelite": "the forest alone, of rows that were scaled before",
}


def run(times: int, *, beside: bool) -> Result:
    """All are asked for the same rows: of the training data, near them, and at every threshold and one
    step to each side of it. A row differs where a probability is 1e-6 away or the label is another."""
    folder = trained()
    work(sys.executable, "twin", "edges", folder, *_MODELS)  # the rows that all are asked for
    cases, words = {}, {}
    for model in _MODELS:
        for name in ("boxship", "scikit-learn"):
            cases[f"{name}, {model}"] = partial(work, sys.executable, "twin", name, folder, model)
            words[f"{name}, {model}"] = _TAKES[name]
    for package, python in (rivals("skl2onnx", "treelite", environment="lowered") if beside else {}).items():
        for model in _MODELS if package == "skl2onnx" else _MODELS[:2]:
            cases[f"{python.title}, {model}"] = partial(work, python.path, "twin", package, folder, model)
            words[f"{python.title}, {model}"] = _TAKES[package]
    rows = [row_of(name, said, takes=words[name]) for name, said in interleaved(cases, times).items()]
    targets = [Target("boxship, small", column, most) for column, most in _TARGETS]
    return Result("Twins of 30 floats: CPU time of a call", rows, "1 row, us", targets)
