"""What loading a model file would do, whatever format it has."""

from pathlib import Path

from boxship.adapters import ADAPTERS, PICKLES
from boxship.adapters.entry import entry_beside, scan_entry
from boxship.adapters.native import scan_native
from boxship.adapters.pickles import Scan, scan
from boxship.core.manifest import ENTRY
from boxship.errors import BoxError

_NATIVES = tuple(native for plug in ADAPTERS.values() for native in plug.natives)
FILES = (*PICKLES, *sorted({native.suffix for native in _NATIVES if native.root}))


def look(path: Path, entry: Path | None = None) -> Scan:
    """Told without loading it; raises for what no adapter reads. `entry` names the code that makes the model."""
    try:
        return _look(path, entry)
    except BoxError as error:
        if path.name in error.message:
            raise
        raise BoxError(error.code, f"{path.name}: {error.message}", error.hint, error.detail) from error


def _look(path: Path, entry: Path | None) -> Scan:
    if path.suffix == ENTRY:
        return scan_entry(path)
    if path.suffix not in PICKLES and not path.stat().st_size:
        raise BoxError("model.damaged", f"{path.name} is empty", "copy or save the model again")
    found = scan(path) if path.suffix in PICKLES else scan_native(path, _NATIVES)
    if found is None:
        raise BoxError(
            "model.unknown_type",
            f"{path.name} is of no type known here",
            f"save the model as one of {', '.join(FILES)}, as its framework writes it",
        )
    if entry is not None:
        return found.and_(scan_entry(entry))
    if found.weights:
        raise BoxError(
            "model.no_entry",
            f"{path.name} holds weights alone, and not the code of the module that they are of",
            "--entry package.module:Class names it, and --code its file",
        )
    return found


def look_beside(path: Path) -> Scan:
    """The same of a file in a box."""
    entry = entry_beside(path)
    return look(path, entry if entry != path and entry.is_file() else None)
