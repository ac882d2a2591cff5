"""What it costs to be there: starting the command, importing the library, installing it."""

import subprocess
import sys
import tempfile
from functools import partial
from importlib.metadata import requires
from pathlib import Path

from benchmarks.result import Result, Row, Target
from benchmarks.rival import rivals
from benchmarks.sample import ROOT, Sample, child, interleaved

_HELP, _IMPORT = "boxship --help", "import boxship"
_BIG = ("numpy", "uv")  # whoever has a model has numpy; uv is the one tool a room needs


def run(times: int, *, beside: bool) -> Result:
    cases = {
        _HELP: partial(child, [sys.executable, "-m", "boxship", "--help"]),
        "boxship pack --help": partial(child, [sys.executable, "-m", "boxship", "pack", "--help"]),
        _IMPORT: partial(child, [sys.executable, "-c", "import boxship"]),
        "python alone": partial(child, [sys.executable, "-c", "pass"]),
    }
    sizes = {_HELP: _own_mb()}
    words = {_HELP: f"what it brings over numpy and uv, which are {_downloaded_mb(_needed(big=True)):.0f} MB"}
    for name, python in rivals("mlflow", "bentoml").items() if beside else ():
        title = f"{python.title} --help"
        cases[title] = partial(child, [python.path, "-m", name, "--help"])
        cases[f"import {name}"] = partial(child, [python.path, "-c", f"import {name}"])
        sizes[title], words[title] = _downloaded_mb([name]), "all it brings"
    found = interleaved(cases, 3 * times)
    rows = [_row(name, samples, sizes.get(name), words.get(name)) for name, samples in found.items()]
    targets = [Target(_HELP, "CPU ms", 120), Target(_IMPORT, "CPU ms", 40), Target(_HELP, "wheels MB", 8)]
    return Result("Starting and installing", rows, "CPU ms", targets)


def _row(name: str, samples: list[Sample], size_mb: float | None, words: str | None) -> Row:
    values = {"CPU ms": [round(1000 * one.cpu_s, 2) for one in samples]}
    if size_mb is not None:
        values["wheels MB"] = [round(size_mb, 2)]
    return Row(name, values, {"wheels": words} if words else {})


def _needed(*, big: bool) -> list[str]:
    needs = [one for one in requires("boxship") or [] if "extra ==" not in one]
    return [one for one in needs if one.startswith(_BIG) == big]


def _own_mb() -> float:
    with tempfile.TemporaryDirectory() as folder:
        _pip("wheel", "--no-deps", "-w", folder, str(ROOT))
        own = _size_mb(folder)
    return own + _downloaded_mb(_needed(big=False))


def _downloaded_mb(needs: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        _pip("download", "--only-binary", ":all:", "-d", folder, *needs)
        return _size_mb(folder)


def _size_mb(folder: str) -> float:
    return sum(file.stat().st_size for file in Path(folder).glob("*.whl")) / 1e6


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True, capture_output=True)
