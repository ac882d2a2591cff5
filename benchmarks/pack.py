"""Packing a model, first and again, beside saving it with others."""

import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.harness import Result, Sample, child, costs, interleaved, rival, versions
from benchmarks.trained import trained

_NO = "no"


def run(times: int, *, rivals: bool) -> Result:
    folder = trained()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        cases = {
            "boxship pack, first": partial(_pack, folder, home, fresh="all"),
            "boxship pack, the same again": partial(_pack, folder, home, fresh=""),
            "boxship pack, another model, room there": partial(_pack, folder, home, fresh="store"),
            "boxship pack, first, from CSV": partial(_pack, folder, home, "train.csv", fresh="all"),
        }
        _pack(folder, home, fresh="all")  # uv's cache holds the wheels after this
        notes = dict(_OURS)
        if rivals:
            cases |= _rival_cases(folder, Path(scratch), notes)
        found = interleaved(cases, times)
    rows = [costs(name, samples, **notes.get(name, {})) for name, samples in found.items()]
    targets = {"first": "under 10 s, proof included", "the same again": "under 1 s"}
    return Result(
        "Packing a pipeline: 30 columns, 100,000 rows, 100 trees of depth 12", rows, "wall s", targets
    )


_WORDS = ("locks", "hashes", "contract", "profile", "proof")


def _notes(*words: str) -> dict[str, str]:
    return dict(zip(_WORDS, words, strict=True))


_FULL = _notes(
    "all packages the model needs",
    "of every wheel",
    "types, ranges, policies",
    "of every column",
    "in a clean room, no network",
)
_OURS: dict[str, dict[str, str]] = dict.fromkeys(
    (
        "boxship pack, first",
        "boxship pack, the same again",
        "boxship pack, another model, room there",
        "boxship pack, first, from CSV",
    ),
    _FULL,
)


def _pack(folder: Path, home: Path, data: str = "train.parquet", *, fresh: str) -> Sample:
    if fresh == "all":
        shutil.rmtree(home, ignore_errors=True)
    for part in ("store", "memo") if fresh == "store" else ():
        shutil.rmtree(home / part, ignore_errors=True)
    command = [sys.executable, "-c", "from boxship.cli import main; main()", "pack"]
    command += [
        folder / "forest.joblib",
        "--data",
        folder / data,
        "--target",
        "y",
        "--name",
        "bench",
        "--json",
    ]
    return child(command, env={"BOXSHIP_HOME": str(home)})


def _rival_cases(folder: Path, scratch: Path, notes: dict[str, dict[str, str]]) -> dict[str, partial[Sample]]:
    learn = versions(sys.executable, "scikit-learn").replace(" ", "==")
    known = {
        "mlflow": (
            ("mlflow", learn),
            ["mlflow"],
            _notes("top packages, inferred", _NO, "types", _NO, "loads once, here"),
        ),
        "bentoml": (
            ("bentoml", learn),
            ["bentoml"],
            _notes("all, resolved anew", "where the index gives them", _NO, _NO, _NO),
        ),
        "skops": (("skops", learn, "pandas", "pyarrow"), ["skops"], _notes(_NO, _NO, _NO, _NO, _NO)),
    }
    cases: dict[str, partial[Sample]] = {}
    for name, (needs, shown, words) in known.items():
        python = rival(name, *needs)
        if python is None:
            continue
        title = (
            versions(python, *shown)
            + {"mlflow": " save_model", "bentoml": " save + build", "skops": " dump + card"}[name]
        )
        notes[title] = words
        cases[title] = partial(_save, python, name, folder, scratch)
    return cases


def _save(python: Path, name: str, folder: Path, scratch: Path) -> Sample:
    target = scratch / f"saved-{name}"
    shutil.rmtree(target, ignore_errors=True)
    return child(
        [python, "-m", f"benchmarks.work.save_{name}", folder, target], env={"BENTOML_HOME": str(target)}
    )
