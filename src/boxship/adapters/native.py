"""Files in formats of the frameworks' own, told by what they hold. Nothing is loaded."""

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan

_HEAD = 256


class Native(NamedTuple):
    """One format: its suffix, what its first bytes hold, and the class that it becomes.

    `scan` names a function, for a format of which first bytes do not tell enough. It is called with the
    path of a file that begins so, in whatever process looks at the file. None means that it is of
    another format; raising refuses it.
    """

    suffix: str
    mark: bytes
    root: str
    scan: str = ""


def scan_native(path: Path, natives: Iterable[Native]) -> Scan | None:
    """What loading the file makes, if it begins as one of these formats does."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for native in natives:
        if path.suffix == native.suffix and native.mark in head:
            found = _scanner(native.scan)(path) if native.scan else _plain(native)
            if found is not None:
                return found
    return None


def _plain(native: Native) -> Scan:
    module, _, name = native.root.rpartition(".")
    return Scan(native.suffix[1:], native.root, (Use(module, name, 0, called=False),), {})


def _scanner(name: str) -> Callable[[Path], Scan | None]:
    module, _, function = name.partition(":")
    found: Callable[[Path], Scan | None] = getattr(import_module(module), function)
    return found
