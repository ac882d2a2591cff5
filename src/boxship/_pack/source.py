"""The model as it is given: a file, or an object that its adapter writes."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from boxship import adapters
from boxship.adapters import Plug
from boxship.adapters.entry import is_entry, read_entry, write_entry
from boxship.adapters.look import look
from boxship.adapters.pickles import Scan, refuse_unlisted, roots
from boxship.core.manifest import ENTRY
from boxship.errors import BoxError, UsageError
from boxship.path import is_file

_OWN = "python"
_PLAIN = ("numpy", "pandas", "scipy")  # what holds data, and is no model


class Found(NamedTuple):
    """A file, and the code that its user named or handed over, which is trusted by that."""

    path: Path
    called: str | None = None


@dataclass(frozen=True)
class Source:
    """A model file that may be loaded, and what it names."""

    path: Path
    adapter: str
    plug: Plug
    scan: Scan
    trusted: tuple[str, ...]

    @property
    def tops(self) -> tuple[str, ...]:
        return roots(self.scan)


def read_source(path: Path, *, trust: Sequence[str], entry: Path | None = None) -> Source:
    """Recognise the file by its content, and refuse what it may not name. Nothing is loaded."""
    found = look(path, entry)
    name = recognise(found)
    plug = adapters.ADAPTERS[name]
    _refuse(found.root, plug)
    trusted = refuse_unlisted(found, plug.allow, trust)
    return Source(path, name, plug, found, trusted)


def _refuse(root: str, plug: Plug) -> None:
    """Raise for a kind of model of which its adapter can make nothing."""
    for package, why in plug.refused:
        if root.startswith(package):
            raise BoxError(
                "model.unsupported_kind",
                f"the model is a {root}, which {why}",
                "train one that answers each row from its own columns, lags among them",
            )


def recognise(found: Scan) -> str:
    """The adapter of the object at the root; a class of one's own may be one of scikit-learn's kind."""
    top = found.root.partition(".")[0]
    if found.container == "entry":
        return _OWN
    if (name := adapters.of_module(top)) is not None:
        return name
    if "sklearn" in roots(found):
        return "sklearn"
    if found.root.startswith("__main__."):
        raise BoxError(
            "model.unknown_global",
            f"the model is a {found.root.removeprefix('__main__.')}, which was defined in a notebook or script",
            "move it to a module of its own, import it from there, save the model again and pack with --code",
        )
    if top and top not in {*sys.stdlib_module_names, *_PLAIN}:
        return _OWN
    raise BoxError(
        "model.unknown_type",
        f"the model is a {found.root or 'plain value'}, for which there is no adapter",
        f"there are adapters for {', '.join(adapters.ADAPTERS)}",
    )


def find_model(given: object, folder: Path) -> Found:
    """The file that was given; or one in `folder`, of a name of code or of an object."""
    if not isinstance(given, (str, os.PathLike)):
        return _written(_write_object(given, folder))
    text = os.fspath(given)
    if isinstance(text, str) and is_entry(text) and not is_file(Path(text)):
        return _written(write_entry(text, folder))
    path = Path(os.fsdecode(text))
    if path.suffix == ENTRY:  # it would vouch for itself
        raise UsageError(
            "model.no_entry",
            f"{path.name} is the part of a box that names code",
            "name the code itself, as package.module:name",
        )
    return Found(path)


def find_entry(call: str | None, folder: Path) -> Found | None:
    """The file in `folder` of the code that makes the model, where the user names some."""
    return None if call is None else _written(write_entry(call, folder))


def _written(path: Path) -> Found:
    """Of what the user handed over; a file that came from elsewhere says nothing of whom to trust."""
    return Found(path, read_entry(path).call.replace(":", ".") if path.suffix == ENTRY else None)


def _write_object(model: object, folder: Path) -> Path:
    """Let the adapter of the object's class write it, or that of anything that can be asked."""
    for kind in type(model).__mro__:
        if (name := adapters.of_module(kind.__module__.split(".")[0])) is not None:
            _refuse(f"{kind.__module__}.{kind.__name__}", adapters.ADAPTERS[name])
            return adapters.get_writer(name).write(model, folder)
    if hasattr(model, "predict") or callable(model):
        return adapters.get_writer(_OWN).write(model, folder)
    raise BoxError(
        "model.unknown_type",
        f"a {type(model).__module__}.{type(model).__qualname__} is of no framework known here",
        f"there are adapters for {', '.join(adapters.ADAPTERS)}",
    )
