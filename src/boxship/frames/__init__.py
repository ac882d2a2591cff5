"""Table from the world and back: data frames, arrays, plain Python values, files."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from boxship import plug
from boxship.core.table import Schema, Table
from boxship.errors import BoxshipError, DataError, HostError, UsageError
from boxship.frames.file import OBJECTS, checked
from boxship.frames.part import Part
from boxship.path import is_folder, named

# What is recognised, by the package an object's type comes from or by a file's suffix.
PLUGS = {
    "builtins": "boxship.frames.python_rows:PythonRows",
    "numpy": "boxship.frames.numpy_array:NumpyArray",
    "pandas": "boxship.frames.pandas_frame:PandasFrame",
    "polars": "boxship.frames.polars_frame:PolarsFrame",
    "pyarrow": "boxship.frames.arrow_table:ArrowTable",
    ".csv": "boxship.frames.csv_file:CsvFile",
    ".tsv": "boxship.frames.csv_file:TsvFile",
    ".json": "boxship.frames.json_rows:JsonRows",
    ".jsonl": "boxship.frames.json_lines:JsonLines",
    ".ndjson": "boxship.frames.json_lines:JsonLines",
    ".parquet": "boxship.frames.parquet:ParquetFile",
    ".pq": "boxship.frames.parquet:ParquetFile",
    ".arrow": "boxship.frames.arrow_file:ArrowFile",
    ".feather": "boxship.frames.arrow_file:ArrowFile",
    ".npy": "boxship.frames.numpy_file:NpyFile",
    ".npz": "boxship.frames.numpy_file:NpzFile",
}
FILES = tuple(name for name in PLUGS if name.startswith("."))
_EXTRAS = {"pandas": "pandas", "polars": "polars", "pyarrow": "batch"}


class Reader(Protocol):
    """Called in the caller's thread, whenever `read` meets a source that the plug's entry names.

    A file is there and not empty when its plug is called. What the source holds is either told
    exactly or refused with a DataError; any other exception is a defect of the plug.
    """

    def read(self, source: Any) -> Table: ...  # each plug knows its own sources


@runtime_checkable
class Maker(Protocol):
    """A plug that also makes its object from a table; raises DataError for what the object cannot hold."""

    def make(self, table: Table) -> Any: ...  # a frame, an array, rows


@runtime_checkable
class Writer(Protocol):
    """A plug that also writes a file, whole; whoever calls it writes aside and renames."""

    def write(self, table: Table, path: Path) -> None: ...


@runtime_checkable
class Untyped(Protocol):
    """A plug whose sources do not say what their columns hold: it also gives every field as text."""

    def read_texts(self, source: Any) -> Table: ...  # each plug knows its own sources


@runtime_checkable
class Split(Protocol):
    """A plug that also reads its sources column by column: one that no table can hold leaves the others.

    Called after `read` has refused the source with a DataError; None says that it would not help.
    """

    def split(self, source: Any) -> Sequence[Part] | None: ...  # each plug knows its own sources


@runtime_checkable
class Zoned(Protocol):
    """A plug whose sources may tell moments in a time zone. A table keeps the moments alone, in UTC."""

    def zones(self, source: Any) -> dict[str, str]:  # each plug knows its own sources
        """The columns with a zone that is not UTC. The source is one that `read` takes."""


def get(name: str) -> Reader:
    """The plug of an entry of PLUGS, or of `package.module:Name`; imports what it stands on.

    `frames.missing_library` names the extra to install.
    """
    try:
        reader: Reader = plug.load(name, PLUGS, "frames.unknown_plug")()
    except ModuleNotFoundError as error:
        raise missing_library(name, (error.name or "").split(".")[0]) from error
    return reader


def read(source: object, *, names: Sequence[str] | None = None) -> Table:
    """A table from a frame, an array, plain rows or columns, or a file, by its type or its suffix.

    `names` renames the columns, for arrays that have none (x0, x1, ... otherwise).

    >>> read([{"age": 41}, {"age": 29}]).schema
    Schema(age: int64)
    """
    if isinstance(source, Table):
        table = source
    else:
        reader, given = _reader_of(source)
        table = reader.read(given)
    return table if names is None else _renamed(table, names)


def zones(source: object) -> dict[str, str]:
    """The columns of moments that a source tells in another zone than UTC."""
    if isinstance(source, Table):
        return {}
    reader, given = _reader_of(source)
    return reader.zones(given) if isinstance(reader, Zoned) else {}


def split(source: object) -> Sequence[Part] | None:
    """The columns of a source that `read` refuses, each by itself; None where they cannot be told apart."""
    reader, given = _reader_of(source)
    return reader.split(given) if isinstance(reader, Split) else None


def _reader_of(source: object) -> tuple[Reader, object]:
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return _reader_of_file(path), checked(path)
    kind = type(source)
    return get(_known(_package(source), f"a {kind.__module__}.{kind.__qualname__}")), source


def _reader_of_file(path: Path) -> Reader:
    if is_folder(path):
        checked(path)  # raises, whatever the folder's name
    return get(_known(path.suffix.lower(), f"the file {named(path)}"))


def _package(source: object) -> str:
    """Of the first of its types that there is a plug for; `object` is everything's."""
    packages = [kind.__module__.split(".")[0] for kind in type(source).__mro__[:-1]]
    return next((package for package in packages if package in PLUGS), "")


def is_of_library(source: object) -> bool:
    """Whether it is a table, or an object of one of the libraries that there are plugs for."""
    return isinstance(source, Table) or _package(source) in PLUGS.keys() - {"builtins"}


def read_texts(path: Path) -> Table | None:
    """The fields of a file as text, where it does not say more of them; None where it does."""
    reader = _reader_of_file(path)
    return reader.read_texts(checked(path)) if isinstance(reader, Untyped) else None


def write(table: Table, path: str | os.PathLike[str]) -> None:
    """A file in the format of its suffix."""
    place = Path(path)
    writer = get(_known(place.suffix.lower(), f"the file {named(place)}"))
    if not isinstance(writer, Writer):
        raise UsageError("frames.cannot_write", f"{place.suffix} files are only read", _WRITTEN)
    try:
        writer.write(table, place)
    except UnicodeEncodeError as error:
        raise _not_unicode(table) from error


def to_pandas(table: Table) -> Any:
    """A pandas DataFrame; shares memory where the table is one block."""
    return _make("pandas", table)


def to_polars(table: Table) -> Any:
    """A polars DataFrame."""
    return _make("polars", table)


def to_arrow(table: Table) -> Any:
    """A pyarrow Table."""
    return _make("pyarrow", table)


def to_numpy(table: Table) -> Any:
    """A two-dimensional array: the table's own block where it is one, else of a dtype that holds all."""
    return _make("numpy", table)


_WRITTEN = "write .parquet, .csv, .jsonl or .arrow; to_pandas, to_polars, to_arrow and to_numpy give objects"


def missing_library(source: str, library: str) -> BoxshipError:
    extra = _EXTRAS.get(library)
    install = f"boxship[{extra}]" if extra else library
    return HostError(
        "frames.missing_library",
        f"reading {source} needs {library}, which is not installed",
        f"pip install '{install}'",
        {"library": library},
    )


def _make(name: str, table: Table) -> Any:
    maker = get(name)
    if not isinstance(maker, Maker):
        raise UsageError("frames.cannot_write", f"the plug {name!r} only reads", _WRITTEN)
    try:
        return maker.make(table)
    except UnicodeEncodeError as error:
        raise _not_unicode(table) from error


def _not_unicode(table: Table) -> DataError:
    where = next(filter(None, (_half(table, name) for name in table.names)), "a text")
    return DataError(
        "data.not_unicode",
        f"{where} holds half of a character",
        "only whole characters can be written as UTF-8",
    )


def _half(table: Table, name: str) -> str:
    for row, value in enumerate(table.column(name).to_list()):
        if isinstance(value, str) and not value.isascii() and _is_half(value):
            return f"column {name!r} row {row}"
    return ""


def _is_half(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _known(key: str, said: str) -> str:
    if key in PLUGS and key:
        return key
    files = "files: " + " ".join(FILES)
    known = files if said.startswith("the file") else f"{OBJECTS}, and {files}"
    dense = "give it dense, by its toarray(); " if said.startswith("a scipy.sparse") else ""
    raise DataError(
        "data.unknown_source", f"{said} is not a source of data that is known", f"{dense}known are {known}"
    )


def _renamed(table: Table, names: Sequence[str]) -> Table:
    if len(names) != len(table.names):
        raise DataError(
            "data.names_differ",
            f"there are {len(names)} names for {len(table.names)} columns",
            "give one name a column",
        )
    schema = Schema(zip(names, table.schema.types, strict=True))
    new = dict(zip(table.names, names, strict=True))
    return Table(schema, table.length, table.parts, {new[name]: mask for name, mask in table.masks.items()})
