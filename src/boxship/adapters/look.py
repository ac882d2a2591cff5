"""What loading a model file would do, whatever format it has."""

from pathlib import Path

from boxship.adapters import ADAPTERS, PICKLES
from boxship.adapters.native import scan_native
from boxship.adapters.pickles import Scan, scan
from boxship.errors import BoxError

_NATIVES = tuple(native for plug in ADAPTERS.values() for native in plug.natives)
FILES = (*PICKLES, *sorted({native.suffix for native in _NATIVES if native.root}))


def look(path: Path) -> Scan:
    """Told without loading it; raises for what no adapter reads."""
    found = scan(path) if path.suffix in PICKLES else scan_native(path, _NATIVES)
    if found is None:
        raise BoxError(
            "model.unknown_type",
            f"{path.name} is of no type known here",
            f"save the model as one of {', '.join(FILES)}, as its framework writes it",
        )
    return found
