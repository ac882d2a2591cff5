"""A Python of a given minor version on this machine, to make rooms from."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_TIMEOUT_S = 10


def find_interpreter(minor: str, preferred: str | None, env: Mapping[str, str]) -> str | None:
    """The preferred one, the one behind this process, then what PATH and pyenv have; None where uv has to look.

    Only those not known to be of that version are started, to ask them.
    """
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == minor:
        own = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
        return preferred or own
    candidates = [preferred] if preferred else []
    return next((path for path in (*candidates, *_offered(minor, env)) if _answers(path, minor)), None)


def _offered(minor: str, env: Mapping[str, str]) -> Iterator[str]:
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        yield str(Path(folder) / f"python{minor}")
    pyenv = Path(env.get("PYENV_ROOT") or Path(env.get("HOME") or "/") / ".pyenv")
    for version in sorted((pyenv / "versions").glob(f"{minor}.*"), reverse=True):
        yield str(version / "bin" / "python")


def _answers(path: str, minor: str) -> bool:
    """Whether it runs and is of that version: a shim on PATH may be neither."""
    if not os.access(path, os.X_OK):
        return False
    command = [path, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == minor
