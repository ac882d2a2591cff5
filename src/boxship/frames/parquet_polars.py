"""Parquet by polars."""

from pathlib import Path

import polars as pl

from boxship.core.table import Table
from boxship.frames.file import damaged
from boxship.frames.polars_frame import PolarsFrame, zones_of


class PolarsParquet:
    """Reads one file, without looking for partitions in its path or for wildcards in its name."""

    def read(self, source: Path) -> Table:
        try:
            frame = pl.read_parquet(source, glob=False, hive_partitioning=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise damaged(source, error, "Parquet") from error
        return PolarsFrame().read(frame)

    def zones(self, source: Path) -> dict[str, str]:
        return zones_of(pl.read_parquet_schema(source))

    def write(self, table: Table, path: Path) -> None:
        PolarsFrame().make(table).write_parquet(path)
