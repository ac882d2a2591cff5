"""Parquet by polars."""

from pathlib import Path

import polars as pl

from boxship.core.table import Table
from boxship.frames.file import damaged
from boxship.frames.part import Part
from boxship.frames.polars_frame import PolarsFrame, zones_of


class PolarsParquet:
    """Reads one file, without looking for partitions in its path or for wildcards in its name."""

    def read(self, source: Path) -> Table:
        return PolarsFrame().read(_whole(source))

    def split(self, source: Path) -> list[Part]:
        return PolarsFrame().split(_whole(source))

    def zones(self, source: Path) -> dict[str, str]:
        return zones_of(pl.read_parquet_schema(source))

    def write(self, table: Table, path: Path) -> None:
        PolarsFrame().make(table).write_parquet(path)


def _whole(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(path, error, "Parquet") from error
