"""A function or class of the user's own that is the model or makes it, named in a small file of its own."""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import msgspec

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.core.digest import canonical_json
from boxship.core.manifest import ENTRY
from boxship.errors import BoxError, UsageError

_FORM = re.compile(r"(?!\d)\w+(\.(?!\d)\w+)*:(?!\d)\w+(\.(?!\d)\w+)*", re.ASCII)
_LARGEST = 10_000


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is called, as `package.module:name`."""

    call: str
    format: Literal[1] = 1

    @property
    def module(self) -> str:
        return self.call.partition(":")[0]

    @property
    def name(self) -> str:
        return self.call.partition(":")[2]

    def to_bytes(self) -> bytes:
        return canonical_json(self)


def is_entry(text: str) -> bool:
    """Whether it is written as `package.module:name`."""
    return _FORM.fullmatch(text) is not None


def write_entry(call: str, folder: Path) -> Path:
    """The file of a function or class that the user named."""
    if not is_entry(call):
        raise UsageError(
            "model.no_entry",
            f"{call[:100]!r} names no function or class",
            "write it as package.module:name, the module first",
        )
    if not _is_own(call):
        raise UsageError(
            "model.no_entry", f"{call!r} is no code of yours", "name a function or class of your own module"
        )
    path = (folder / "model").with_suffix(ENTRY)
    path.write_bytes(Entry(call).to_bytes())
    return path


def _is_own(call: str) -> bool:
    top = call.partition(":")[0].partition(".")[0]
    return top not in sys.stdlib_module_names and top != "boxship"


def entry_beside(model: Path) -> Path:
    """Where the code that makes a model is named; the file itself, where the code is all there is."""
    return model.with_suffix(ENTRY)


def read_entry(path: Path) -> Entry:
    """What the file names; raises for what no user's module holds, whoever is trusted."""
    try:
        with path.open("rb") as file:
            entry = msgspec.json.decode(file.read(_LARGEST), type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if not is_entry(entry.call):
        raise _unreadable(path, f"{entry.call[:100]!r} names nothing")
    if not _is_own(entry.call):
        raise BoxError(
            "model.unsafe_global",
            f"{path.name} calls {entry.call[:100]}, which is no code of a user's own and runs what it is given",
            "do not load it; name a function or class of your own module as package.module:name",
            {"module": entry.module, "name": entry.name},
        )
    return entry


def _unreadable(path: Path, why: str) -> BoxError:
    return BoxError(
        "model.unreadable", f"{path.name} cannot be read: {why}", "copy the box again, or pack it again"
    )


def scan_entry(path: Path) -> Scan:
    """What it calls, told without importing it."""
    entry = read_entry(path)
    return Scan("entry", f"{entry.module}.{entry.name}", (Use(entry.module, entry.name, 0, called=True),), {})


def find_entry(entry: Entry) -> Any:  # whatever stands there
    """Import the module, and give what is named."""
    found = import_module(entry.module)
    for name in entry.name.split("."):
        if not hasattr(found, name):
            raise BoxError(
                "model.no_entry",
                f"{entry.module} has no {entry.name}",
                "name a function or class that is there",
            )
        found = getattr(found, name)
    return found
