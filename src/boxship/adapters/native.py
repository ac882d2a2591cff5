"""Files in formats of the frameworks' own, told by how they begin. Nothing is loaded."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan

_HEAD = 256


class Native(NamedTuple):
    """One format: its suffix, what its first bytes hold, and the class that it becomes."""

    suffix: str
    mark: bytes
    root: str


def scan_native(path: Path, natives: Iterable[Native]) -> Scan | None:
    """What loading the file makes, if it begins as one of these formats does."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for native in natives:
        if path.suffix == native.suffix and native.mark in head:
            module, _, name = native.root.rpartition(".")
            return Scan(native.suffix[1:], native.root, (Use(module, name, 0, called=False),), {})
    return None
