"""Every plug of frames keeps its family's promises."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import needs
from boxship import frames
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.frames import parquet
from boxship.testing.frames import check_file_plug, check_object_plug, everything, tables

WIDE = ("float64", "int64", "text", "bool")


def plain(type_: Type) -> bool:
    """What Python values tell apart without a dtype."""
    return type_.kind in (*WIDE, "date", "datetime", "record", "binary", "uint64") and not type_.shape


def flat(type_: Type) -> bool:
    """What CSV tells apart."""
    return type_.kind in (*WIDE, "date", "datetime", "uint64") and not type_.shape


def json_like(type_: Type) -> bool:
    return type_.kind in ("int64", "uint64", "text", "bool", "record") and not type_.shape


OBJECTS = {"pandas": everything, "polars": everything, "pyarrow": everything, "builtins": plain}
FILES = {
    ".csv": flat,
    ".tsv": flat,
    ".json": json_like,
    ".jsonl": json_like,
    ".arrow": everything,
    ".parquet": everything,
}


@pytest.mark.parametrize("name", OBJECTS)
def test_object_plugs(name: str) -> None:
    check_object_plug(frames.get(name), OBJECTS[name])


@pytest.mark.parametrize("suffix", FILES)
def test_file_plugs(suffix: str, tmp_path: Path) -> None:
    check_file_plug(frames.get(suffix), tmp_path / f"table{suffix}", FILES[suffix])


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_parquet_writers(library: str, tmp_path: Path) -> None:
    needs.library(library)
    check_file_plug(parquet.writer((library,)), tmp_path / "one.parquet")


@pytest.mark.parametrize("reader", parquet.READERS)
@pytest.mark.parametrize("writer", ["pyarrow", "polars"])
def test_parquet_is_the_same_whichever_library_reads_it(writer: str, reader: str, tmp_path: Path) -> None:
    for library in (writer, reader):
        needs.library(library)
    table = tables_of_all_types()
    parquet.writer((writer,)).write(table, tmp_path / "table.parquet")
    assert parquet.reader((reader,)).read(tmp_path / "table.parquet") == table


def tables_of_all_types() -> Table:
    return Table.from_columns(
        {
            f"{said} {name}": table.column(name)
            for said, table in tables().items()
            if len(table) == 3
            for name in table.names
        }
    )


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "float64": st.floats(allow_nan=False),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "bool": st.booleans(),
    "text": st.text(st.characters(exclude_categories=["Cs"])),
    "category": st.sampled_from(["a", "B", "ü", ""]),
    "date": st.dates(dt.date(1000, 1, 1)),
    "datetime": st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)),
}


@st.composite
def random_tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    rows = draw(st.integers(0, 5))
    columns = {}
    for place, kind in enumerate(kinds):
        cells = st.lists(st.one_of(st.none(), VALUES[kind]), min_size=rows, max_size=rows)
        columns[f"{kind} {place}"] = draw(cells)
    return Table.of(columns, {name: Type(name.split()[0]) for name in columns})


@pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow"])
@settings(max_examples=50, deadline=None)
@given(table=random_tables())
def test_random_tables_come_back(name: str, table: Table) -> None:
    plug = frames.get(name)
    found = plug.read(plug.make(table))
    dates = [n for n in table.names if n.startswith("date ") and table.column(n).nulls().all()]
    if name == "pandas" and dates:
        return  # a pandas column of no date at all does not say that it holds dates
    assert found == table


@pytest.mark.parametrize("name", list(frames.PLUGS))
def test_every_entry_is_a_plug(name: str) -> None:
    assert callable(frames.get(name).read)


def test_arrays_and_frames_of_one_dtype_share_their_memory() -> None:
    import pandas as pd

    block = np.random.default_rng(0).normal(size=(50, 4))
    table = frames.read(block)
    frame = frames.to_pandas(table)

    assert np.shares_memory(table.parts[0], block)
    assert np.shares_memory(frame.to_numpy(), block)
    assert np.shares_memory(frames.read(frame).parts[0], block)
    assert np.shares_memory(frames.to_numpy(table), block)
    assert np.shares_memory(
        frames.read(pd.DataFrame(block, columns=list("abcd"), copy=False)).parts[0], block
    )
