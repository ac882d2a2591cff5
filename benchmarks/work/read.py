"""Read the training data with one library; CPU milliseconds, imports not counted."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.work.clock import peak_mb, say

Readers = dict[str, Callable[[], Any]]


def boxship(folder: Path) -> Readers:
    import pandas as pd

    from boxship import frames

    frame = pd.read_parquet(folder / "train.parquet")
    return {
        "CSV": lambda: frames.read(folder / "train.csv"),
        "Parquet": lambda: frames.read(folder / "train.parquet"),
        "pandas to Table": lambda: frames.read(frame),
    }


def pandas(folder: Path) -> Readers:
    import pandas as pd

    return {
        "CSV": lambda: pd.read_csv(folder / "train.csv", float_precision="round_trip"),
        "Parquet": lambda: pd.read_parquet(folder / "train.parquet"),
    }


def polars(folder: Path) -> Readers:
    import polars as pl

    return {
        "CSV": lambda: pl.read_csv(folder / "train.csv"),
        "Parquet": lambda: pl.read_parquet(folder / "train.parquet"),
    }


def pyarrow(folder: Path) -> Readers:
    import pyarrow.csv as text
    import pyarrow.parquet as library

    return {
        "CSV": lambda: text.read_csv(folder / "train.csv"),
        "Parquet": lambda: library.read_table(folder / "train.parquet"),
    }


def main() -> None:
    found: dict[str, float] = {}
    for name, read in globals()[sys.argv[1]](Path(sys.argv[2])).items():
        read()  # once for what loads on first use
        started = time.process_time()
        read()
        found[f"{name}, ms"] = 1000 * (time.process_time() - started)
    say({**found, "peak MB": peak_mb()})


if __name__ == "__main__":
    main()
