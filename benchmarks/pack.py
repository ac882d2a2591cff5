"""Packing a model, first and again, beside saving it with others."""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.result import Result, Target, row_of
from benchmarks.rival import rival
from benchmarks.sample import Sample, child, interleaved
from benchmarks.trained import trained

_FIRST, _AGAIN = "boxship pack, first", "boxship pack, the same again"
_OTHER, _CSV = "boxship pack, another model, room there", "boxship pack, first, from CSV"
_EVERYTHING = ("home",)
_STORE = ("home/store", "home/memo")
_WORDS = ("locks", "contract", "profile", "proof")
_OURS = ("all the model needs", "types, ranges, policies", "every column", "in a clean room, no network")
_RIVALS = {
    "mlflow": ("save_model", ("top packages, inferred", "types", "no", "loads once, here")),
    "bentoml": ("save + build", ("all, resolved anew", "no", "no", "no")),
    "skops": ("dump + card", ("no", "no", "no", "no")),
}


def run(times: int, *, beside: bool) -> Result:
    """Each case first takes away what it must not find. uv's cache is warm, as the wheels' would be."""
    folder = trained()
    with tempfile.TemporaryDirectory() as scratch:
        pack = partial(_pack, folder, Path(scratch))
        cases = {
            _FIRST: partial(pack, "train.parquet", without=_EVERYTHING),
            _AGAIN: partial(pack, "train.parquet", without=()),
            _OTHER: partial(pack, "train.parquet", without=_STORE),
            _CSV: partial(pack, "train.csv", without=_EVERYTHING),
        }
        words = dict.fromkeys(cases, _OURS)
        cases[_FIRST]()
        for name, (act, said) in _RIVALS.items() if beside else ():
            if python := rival(name):
                cases[f"{python.title} {act}"] = partial(_save, python.path, name, folder, Path(scratch))
                words[f"{python.title} {act}"] = said
        found = interleaved(cases, times)
    rows = [
        row_of(name, [one.costs() for one in samples], **dict(zip(_WORDS, words[name], strict=True)))
        for name, samples in found.items()
    ]
    targets = [Target(_FIRST, "wall s", 10), Target(_AGAIN, "wall s", 1)]
    title = "Packing a pipeline: 30 columns, 100,000 rows, 100 trees of depth 12"
    return Result(title, rows, "wall s", targets)


def _pack(folder: Path, scratch: Path, data: str, *, without: Sequence[str]) -> Sample:
    for part in without:
        shutil.rmtree(scratch / part, ignore_errors=True)
    command = [sys.executable, "-m", "boxship", "pack", folder / "forest.joblib", "--data", folder / data]
    command += ["--target", "y", "--name", "bench", "--json"]
    return child(command, env={"BOXSHIP_HOME": str(scratch / "home")})


def _save(python: str, name: str, folder: Path, scratch: Path) -> Sample:
    target = scratch / f"saved-{name}"
    shutil.rmtree(target, ignore_errors=True)
    command = [python, "-m", f"benchmarks.work.save_{name}", folder, target]
    return child(command, env={"BENTOML_HOME": str(target)})
