"""What works on this machine, what is missing, what to type."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from boxship.adapters import ADAPTERS
from boxship.errors import BoxshipError
from boxship.host import look_at_host
from boxship.room.process import try_isolation
from boxship.room.uv import find_uv
from boxship.settings import Settings, current
from boxship.twin import kernel

_LEAST_SPACE = 2 * 10**9


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` is ok, missing (you may not need it) or broken."""

    what: str
    state: str
    words: str
    hint: str = ""


def doctor(*, settings: Settings | None = None) -> tuple[Finding, ...]:
    """Look at the interpreter, uv, isolation, the store, and the libraries that plugs stand on.

    Starts a few short processes; calls no network and changes nothing.
    """
    ours = Finding("boxship", "ok", f"{version('boxship')} on Python {platform.python_version()}")
    try:
        settings = current(settings)
    except BoxshipError as error:  # all that is below depends on them
        return (ours, *_system(), Finding("settings", "broken", error.message, error.hint))
    return (
        ours,
        *_system(),
        _uv(settings),
        _isolation(settings),
        *_home(settings),
        _kernel(),
        *_libraries(),
    )


def _system() -> Iterator[Finding]:
    here = look_at_host()
    words = f"{here.system} {here.kernel}, {here.libc}, {here.cpu_class}, "
    words += f"{here.cpus:g} processors, {here.memory_bytes / 1e9:.1f} GB of memory"
    state = "ok" if sys.platform == "linux" else "missing"
    hint = "" if state == "ok" else "boxes can be packed here; rooms are only cut off from the host on Linux"
    yield Finding("system", state, words, hint)


def _uv(settings: Settings) -> Finding:
    try:
        found = find_uv(settings, os.environ)
        said = found.version()
    except BoxshipError as error:
        return Finding("uv", "broken", error.message, error.hint)
    return Finding("uv", "ok", f"{said}, {found.path}")


def _isolation(settings: Settings) -> Finding:
    if settings.isolation == "off":
        return Finding("isolation", "missing", "switched off by the setting", "unset BOXSHIP_ISOLATION")
    try:
        found = try_isolation(settings)
    except BoxshipError as error:
        return Finding("isolation", "broken", error.message, error.hint)
    has = (found.network == "none", found.files == "hidden", found.processes == "hidden")
    words = ("have no network", "do not see your files", "do not see your processes")
    lacks = ("the network is open", "your files are open", "processes are shared")
    if all(has):
        return Finding("isolation", "ok", f"rooms {words[0]}, {words[1]} and {words[2]}")
    told = ", ".join([one for held, one in zip(has, lacks, strict=True) if not held])
    return Finding(
        "isolation",
        "missing",
        f"in rooms {told}, and a proof says so: {'; '.join(found.why)}",
        "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), or pack elsewhere",
    )


def _home(settings: Settings) -> Iterator[Finding]:
    place = settings.home
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK) or not shutil.disk_usage(place).total:
        yield Finding("home", "broken", f"{settings.home} cannot be written", "set BOXSHIP_HOME")
        return
    free = shutil.disk_usage(place).free
    state = "ok" if free > _LEAST_SPACE else "broken"
    hint = "" if state == "ok" else "boxship clean --rooms frees space; or set BOXSHIP_HOME"
    yield Finding("home", state, f"{settings.home}, {free / 1e9:.1f} GB free", hint)


def _kernel() -> Finding:
    if kernel.load() is not None:
        return Finding("twins", "ok", f"trees are walked in C, {kernel.path().name}")
    return Finding(
        "twins",
        "missing",
        f"there is no {kernel.path().name}: numpy walks the trees, some fifty times more slowly",
        "apt install gcc && pip install --force-reinstall boxship builds it",
    )


def _libraries() -> Iterator[Finding]:
    readers = [name for name in ("pyarrow", "polars", "duckdb") if _has(name)]
    yield Finding(
        "Parquet",
        "ok" if readers else "missing",
        f"read with {readers[0]}" if readers else "there is nothing to read it with",
        "" if readers else "pip install 'boxship[batch]'",
    )
    for name, plug in ADAPTERS.items():
        if not plug.modules:
            continue  # it stands on nothing but Python
        has = _has(plug.modules[0])
        words = f"{plug.modules[0]} is installed" if has else f"{plug.modules[0]} is not installed here"
        hint = "" if has else f"boxes of it run in rooms; to pack objects: pip install 'boxship[{name}]'"
        yield Finding(f"adapter {name}", "ok" if has else "missing", words, hint)


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
