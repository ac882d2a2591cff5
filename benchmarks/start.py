"""What it costs to be there: starting the command, importing the library, installing it."""

import subprocess
import sys
import tempfile
from functools import partial
from importlib.metadata import requires
from pathlib import Path

from benchmarks.harness import HERE, Result, Row, child, interleaved, rival, versions

_BIG = {"numpy", "uv"}  # whoever has a model has numpy; uv is the one tool a room needs


def run(times: int, *, rivals: bool) -> Result:
    many = max(times, 3) * 3
    help_ = [sys.executable, "-c", "from boxship.cli import main; main()", "--help"]
    cases = {
        "boxship --help": partial(child, help_),
        "import boxship": partial(child, [sys.executable, "-c", "import boxship"]),
        "boxship pack --help": partial(child, [*help_[:-1], "pack", "--help"]),
        "python alone": partial(child, [sys.executable, "-c", "pass"]),
    }
    sizes = {"boxship --help": _own_mb()}
    words = {"boxship --help": "over numpy and uv, which bring " + " and ".join(map(str, _big_mb())) + " MB"}
    for name in ("mlflow", "bentoml") if rivals else ():
        learn = versions(sys.executable, "scikit-learn").replace(" ", "==")
        if python := rival(name, name, learn):
            title = versions(python, name) + " --help"
            cases[title] = partial(child, [python, "-m", name, "--help"])
            sizes[title] = [_downloaded_mb([name])]
            words[title] = "everything it brings"
    found = interleaved(cases, many)
    rows = [
        Row(
            name,
            {"CPU ms": [1000 * s.cpu_s for s in said], "peak MB": [s.peak_mb for s in said]}
            | ({"wheels MB": sizes[name]} if name in sizes else {}),
            {"wheels": words[name]} if name in words else {},
        )
        for name, said in found.items()
    ]
    targets = {
        "boxship --help": "under 120 ms of CPU, at most 8 MB of wheels",
        "import boxship": "under 40 ms",
    }
    return Result("Starting and installing", rows, "CPU ms", targets)


def _needed() -> list[str]:
    return [one for one in requires("boxship") or [] if "extra ==" not in one]


def _is_big(requirement: str) -> bool:
    return any(requirement.startswith(name) for name in _BIG)


def _own_mb() -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        _pip("wheel", "--no-deps", "--no-build-isolation", "-w", folder, str(HERE.parent))
        own = _size_mb(folder)
    return [own + _downloaded_mb([one for one in _needed() if not _is_big(one)])]


def _big_mb() -> list[int]:
    return [round(_downloaded_mb([one])) for one in _needed() if _is_big(one)]


def _downloaded_mb(needs: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        _pip("download", "--only-binary", ":all:", "-d", folder, *needs)
        return _size_mb(folder)


def _size_mb(folder: str) -> float:
    return sum(file.stat().st_size for file in Path(folder).glob("*.whl")) / 1e6


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True, capture_output=True)
