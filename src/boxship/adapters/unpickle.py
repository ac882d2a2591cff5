"""Reading a checked object: by joblib where it is installed, which frameworks without it do not need."""

import pickle
from pathlib import Path
from typing import Any, BinaryIO

from boxship.adapters.skops_file import load_skops

try:
    from joblib import load as unpickle
except ModuleNotFoundError:

    def unpickle(filename: Path | BinaryIO) -> Any:
        """The object in a plain pickle."""
        if not isinstance(filename, Path):
            return pickle.load(filename)  # noqa: S301  # its names were checked before
        with filename.open("rb") as file:
            return unpickle(file)


def read_object(path: Path) -> Any:
    """The object in a checked file, a pickle or one of skops."""
    return load_skops(path) if path.suffix == ".skops" else unpickle(path)


__all__ = ["read_object", "unpickle"]
