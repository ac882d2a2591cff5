"""The environment that holds the model: its interpreter and every distribution in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
    paths: tuple[str, ...]
    markers: Mapping[str, str]
    distributions: Mapping[str, Distribution]


def active(env: Mapping[str, str]) -> Path | None:
    """The python of the activated environment (VIRTUAL_ENV, CONDA_PREFIX), or None."""
    raise NotImplementedError


def look(python: Path | None = None) -> Environment:
    """Ask `python`, or, where it is None or the running interpreter, look in this process.

    HostError: environment.not_found, environment.not_python, environment.too_old,
    environment.no_answer.
    """
    raise NotImplementedError
