"""Reading a checked pickle: by joblib where it is installed, which frameworks without it do not need."""

import pickle
from pathlib import Path
from typing import Any, BinaryIO

try:
    from joblib import load as unpickle
except ModuleNotFoundError:

    def unpickle(filename: Path | BinaryIO) -> Any:
        """The object in a plain pickle."""
        if not isinstance(filename, Path):
            return pickle.load(filename)  # noqa: S301  # its names were checked before
        with filename.open("rb") as file:
            return unpickle(file)


__all__ = ["unpickle"]
