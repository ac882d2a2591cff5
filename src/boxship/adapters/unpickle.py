"""Reading a checked pickle: by joblib where it is installed, which frameworks without it do not need."""

import pickle
from pathlib import Path
from typing import Any

try:
    from joblib import load as unpickle
except ModuleNotFoundError:

    def unpickle(filename: Path) -> Any:
        """The object in a plain pickle."""
        with filename.open("rb") as file:
            return pickle.load(file)  # noqa: S301  # its names were checked before


__all__ = ["unpickle"]
