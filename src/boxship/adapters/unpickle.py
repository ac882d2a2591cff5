"""Reading a checked object: by joblib where it is installed, which frameworks without it do not need."""

import pickle
import zlib
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

from boxship import plug
from boxship.errors import BoxError

try:
    from joblib import load as unpickle
except ModuleNotFoundError:

    def unpickle(filename: Path | BinaryIO) -> Any:
        """The object in a plain pickle."""
        if not isinstance(filename, Path):
            return pickle.load(filename)  # noqa: S301  # its names were checked before
        with filename.open("rb") as file:
            return unpickle(file)


_READERS = {".skops": "boxship.adapters.skops_object:load_skops"}  # of what else an object may lie in
# What a state that does not fit its class raises. Others go on: what is missing, and what a library warns of.
_DAMAGE = (
    *(
        ArithmeticError,
        AssertionError,
        AttributeError,
        BadZipFile,
        BufferError,
        EOFError,
        LookupError,
        MemoryError,
    ),
    *(RecursionError, SystemError, TypeError, ValueError, pickle.UnpicklingError, zlib.error),
)


def read_object(path: Path) -> Any:
    """The object in a checked file, a pickle or one of skops."""
    try:
        read = plug.load(path.suffix, _READERS, "adapter.unknown") if path.suffix in _READERS else unpickle
        return read(path)
    except _DAMAGE as error:
        raise BoxError(
            "model.unreadable",
            f"{path.name} cannot be read: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
            "save it again, by the versions that are in the environment; mend a class of your own that raises this",
        ) from error


__all__ = ["read_object", "unpickle"]
