"""Parquet by pyarrow."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from boxship.core.table import Table
from boxship.frames.arrow_table import ArrowTable, zones_of
from boxship.frames.file import damaged
from boxship.frames.part import Part


class PyarrowParquet:
    """Reads one file, without looking for partitions in its path."""

    def read(self, source: Path) -> Table:
        return ArrowTable().read(_whole(source))

    def split(self, source: Path) -> list[Part]:
        return ArrowTable().split(_whole(source))

    def zones(self, source: Path) -> dict[str, str]:
        return zones_of(pq.read_schema(source))

    def write(self, table: Table, path: Path) -> None:
        pq.write_table(ArrowTable().make(table), path)


def _whole(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error, "Parquet") from error
