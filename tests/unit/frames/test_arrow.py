"""Arrow tables and polars frames, with their many types."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from boxship import frames
from boxship.errors import DataError

ROME = pa.timestamp("ns", tz="Europe/Rome")
MOMENT = dt.datetime(2024, 1, 1, 11)


@pytest.mark.parametrize(
    ("array", "type_", "values"),
    [
        (pa.array([2**62 + 1, None]), "int64", [2**62 + 1, None]),
        (pa.array([1.5, None], pa.float32()), "float32", [1.5, None]),
        (pa.array([True, None]), "bool", [True, None]),
        (pa.array(["a", None], pa.large_string()), "text", ["a", None]),
        (pa.array(["a", None], pa.string_view()), "text", ["a", None]),
        (pa.array([b"a", None], pa.large_binary()), "binary", [b"a", None]),
        (pa.array(["b", None, "a"]).dictionary_encode(), "category", ["b", None, "a"]),
        (pa.array([3, None, 1]).dictionary_encode(), "int64", [3, None, 1]),
        (
            pa.chunked_array([pa.array(["b"]).dictionary_encode(), pa.array(["a"]).dictionary_encode()]),
            "category",
            ["b", "a"],
        ),
        (pa.array([dt.date(2024, 1, 1), None], pa.date64()), "date", [dt.date(2024, 1, 1), None]),
        (pa.array([MOMENT, None], pa.timestamp("ns")), "datetime", [MOMENT, None]),
        (pa.array([MOMENT, None], ROME), "datetime", [MOMENT, None]),
        (pa.array([Decimal("1.50"), None]), "float64", [1.5, None]),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.int16(), 2)), "int16[2]", [[1, 2], [3, 4]]),
        (pa.array([[1, 2], [3, 4]]), "int64[2]", [[1, 2], [3, 4]]),
        (pa.array([[1], None, [2, 3]]), "record", [[1], None, [2, 3]]),
        (pa.array([{"a": 1}, None]), "record", [{"a": 1}, None]),
        (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())), "record", [{"k": 1}, None]),
        (pa.nulls(2), "float64", [None, None]),
        (pa.chunked_array([], pa.int64()), "int64", []),
    ],
)
def test_arrow_columns(array: Any, type_: str, values: list[object]) -> None:
    column = frames.read(pa.table({"a": array})).column("a")
    assert (str(column.type), column.to_list()) == (type_, values)


@pytest.mark.parametrize(
    ("series", "type_", "values"),
    [
        (pl.Series([1, None], dtype=pl.Int8), "int8", [1, None]),
        (pl.Series([1.5, None], dtype=pl.Float32), "float32", [1.5, None]),
        (pl.Series(["b", None, "a"], dtype=pl.Categorical), "category", ["b", None, "a"]),
        (pl.Series(["b", None], dtype=pl.Enum(["b", "c"])), "category", ["b", None]),
        (pl.Series([MOMENT], dtype=pl.Datetime("ns", "UTC")), "datetime", [MOMENT]),
        (pl.Series([dt.date(2024, 1, 1), None]), "date", [dt.date(2024, 1, 1), None]),
        (pl.Series([Decimal("1.50"), None]), "float64", [1.5, None]),
        (pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int16, 2)), "int16[2]", [[1, 2], [3, 4]]),
        (pl.Series([[1], [2, 3]]), "record", [[1], [2, 3]]),
        (pl.Series([{"a": 1}, None]), "record", [{"a": 1}, None]),
        (pl.Series([None, None]), "float64", [None, None]),
    ],
)
def test_polars_columns(series: pl.Series, type_: str, values: list[object]) -> None:
    column = frames.read(pl.DataFrame({"a": series})).column("a")
    assert (str(column.type), column.to_list()) == (type_, values)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (pa.table({"a": pa.array([1], pa.duration("s"))}), "data.unknown_dtype"),
        (pa.table({"a": pa.array([dt.time(1)])}), "data.unknown_dtype"),
        (pa.table({"a": pa.array([Decimal("0.1234567890123456789")])}), "data.not_exact"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "data.duplicate_name"),
        (pa.table([pa.array([1])], names=[""]), "data.empty_name"),
        (pa.array([1]), "data.unknown_source"),
        (pl.DataFrame({"a": [dt.timedelta(1)]}), "data.unknown_dtype"),
        (pl.DataFrame({"a": [dt.time(1)]}), "data.unknown_dtype"),
        (pl.DataFrame({"a": pl.Series([2**100], dtype=pl.Int128)}), "data.unknown_dtype"),
    ],
)
def test_faults_have_codes(source: Any, code: str) -> None:
    with pytest.raises(DataError) as caught:
        frames.read(source)
    assert caught.value.code == code


def test_record_batches_lazy_frames_and_series() -> None:
    assert frames.read(pa.record_batch({"a": [1, 2]})) == frames.read(pl.LazyFrame({"a": [1, 2]}))
    assert frames.read(pl.Series("a", [1, 2])).names == ("a",)


def test_records_of_several_forms_are_refused() -> None:
    table = frames.read([{"a": {"x": 1}}, {"a": {"x": "one"}}])
    for make in (frames.to_arrow, frames.to_polars):
        with pytest.raises(DataError) as caught:
            make(table)
        assert caught.value.code == "data.cannot_write"
