"""The lock: from the modules a model uses to exactly the distributions it needs."""

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from boxship.errors import BoxError
from boxship.room.environment import Distribution, Environment
from boxship.room.marker import (
    ALWAYS,
    Conditions,
    holds,
    join,
    meet,
    parse_marker,
    platforms,
    render_conditions,
)
from boxship.room.probe import markers
from boxship.room.requirement import Requirement, parse_requirement
from boxship.room.version import same

PIN = r"([a-z0-9]+(?:-[a-z0-9]+)*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)(?: ; ([A-Za-z0-9_.+*'\"<>=!~(), -]+?))?"
"""name==version ; marker, of letters that can end neither the line nor the requirement"""

_LINE = re.compile(PIN)
_LONGEST_MARKER = 2000
_OURS = frozenset({"boxship"})  # every room has it, whatever the lock says


class Pin(NamedTuple):
    """One line of a lock."""

    name: str
    version: str
    marker: str  # "" where it holds everywhere


@dataclass(frozen=True)
class Taken:
    """What the model needs: from an index (lock), and with the box (code)."""

    lock: str  # sorted `name==version` or `name==version ; marker` lines, each ended by a newline
    code: Mapping[str, str]  # relative path -> absolute file, of packages that no index can give
    notes: tuple[str, ...]  # sentences for people: local versions, conda, missing requirements


def take(environment: Environment, modules: Iterable[str], *, require: Iterable[str] = ()) -> Taken:
    """The closure over Requires-Dist of what `modules` (full dotted names) and `require` name.

    `require` holds requirements as a user types them: `lightgbm`, `pandas[parquet]`.
    BoxError: lock.missing_module, lock.missing_requirement, lock.not_portable.
    """
    walk = _Walk(environment)
    owners = _owners(environment)
    needed = {name for module in modules for name in _providers(environment, owners, module)}
    for name in sorted(needed):
        walk.reach(name, frozenset(), ALWAYS)
    for text in require:
        walk.ask(text)
    lines, code = [], dict[str, str]()
    for name, conditions in sorted(walk.reached.items()):
        one = environment.distributions[name]
        if one.kind == "index":
            marker = render_conditions(conditions)
            lines.append(f"{name}=={one.version}" + (f" ; {marker}" if marker else "") + "\n")
        else:
            code.update(_code(one))
        walk.notes.extend(_notes(one))
    return Taken("".join(lines), dict(sorted(code.items())), tuple(dict.fromkeys(walk.notes)))


def parse_lock(text: str) -> tuple[Pin, ...]:
    """BoxError lock.malformed names the line that is not one."""
    pins = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        m = _LINE.fullmatch(line)
        if m is None or not is_marker(m[3] or ""):
            raise BoxError(
                "lock.malformed",
                f"line {number} of the lock is {line[:100]!r}, not name==version",
                "the box was altered: pull or pack it again",
                {"line": number},
            )
        pins.append(Pin(m[1], m[2], m[3] or ""))
    return tuple(pins)


def is_marker(text: str) -> bool:
    """Whether it is a marker, or empty, and can be nothing else to whoever reads it."""
    if not text:
        return True
    try:
        parse_marker(text)
    except (ValueError, RecursionError):
        return False
    return "--" not in text and len(text) <= _LONGEST_MARKER


def differences(lock: str, python_minor: str) -> tuple[tuple[str, str, str | None], ...]:
    """(name, wanted, found or None) where the running interpreter is not what the lock says.

    `python` is the name for the interpreter itself. Empty: the live environment is equal.
    """
    out: list[tuple[str, str, str | None]] = []
    env = markers()
    if env["python_version"] != python_minor:
        out.append(("python", python_minor, env["python_version"]))
    for name, wanted, marker in parse_lock(lock):
        if marker and not holds(parse_marker(marker), env):
            continue
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            out.append((name, wanted, None))
            continue
        if not same(found, wanted):
            out.append((name, wanted, found))
    return tuple(out)


class _Walk:
    """The closure as it grows: what was reached, with which extras, on which platforms."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.reached: dict[str, Conditions] = {}
        self.notes: list[str] = []
        self._extras: dict[str, dict[str, Conditions]] = {}

    def ask(self, text: str) -> None:
        try:
            requirement = parse_requirement(text)
        except ValueError as error:
            raise BoxError(
                "lock.missing_requirement", str(error), "write it as name or name[extra]"
            ) from error
        one = self.environment.distributions.get(requirement.name)
        if one is None or not requirement.allows(one.version):
            has = f"it has {one.version}" if one else "it is not installed"
            raise BoxError(
                "lock.missing_requirement",
                f"{text!r} was asked for, but {has} in {self.environment.prefix}",
                f"{self.environment.python} -m pip install {text!r}",
                {"requirement": text},
            )
        self.reach(requirement.name, requirement.extras, ALWAYS)

    def reach(self, name: str, extras: Set[str], conditions: Conditions) -> None:
        """Go on only where something is new, so that circles end."""
        known = self._extras.setdefault(name, {})
        for extra in ("", *sorted(extras)):
            wider = join(known.get(extra, frozenset()), conditions)
            if wider == known.get(extra):
                continue
            known[extra] = wider
            if not extra:
                self.reached[name] = wider
            self._follow(self.environment.distributions[name], extra, wider)

    def _follow(self, one: Distribution, extra: str, conditions: Conditions) -> None:
        for text in one.requires:
            try:
                requirement = parse_requirement(text)
            except ValueError as error:
                self.notes.append(f"{one.name} {one.version} states a requirement nobody can read: {error}")
                continue
            where = self._holds_on(requirement, extra)
            walked = extra and where == self._holds_on(requirement, "")
            if walked or not self._holds_here(requirement, extra) or requirement.name in _OURS:
                continue
            if requirement.name in self.environment.distributions:
                self.reach(requirement.name, requirement.extras, meet(conditions, where))
            else:
                self.notes.append(
                    f"{one.name} {one.version} requires {requirement.name}, which is not installed here: "
                    "neither will it be in the room"
                )

    def _holds_on(self, requirement: Requirement, extra: str) -> Conditions:
        if requirement.marker is None:
            return ALWAYS
        return platforms(requirement.marker, {**self.environment.markers, "extra": extra})

    def _holds_here(self, requirement: Requirement, extra: str) -> bool:
        env = {**self.environment.markers, "extra": extra}
        return requirement.marker is None or holds(requirement.marker, env)


def _providers(environment: Environment, owners: Mapping[str, list[str]], module: str) -> Iterable[str]:
    """The distributions whose module this is; none for the standard library and namespaces."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top in _OURS or top.startswith(("__", "_cython_")):
        return ()
    name = module
    while name:
        if name in owners:
            return owners[name]
        name = name.rpartition(".")[0]
    if any(owned.startswith(module + ".") for owned in owners):
        return ()
    raise BoxError(
        "lock.missing_module",
        f"the model needs the module {module!r}, which no package in {environment.prefix} has",
        "--python PATH if the model was trained in another environment; else install the package that has it "
        f"with {environment.python} -m pip, name it with --require, or give your own code with --code",
        {"module": module},
    )


def _owners(environment: Environment) -> Mapping[str, list[str]]:
    owners: dict[str, list[str]] = {}
    for one in environment.distributions.values():
        for module in one.modules:
            owners.setdefault(module, []).append(one.name)
    return owners


def _code(one: Distribution) -> Mapping[str, str]:
    """The files of a package that no index has by name and version; they travel with the box."""
    if one.files and one.pure:
        return one.files
    why = "it has compiled parts" if one.files else "its source files cannot be found"
    where = {
        "editable": "installed from a working folder (editable)",
        "folder": "installed from a folder",
        "vcs": "installed from version control",
        "archive": "installed from a file or URL",
    }[one.kind]
    raise BoxError(
        "lock.not_portable",
        f"{one.name} {one.version} is {where} and cannot travel with the box: {why}",
        f"put a wheel of it on an index or in find-links, then pip install {one.name}=={one.version}",
        {"name": one.name, "version": one.version, "kind": one.kind},
    )


def _notes(one: Distribution) -> Iterable[str]:
    what = f"{one.name} {one.version}"
    if one.kind != "index":
        yield f"{what} is not from an index: its {len(one.files)} files travel with the box"
    elif "+" in one.version:
        yield f"{what} is a local version: a machine that makes the room needs an index or find-links that has it"
    if one.installer == "conda":
        yield f"{what} was installed by conda: the room takes the index's build of that version"
