"""Which columns are told in a time zone."""

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from boxship import frames
from boxship._pack.data import Data
from boxship.errors import DataError
from boxship.frames.parquet_polars import PolarsParquet

MOMENTS = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
FRAME = pd.DataFrame(
    {"utc": MOMENTS, "rome": MOMENTS.tz_convert("Europe/Rome"), "none": MOMENTS.tz_localize(None)}
)
ZONES = {"rome": "Europe/Rome"}


@pytest.mark.parametrize("form", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_frames_tell_their_zones(form: object) -> None:
    assert frames.zones(form(FRAME)) == ZONES  # type: ignore[operator]


def test_files_tell_their_zones(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.to_feather(tmp_path / "t.feather")
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    assert frames.zones(tmp_path / "t.parquet") == ZONES
    assert PolarsParquet().zones(tmp_path / "t.parquet") == ZONES
    assert frames.zones(tmp_path / "t.feather") == ZONES
    assert frames.zones(str(tmp_path / "t.csv")) == {"rome": "+01:00"}


def test_what_cannot_tell_has_none() -> None:
    assert frames.zones([{"a": 1}]) == {}
    assert frames.zones(frames.read({"a": [1]})) == {}


def test_a_model_is_not_trained_on_local_hours() -> None:
    Data(FRAME).refuse_zones(["utc", "none"])
    with pytest.raises(DataError, match="Europe/Rome") as caught:
        Data(FRAME).refuse_zones(["rome"])
    assert caught.value.code == "data.has_zone"
