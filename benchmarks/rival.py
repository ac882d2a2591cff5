"""The environments of the rivals, each made once, by pip, with the user's own settings."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.sample import tell

FOLDER = Path(__file__).parent / ".envs"
_TIMEOUT_S = 900
_NEEDS = {
    "bentoml": ("bentoml", "scikit-learn=={learn}"),
    "evidently": ("evidently", "pandas<3"),  # whose inside it imports
    "frames": ("pandas", "polars", "pyarrow", "pydantic", "msgspec", "pandera", "scikit-learn=={learn}"),
    "lowered": ("skl2onnx", "onnxruntime", "treelite", "scikit-learn=={learn}"),
    "mlflow": ("mlflow", "scikit-learn=={learn}"),
    "skops": ("skops", "scikit-learn=={learn}", "pandas", "pyarrow"),
    "whylogs": ("whylogs",),
    "ydata": ("ydata-profiling",),
}


class Python(NamedTuple):
    """An interpreter that has the package, and what to call it in a table."""

    path: str
    title: str


def rival(package: str, environment: str = "") -> Python | None:
    """None, said aloud, where the environment cannot be made."""
    path = _made(environment or package)
    return None if path is None else Python(path, versions(path, package))


def rivals(*packages: str, environment: str = "") -> dict[str, Python]:
    """Those that could be made, by package."""
    found = {package: rival(package, environment) for package in packages}
    return {package: python for package, python in found.items() if python}


@cache
def _made(name: str) -> str | None:
    learn = versions(sys.executable, "scikit-learn").split()[1]  # the models are pickles of this version
    wanted = "\n".join(_NEEDS[name]).format(learn=learn)
    folder = FOLDER / name
    python, mark = folder / "bin" / "python", folder / "ready.txt"
    if mark.exists() and mark.read_text() == wanted:
        return str(python)
    tell(f"  installing {name}")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        _quietly([sys.executable, "-m", "venv", str(folder)])
        _quietly([*install, *wanted.split()])
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        tell(f"  {name} cannot be installed here and is left out: {said[-300:]}")
        return None
    mark.write_text(wanted)
    return str(python)


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)


@cache
def versions(python: str, *names: str) -> str:
    code = f"from importlib.metadata import version as v; print(*[f'{{n}} {{v(n)}}' for n in {names!r}], sep=', ')"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
