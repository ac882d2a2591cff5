"""numpy's own files: one array, or named arrays of equal length. Nothing in them is unpickled."""

import tokenize
import zipfile
from pathlib import Path
from typing import IO, Any

from numpy.lib import format as npy
from numpy.typing import NDArray

from boxship.archive import NOT_WHOLE, ArchiveError, open_archive
from boxship.core.table import Table
from boxship.errors import DataError
from boxship.frames.file import damaged
from boxship.frames.numpy_array import NumpyArray, of_arrays

_DAMAGE = (*NOT_WHOLE, MemoryError, SyntaxError, TypeError, tokenize.TokenError)


class NpyFile:
    """As the array it holds: a matrix is columns of numbers, more dimensions are a tensor a row."""

    def read(self, source: Path) -> Table:
        with source.open("rb") as file:
            return NumpyArray().read(_array(file, source, "it"))


class NpzFile:
    """One column an array: of numbers, or of tensors where the array has more dimensions."""

    def read(self, source: Path) -> Table:
        try:
            with open_archive(source) as members:
                return of_arrays(
                    {_name(one, source): _member(members, one, source) for one in members.namelist()}
                )
        except ArchiveError as error:
            raise damaged(source, f"it {error.why}", ".npz") from error
        except _DAMAGE as error:
            raise damaged(source, error, ".npz") from error


def _name(member: str, source: Path) -> str:
    if not member.endswith(".npy"):
        raise damaged(source, f"its part {member!r} is no array", ".npz")
    return member.removesuffix(".npy")


def _member(members: zipfile.ZipFile, name: str, source: Path) -> NDArray[Any]:
    with members.open(name) as file:
        return _array(file, source, f"its array {name.removesuffix('.npy')!r}")


def _array(file: IO[bytes], source: Path, what: str) -> NDArray[Any]:
    """The whole of the file as one array; `what` says whose it is."""
    try:
        found: NDArray[Any] = npy.read_array(file, allow_pickle=False)
        more = file.read(1)
    except _DAMAGE as error:
        if "allow_pickle=False" in str(error):  # and not of a header that is too long
            raise DataError(
                "data.holds_objects",
                f"{str(source)!r} holds pickled objects, which are not loaded: {what} is no array of numbers",
                "save it with a dtype of numbers or text: numpy.asarray(values, 'float32')",
            ) from error
        raise damaged(source, error, "numpy") from error
    if more:
        raise damaged(source, f"{what} goes on after its end", "numpy")
    return found
