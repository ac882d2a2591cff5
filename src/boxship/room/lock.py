"""The lock: from the modules a model uses to exactly the distributions it needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from boxship.room.environment import Environment


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
    raise NotImplementedError


def parse_lock(text: str) -> tuple[Pin, ...]:
    """BoxError lock.malformed names the line that is not one."""
    raise NotImplementedError


def differences(lock: str, python_minor: str) -> tuple[tuple[str, str, str | None], ...]:
    """(name, wanted, found or None) where the running interpreter is not what the lock says.

    `python` is the name for the interpreter itself. Empty: the live environment is equal.
    """
    raise NotImplementedError
