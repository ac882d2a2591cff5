"""The environment that holds the model: its interpreter and every distribution in it."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxship.errors import HostError
from boxship.room.name import normalise
from boxship.room.probe import probe

OLDEST = (3, 11)
_ANSWER_S = 30.0


@dataclass(frozen=True)
class Distribution:
    """One installed distribution, as its own metadata describes it."""

    name: str  # normalised: lower case, runs of -_. are one dash
    version: str
    requires: tuple[str, ...]  # raw Requires-Dist
    modules: tuple[str, ...]  # top-level import names; dotted where several distributions share one
    kind: str  # index | editable | folder | vcs | archive
    installer: str  # pip, uv, conda, ... or ""
    location: str
    pure: bool  # looked at only where kind is not index
    files: Mapping[str, str]  # relative path -> absolute file; filled only where kind is not index


@dataclass(frozen=True)
class Environment:
    """What was found by asking one interpreter; no question is asked twice."""

    python: str
    base: str  # the interpreter that virtual environments are made from
    prefix: str
    version: str
    minor: str
    implementation: str
    platform: str
    glibc: str
    paths: tuple[str, ...]
    markers: Mapping[str, str]
    distributions: Mapping[str, Distribution]


def active(env: Mapping[str, str]) -> Path | None:
    """The python of the activated environment (VIRTUAL_ENV, CONDA_PREFIX), or None."""
    prefix = env.get("VIRTUAL_ENV") or env.get("CONDA_PREFIX")
    return Path(prefix) / "bin" / "python" if prefix else None


def look(python: Path | None = None) -> Environment:
    """Ask `python`, or, where it is None or the running interpreter, look in this process.

    A folder stands for the environment in it. HostError: environment.not_found,
    environment.not_python, environment.too_old, environment.no_answer.
    """
    if python is None:
        return _environment(probe())
    path = _interpreter(python)
    if path == Path(sys.executable).absolute():
        return _environment(probe())
    found = _environment(_ask(path))
    if tuple(map(int, found.minor.split("."))) < OLDEST:
        raise _too_old(path, found.version)
    return found


def _interpreter(python: Path) -> Path:
    path = python.expanduser().absolute()
    if path.is_dir():
        path = path / "bin" / "python"
    if not path.exists():
        raise HostError(
            "environment.not_found",
            f"there is no Python at {path}",
            "give --python the interpreter of the environment that holds the model, such as .venv/bin/python",
            {"path": str(path)},
        )
    return path


def _ask(path: Path) -> Mapping[str, Any]:
    command = [str(path), "-I", str(Path(__file__).with_name("probe.py"))]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_ANSWER_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise HostError(
            "environment.no_answer",
            f"{path} did not answer within {_ANSWER_S:.0f} s",
            f"see whether `{path} -V` answers",
            {"path": str(path)},
        ) from error
    except OSError as error:
        raise _not_python(path, error.strerror or str(error)) from error
    try:
        answer: Mapping[str, Any] = json.loads(ran.stdout)
        if "distributions" in answer:
            return answer
    except (ValueError, TypeError):
        pass
    raise _refusal(path, ran)


def _refusal(path: Path, ran: subprocess.CompletedProcess[bytes]) -> HostError:
    """What a program that cannot run the probe says of itself."""
    try:
        said = subprocess.run([str(path), "-V"], capture_output=True, timeout=_ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return _not_python(path, "it does not tell its version")
    version = re.fullmatch(rb"Python (\d+)\.(\d+)(\S*)\s*", said.stdout + said.stderr)
    if not version:
        return _not_python(path, "it does not tell a Python version")
    if (int(version[1]), int(version[2])) < OLDEST:
        return _too_old(path, b".".join(version.groups()[:2]).decode())
    last = ran.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit status {ran.returncode}"]
    return HostError(
        "environment.no_answer",
        f"{path} is Python but could not list its packages: {last[0]}",
        f"see whether `{path} -I -c 'import json, sysconfig'` works",
        {"path": str(path)},
    )


def _not_python(path: Path, why: str) -> HostError:
    return HostError(
        "environment.not_python",
        f"{path} is not a Python interpreter: {why}",
        "give --python the interpreter of the environment that holds the model, such as .venv/bin/python",
        {"path": str(path)},
    )


def _too_old(path: Path, version: str) -> HostError:
    oldest = ".".join(map(str, OLDEST))
    return HostError(
        "environment.too_old",
        f"{path} is Python {version}, a box needs {oldest} or later",
        f"train the model with Python {oldest} or later",
        {"path": str(path), "version": version},
    )


# probe() gives JSON, so its values are Any until they are put in their places here
def _environment(answer: Mapping[str, Any]) -> Environment:
    found = [
        Distribution(
            name=normalise(one["name"]),
            version=one["version"],
            requires=tuple(one["requires"]),
            modules=tuple(one["modules"]),
            kind=one["kind"],
            installer=one["installer"],
            location=one["location"],
            pure=one["pure"],
            files=one["files"],
        )
        for one in answer["distributions"]
    ]
    return Environment(
        python=answer["python"],
        base=answer["base"],
        prefix=answer["prefix"],
        version=answer["version"],
        minor=answer["minor"],
        implementation=answer["implementation"],
        platform=answer["platform"],
        glibc=answer["glibc"],
        paths=tuple(answer["paths"]),
        markers=answer["markers"],
        distributions={one.name: one for one in found},
    )
