"""Summarise 50 columns of floats with one library; imports and the data itself are not counted."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.work.clock import once, say


def boxship(block: Any) -> Callable[[], object]:
    from boxship.core.profile import Profile
    from boxship.core.table import Schema, Table
    from boxship.core.type import Type

    schema = Schema((f"c{place}", Type("float64")) for place in range(block.shape[1]))
    table = Table.from_block(schema, block)
    return lambda: Profile.of(table).to_bytes()


def pandas(block: Any) -> Callable[[], object]:
    return _frame(block).describe


def polars(block: Any) -> Callable[[], object]:
    import polars as pl

    return pl.from_numpy(block, orient="row").describe


def whylogs(block: Any) -> Callable[[], object]:
    import whylogs as library

    frame = _frame(block)
    return lambda: library.log(frame).view().serialize()


def ydata(block: Any) -> Callable[[], object]:
    from ydata_profiling import ProfileReport

    frame = _frame(block)
    return lambda: ProfileReport(frame, minimal=True, progress_bar=False).get_description()


def evidently(block: Any) -> Callable[[], object]:
    from evidently import Report
    from evidently.presets import DataSummaryPreset

    frame = _frame(block)
    return lambda: Report([DataSummaryPreset()]).run(frame, None).json()


def _frame(block: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(block, columns=[f"c{place}" for place in range(block.shape[1])])


def main() -> None:
    rows = int(sys.argv[2])
    block = np.empty((rows, 50))
    draw = np.random.default_rng(0)
    for start in range(0, rows, 10_000):
        draw.standard_normal(out=block[start : start + 10_000])
    work = globals()[sys.argv[1]](block)
    say(once(work))


if __name__ == "__main__":
    main()
