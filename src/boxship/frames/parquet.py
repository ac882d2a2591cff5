"""Parquet files, by whichever of pyarrow, polars and duckdb is there."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from boxship.core.table import Table
from boxship.errors import HostError
from boxship.frames.part import Part

# The first that is installed reads; the table is the same whichever it is.
READERS = {
    "pyarrow": "boxship.frames.parquet_pyarrow:PyarrowParquet",
    "polars": "boxship.frames.parquet_polars:PolarsParquet",
    "duckdb": "boxship.frames.parquet_duckdb:DuckdbParquet",
}


class ParquetReader(Protocol):
    """One library's way with Parquet: raises DataError `data.damaged` for what is not a whole file."""

    def read(self, source: Path) -> Table: ...

    def split(self, source: Path) -> Sequence[Part] | None: ...

    def zones(self, source: Path) -> dict[str, str]: ...


class ParquetWriter(ParquetReader, Protocol):
    """One that also writes."""

    def write(self, table: Table, path: Path) -> None: ...


class ParquetFile:
    """Category columns are those that were written as such (Arrow dictionaries)."""

    def read(self, source: Path) -> Table:
        return reader().read(source)

    def split(self, source: Path) -> Sequence[Part] | None:
        return reader().split(source)

    def zones(self, source: Path) -> dict[str, str]:
        return reader().zones(source)

    def write(self, table: Table, path: Path) -> None:
        writer().write(table, path)


def reader(libraries: Sequence[str] = tuple(READERS)) -> ParquetReader:
    """The first of these libraries that is installed; `frames.missing_library` where none is."""
    made: ParquetReader = _first(libraries)
    return made


def writer(libraries: Sequence[str] = ("pyarrow", "polars")) -> ParquetWriter:
    """The same of those that write."""
    made: ParquetWriter = _first(libraries)
    return made


def _first(libraries: Sequence[str]) -> Any:  # a reader, or a writer where the libraries are such
    for library in libraries:
        module, _, name = READERS[library].partition(":")
        try:
            return getattr(importlib.import_module(module), name)()
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != library:
                raise
    raise HostError(
        "frames.missing_library",
        f"reading Parquet needs one of {', '.join(libraries)}, and none is installed",
        "pip install 'boxship[batch]'",
    )
