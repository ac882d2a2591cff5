"""What the tests of rooms and jails share."""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import pytest

from boxship.errors import BoxshipError
from boxship.room import Exit, Process, Room, Taken, ensure, start
from boxship.settings import Settings

MINOR = ".".join(map(str, sys.version_info[:2]))
RUNTIME = ("msgspec>=0.18.6", "numpy>=1.24")


class Made(NamedTuple):
    """A room that is there, and the lock it was made from."""

    settings: Settings
    taken: Taken
    room: Room


def make(lock: str, settings: Settings, **more: object) -> Room:
    values: dict[str, object] = {"hashes": None, "say": lambda _: None, "runtime": RUNTIME, **more}
    return ensure(lock, python_minor=MINOR, settings=settings, **values)  # type: ignore[arg-type]


T = TypeVar("T")


def timed(what: str, act: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = act()
    print(f"{what}: {time.perf_counter() - began:.4f} s")  # noqa: T201 - what -s is for
    return result


def refusal(act: Callable[[], object]) -> BoxshipError:
    with pytest.raises(BoxshipError) as error:
        act()
    return error.value


def run(room: Room, settings: Settings, code: str, **more: object) -> tuple[Process, Exit]:
    with start(room, "timeit", ["-n1", "-r1", code], settings=settings, **more) as process:  # type: ignore[arg-type]
        return process, process.wait(60)
