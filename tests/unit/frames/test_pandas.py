"""pandas frames, with all the ways pandas has to hold a column."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boxship import frames
from boxship.errors import DataError

UTC = dt.UTC


@pytest.mark.parametrize(
    ("series", "kind", "values"),
    [
        (pd.Series(["a", None], dtype=object), "text", ["a", None]),
        (pd.Series(["a", None], dtype="str"), "text", ["a", None]),
        (pd.Series(["a", None], dtype="string"), "text", ["a", None]),
        (pd.Series([None, None], dtype="string"), "text", [None, None]),
        (pd.Series([1, None], dtype="Int64"), "int64", [1, None]),
        (pd.Series([1, None], dtype="UInt8"), "uint8", [1, None]),
        (pd.Series([1.5, None], dtype="Float32"), "float32", [1.5, None]),
        (pd.Series([True, None], dtype="boolean"), "bool", [True, None]),
        (pd.Series([True, None], dtype=object), "bool", [True, None]),
        (pd.Series([2**53 + 1, 1], dtype=object), "int64", [2**53 + 1, 1]),
        (pd.Series(["b", None, "a"], dtype="category"), "category", ["b", None, "a"]),
        (pd.Series([3, 1, 3], dtype="category"), "int64", [3, 1, 3]),
        (pd.Series([3, None, 1], dtype="category"), "int64", [3, None, 1]),
        (pd.Series([True, None], dtype="category"), "bool", [True, None]),
        (pd.Series([1.5, None, 2.5], dtype="category"), "float64", [1.5, None, 2.5]),
        (
            pd.Series(pd.to_datetime(["2024-01-01", None])).astype("category"),
            "datetime",
            [dt.datetime(2024, 1, 1), None],
        ),
        (pd.Series([1, None], dtype="int64[pyarrow]"), "int64", [1, None]),
        (pd.Series(["x", None], dtype="string[pyarrow]"), "text", ["x", None]),
        (pd.Series([0.0, 1.0], dtype="Sparse[float64]"), "float64", [0.0, 1.0]),
        (pd.Series([dt.date(2024, 1, 1), None], dtype=object), "date", [dt.date(2024, 1, 1), None]),
        (pd.Series([Decimal("0.5"), None], dtype=object), "float64", [0.5, None]),
        (pd.Series([[1, 2], [3, 4]]), "int64", [[1, 2], [3, 4]]),
        (pd.Series([{"a": 1}, None]), "record", [{"a": 1}, None]),
        (pd.Series([None, None], dtype=object), "float64", [None, None]),
        (pd.Series([np.float64(1.5), np.nan], dtype=object), "float64", [1.5, None]),
        (pd.Series(pd.to_datetime(["2024-01-01", None])), "datetime", [dt.datetime(2024, 1, 1), None]),
        (
            pd.Series([pd.Timestamp("2024-01-01 12:00", tz="Europe/Rome"), None]),
            "datetime",
            [dt.datetime(2024, 1, 1, 11), None],
        ),
    ],
)
def test_columns(series: "pd.Series[Any]", kind: str, values: list[object]) -> None:
    column = frames.read(pd.DataFrame({"a": series})).column("a")
    assert (column.type.kind, column.to_list()) == (kind, values)


def test_names_that_nobody_gave_are_those_of_an_array() -> None:
    block = np.arange(6.0).reshape(2, 3)
    assert frames.read(pd.DataFrame(block)) == frames.read(block)


def test_the_index_is_not_data() -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["p", "q"], name="id"))
    assert frames.read(frame).names == ("a",)
    assert frames.read(frame.reset_index()).names == ("id", "a")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "data.duplicate_name"),
        (pd.DataFrame([[1, 2]], columns=["a", " "]), "data.empty_name"),
        (pd.DataFrame([[1, 2]], columns=[0, 2]), "data.empty_name"),
        (pd.DataFrame([[1, "x"]], columns=["a", "a"]), "data.duplicate_name"),
        (pd.DataFrame({"a": [1, "x"]}), "data.mixed_types"),
        (pd.DataFrame({"a": [1j]}), "data.unknown_dtype"),
        (pd.DataFrame({"a": pd.to_timedelta(["1s"])}), "data.unknown_dtype"),
        (pd.DataFrame({"a": pd.period_range("2024", periods=2)}), "data.unknown_dtype"),
        (pd.DataFrame({"a": [Decimal("0.1234567890123456789")]}), "data.not_exact"),
        (pd.DataFrame({"a": [object()]}), "data.unknown_value"),
        (pd.Index([1, 2]), "data.unknown_source"),
    ],
)
def test_faults_have_codes(frame: Any, code: str) -> None:
    with pytest.raises(DataError) as caught:
        frames.read(frame)
    assert caught.value.code == code
    assert "0.123456789" not in caught.value.message


def test_a_series_is_one_column() -> None:
    assert frames.read(pd.Series([1, 2], name="y")).names == ("y",)
    assert frames.read(pd.Series([1, 2])).names == ("x0",)
