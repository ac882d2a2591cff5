"""What it costs to be there: starting the command, importing the library, installing it."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.metadata import requires
from pathlib import Path

from benchmarks.result import Result, Row, Target
from benchmarks.rival import rivals
from benchmarks.sample import ROOT, Sample, child, interleaved

_HELP, _IMPORT = "boxship --help", "import boxship"
_NAME = re.compile(r"^[\w.-]+")  # of a requirement
_BIG = ("numpy", "uv")  # whoever has a model has numpy; uv is the one tool a room needs


def run(times: int, *, beside: bool) -> Result:
    cases = {
        _HELP: partial(child, [sys.executable, "-m", "boxship", "--help"]),
        "boxship pack --help": partial(child, [sys.executable, "-m", "boxship", "pack", "--help"]),
        _IMPORT: partial(child, [sys.executable, "-c", "import boxship"]),
        "python alone": partial(child, [sys.executable, "-c", "pass"]),
    }
    wheels: dict[str, Callable[[], float]] = {_HELP: _own_mb}
    words = {_HELP: "what it brings over numpy and uv"}
    for name, python in rivals("mlflow", "bentoml").items() if beside else ():
        title = f"{python.title} --help"
        cases[title] = partial(child, [python.path, "-m", name, "--help"])
        cases[f"import {name}"] = partial(child, [python.path, "-c", f"import {name}"])
        wheels[title], words[title] = partial(_downloaded_mb, [name]), "all it brings"
    sizes = interleaved(wheels, 1)
    found = interleaved(cases, 3 * times)
    rows = [_row(name, samples, sizes.get(name, []), words.get(name)) for name, samples in found.items()]
    targets = [Target(_HELP, "CPU ms", 120), Target(_IMPORT, "CPU ms", 40), Target(_HELP, "wheels MB", 8)]
    return Result("Starting and installing", rows, "CPU ms", targets)


def _row(name: str, samples: list[Sample], sizes_mb: list[float], words: str | None) -> Row:
    values = {"CPU ms": [round(1000 * one.cpu_s, 2) for one in samples]}
    if sizes_mb:
        values["wheels MB"] = [round(size, 2) for size in sizes_mb]
    return Row(name, values, {"wheels": words} if words else {})


def _own_mb() -> float:
    with tempfile.TemporaryDirectory() as folder:
        _pip("wheel", "--no-deps", "-w", folder, str(ROOT))
        own = _size_mb(folder)
    needs = [one for one in requires("boxship") or [] if "extra ==" not in one]
    return own + _downloaded_mb([one for one in needs if _NAME.findall(one)[0] not in _BIG])


def _downloaded_mb(needs: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        _pip("download", "--only-binary", ":all:", "-d", folder, *needs)
        return _size_mb(folder)


def _size_mb(folder: str) -> float:
    return sum(file.stat().st_size for file in Path(folder).glob("*.whl")) / 1e6


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
