"""What can be set from outside, read once at the edge and passed down."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from boxship import argument
from boxship.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default; `docs/reference/settings.md` says why each is needed.

    `from_env` takes a value from `BOXSHIP_<NAME>`, then from `config.toml` in the home folder,
    then from here. What is made directly has only what it is given, the defaults, and the
    home folder of the environment.
    """

    home: Path = field(default_factory=lambda: _place(os.environ))
    uv: str = ""
    isolation: str = "auto"
    proof_timeout_s: float = 300.0
    log_level: str = "warning"

    def __post_init__(self) -> None:
        for name, value in _checked({one.name: getattr(self, one.name) for one in fields(self)}).items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        home = _place(env)
        known = {one.name for one in fields(cls)} - {"home"}
        values: dict[str, Any] = dict(_from_file(home / "config.toml", known))  # checked when it is made
        for name in known:
            if raw := env.get(f"BOXSHIP_{name.upper()}"):
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
    uv = "" if values["uv"] == "" else _path("uv", values["uv"])
    seconds = _seconds("proof_timeout_s", values["proof_timeout_s"])
    return {**values, "home": _home(values["home"]), "uv": uv, "proof_timeout_s": seconds}


def _path(name: str, value: Any) -> str:  # whatever was set
    """As it is written: `./uv` is not the uv of PATH."""
    try:
        argument.path(name, value)
    except UsageError as error:
        raise _wrong(name, value, "a path") from error
    return str(os.fspath(value))


def _seconds(name: str, value: object) -> float:
    try:
        found = float(value) if isinstance(value, (str, int, float)) else 0.0
    except (ValueError, OverflowError):
        found = 0.0
    if isinstance(value, bool) or not 0 < found <= _LONGEST_S:
        raise _wrong(name, value, f"a number of seconds above 0 and up to {_LONGEST_S}")
    return found


def _wrong(name: str, value: object, wanted: str) -> UsageError:
    return UsageError(
        "settings.wrong_value",
        f"the setting {name} is {argument.shown(value)}, not {wanted}",
        f"correct BOXSHIP_{name.upper()}, config.toml or the argument",
    )


_LONGEST_S = 1_000_000  # eleven days; more than what can be waited for overflows
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
