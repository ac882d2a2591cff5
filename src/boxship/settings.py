"""What can be set from outside, read once at the edge and passed down."""

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

from boxship import argument
from boxship.errors import UsageError

_OF_PLATFORM = {  # Vertex AI tells a container so where it is to answer
    "port": "AIP_HTTP_PORT",
    "predict_route": "AIP_PREDICT_ROUTE",
    "health_route": "AIP_HEALTH_ROUTE",
}
_ROUTE = re.compile(r"/[A-Za-z0-9._~:@!$&'()*+,;=%/-]*")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default; `docs/reference/settings.md` says why each is needed.

    `from_env` takes a value from `BOXSHIP_<NAME>`, then from the variable that a platform sets, then from
    `config.toml` in the home folder, then from here. What is made directly has only what it is given,
    the defaults, and the home folder of the environment.
    """

    home: Path = field(default_factory=lambda: _place(os.environ))
    uv: str = ""
    isolation: str = "auto"
    proof_timeout_s: float = 300.0
    log_level: str = "warning"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    body_mb: float = 16.0
    rows: int = 100_000
    wait_s: float = 5.0
    read_s: float = 30.0
    idle_s: float = 75.0
    hang_s: float = 60.0
    drain_s: float = 25.0
    predict_route: str = ""
    health_route: str = ""

    def __post_init__(self) -> None:
        for name, value in _checked({one.name: getattr(self, one.name) for one in fields(self)}).items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        home = _place(env)
        known = {one.name for one in fields(cls)} - {"home"}
        values: dict[str, Any] = dict(_from_file(home / "config.toml", known))  # checked when it is made
        for name in known:
            if raw := env.get(f"BOXSHIP_{name.upper()}") or env.get(_OF_PLATFORM.get(name, "")):
                values[name] = raw
        return cls(home=home, **values)


def _place(env: Mapping[str, str]) -> Path:
    return _home(env.get("BOXSHIP_HOME") or _data_folder(env))


def _home(given: object) -> Path:
    try:
        home = Path(_path("home", given)).expanduser().absolute()
        str(home).encode()
    except RuntimeError as error:
        message = "this user has no home folder to keep boxes in"
        raise UsageError("settings.no_home", message, "set BOXSHIP_HOME to a folder") from error
    except UnicodeEncodeError as error:
        message = f"the home {str(home)!a} is not UTF-8"
        raise UsageError("settings.wrong_value", message, "set BOXSHIP_HOME to another folder") from error
    if home.exists() and not home.is_dir():
        message = f"the home {home} is not a folder"
        raise UsageError("settings.wrong_value", message, "set BOXSHIP_HOME to a folder")
    return home


def _data_folder(env: Mapping[str, str]) -> Path:
    base = env.get("XDG_DATA_HOME") or Path(env.get("HOME") or "~") / ".local" / "share"
    return Path(base) / "boxship"


def _from_file(path: Path, known: set[str]) -> Mapping[str, object]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # a folder above it may be a file
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(
            "settings.unreadable", f"cannot read {path}: {error}", "mend or remove it"
        ) from error
    if unknown := sorted(set(values) - known):
        raise UsageError(
            "settings.unknown",
            f"{path} sets {', '.join(unknown)}, which is not a setting",
            f"the settings are {', '.join(sorted(known))}",
        )
    return values


def _checked(values: Mapping[str, object]) -> dict[str, object]:
    for name, allowed in _CHOICES.items():
        if values[name] not in allowed:
            raise _wrong(name, values[name], f"one of {', '.join(allowed)}")
    if not isinstance(values["host"], str) or not values["host"]:
        raise _wrong("host", values["host"], "the name or number of an address")
    uv = "" if values["uv"] == "" else _path("uv", values["uv"])
    numbers = {name: wanted.read(name, values[name]) for name, wanted in _NUMBERS.items()}
    routes = {name: _route(name, values[name]) for name in ("predict_route", "health_route")}
    return {**values, **numbers, **routes, "home": _home(values["home"]), "uv": uv}


def _route(name: str, value: object) -> str:
    if not isinstance(value, str) or (value and not _ROUTE.fullmatch(value)):
        raise _wrong(name, value, "a path of a URL, such as /predict")
    return value


def _path(name: str, value: Any) -> str:  # whatever was set
    """As it is written: `./uv` is not the uv of PATH."""
    try:
        argument.path(name, value)
    except UsageError as error:
        raise _wrong(name, value, "a path") from error
    return str(os.fspath(value))


def _wrong(name: str, value: object, wanted: str) -> UsageError:
    return UsageError(
        "settings.wrong_value",
        f"the setting {name} is {argument.shown(value)}, not {wanted}",
        f"correct BOXSHIP_{name.upper()}, config.toml or the argument",
    )


class _Number(NamedTuple):
    """What a number has to be."""

    kind: type[int] | type[float]
    low: float
    high: float
    words: str

    def read(self, name: str, value: object) -> int | float:
        try:
            found = self.kind(value) if isinstance(value, (str, int, float)) else math.nan
        except (ValueError, OverflowError):
            found = math.nan
        is_cut = isinstance(value, float) and value != found
        if isinstance(value, bool) or is_cut or not self.low <= found <= self.high:
            raise _wrong(name, value, self.words)
        return found


_LONGEST_S = 1_000_000  # eleven days; more than what can be waited for overflows
_SECONDS = _Number(float, 1e-3, _LONGEST_S, f"a number of seconds above 0 and up to {_LONGEST_S}")
_NUMBERS = {
    "proof_timeout_s": _SECONDS,
    "port": _Number(int, 0, 65535, "a port: 1 to 65535, or 0 for one that is free"),
    "workers": _Number(int, 1, 1024, "a number of processes from 1 to 1024"),
    "body_mb": _Number(float, 1e-3, 16384, "a number of megabytes up to 16384"),
    "rows": _Number(int, 1, 2**31, "a number of rows from 1"),
    "wait_s": _SECONDS,
    "read_s": _SECONDS,
    "idle_s": _SECONDS,
    "hang_s": _SECONDS,
    "drain_s": _SECONDS,
}
_CHOICES = {
    "isolation": ("auto", "require", "off"),
    "log_level": ("debug", "info", "warning", "error"),
}


def current(given: object = None) -> Settings:
    """What an entry point was given, else the settings of this process; all else is handed a `Settings`."""
    if given is None:
        return Settings.from_env(os.environ)
    if not isinstance(given, Settings):
        argument.refuse("settings", given, "a boxship.Settings")
    return given
