"""The model as it is given: a file, or an object that its adapter writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boxship import adapters
from boxship.adapters import Plug
from boxship.adapters.look import look
from boxship.adapters.pickles import Scan, refuse_unlisted, roots
from boxship.errors import BoxError


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


def read_source(path: Path, *, trust: Sequence[str]) -> Source:
    """Recognise the file by its content, and refuse what it may not name. Nothing is loaded."""
    found = look(path)
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
    """The adapter of the object at the root; a class of one's own goes by what it is made of."""
    for module in (found.root, *roots(found)):
        if (name := adapters.of_module(module.split(".")[0])) is not None:
            return name
    if found.root.startswith("__main__."):
        raise BoxError(
            "model.unknown_global",
            f"the model is a {found.root.removeprefix('__main__.')}, which was defined in a notebook or script",
            "move it to a module of its own, import it from there, save the model again and pack with --code",
        )
    raise BoxError(
        "model.unknown_type",
        f"the model is a {found.root or 'plain value'}, for which there is no adapter",
        f"there are adapters for {', '.join(adapters.ADAPTERS)}; a class of your own goes as a step of "
        "theirs: sklearn.pipeline.make_pipeline(model)",
    )


def write_object(model: object, folder: Path) -> Path:
    """Let the adapter of the object's class write it."""
    for kind in type(model).__mro__:
        if (name := adapters.of_module(kind.__module__.split(".")[0])) is not None:
            _refuse(f"{kind.__module__}.{kind.__name__}", adapters.ADAPTERS[name])
            return adapters.get_writer(name).write(model, folder)
    raise BoxError(
        "model.unknown_type",
        f"a {type(model).__module__}.{type(model).__qualname__} is of no framework known here",
        f"there are adapters for {', '.join(adapters.ADAPTERS)}",
    )
