from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from boxship._pack.data import Data
from boxship.errors import DataError

ROWS = {"age": [41, 29, 33], "churn": ["no", "yes", "no"], "fee": [1.5, 2.5, 3.5]}


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (None, ()),
        ("churn", ("churn",)),
        (["churn", "fee"], ("churn", "fee")),
        (("fee",), ("fee",)),
        (["a", "b", "a"], ("target",)),
        (np.array(["a", "b", "c"]), ("target",)),
        ([1, 2, 3], ("target",)),
        ([[1], [2], [3]], ("target",)),
        ([[1, 4], [2, 5], [3, 6]], ("target_0", "target_1")),
        (np.zeros((3, 2)), ("target_0", "target_1")),
        (pd.Series([1, 2, 3], name="y"), ("y",)),
        (pd.Series([1, 2, 3]), ("target",)),
        (pl.Series("y", [1, 2, 3]), ("y",)),
        (pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]}), ("a", "b")),
        (pl.DataFrame({"a": [1, 2, 3]}), ("a",)),
    ],
)
def test_a_target_is_names_or_values(target: Any, names: tuple[str, ...]) -> None:
    data = Data(ROWS, target)
    assert data.targets == names
    assert set(names) <= set(data.table.names)
    assert data.table.length == 3


def test_values_are_kept_beside_the_data() -> None:
    data = Data(ROWS, np.array([[1, 4], [2, 5], [3, 6]]))
    assert data.table.column("target_1").to_list() == [4, 5, 6]
    assert data.digest != Data(ROWS).digest


@pytest.mark.parametrize(
    "target", [pd.Series([0, 1, 0], name="age"), pd.DataFrame({"age": [0, 1, 0]})], ids=["series", "frame"]
)
def test_what_is_advised_for_a_target_with_the_name_of_a_column_cures(target: Any) -> None:
    with pytest.raises(DataError) as caught:
        Data(ROWS, target).table  # noqa: B018  # reads
    advised = caught.value.hint.split("target=")[1].rsplit(": ", 1)[0]
    assert Data(ROWS, eval(advised, {"y": target})).targets == ("target",)  # noqa: S307  # our own words


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (pd.Series([1, 2, 3], name="age"), "data.duplicate_name"),
        (np.array([1, 2]), "data.lengths_differ"),
        (object(), "data.unknown_source"),
    ],
)
def test_values_that_do_not_fit(target: object, code: str) -> None:
    with pytest.raises(DataError) as caught:
        Data(ROWS, target).table  # noqa: B018  # reading is what fails
    assert caught.value.code == code


def test_a_csv_column_is_text_where_somebody_says_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("zip,fee\n123,1\n,2\n")
    table = Data(tmp_path / "t.csv").with_texts({"zip", "other"})
    assert table.column("zip").to_list() == ["123", None]
    assert table.column("fee").to_list() == [1, 2]
    assert Data(ROWS).with_texts({"age"}).column("age").to_list() == ROWS["age"]


def test_rows_as_given_are_those_of_the_kind_that_was_given() -> None:
    positions = np.array([0, 2])
    series = pd.Series(["a", "b", "c"], name="text")
    given: Any = Data(series).as_given(["text"], positions)
    assert isinstance(given, pd.Series)
    assert given.tolist() == ["a", "c"]
    frame: Any = Data(pd.DataFrame(ROWS)).as_given(["fee", "age"], positions)
    assert frame.columns.tolist() == ["fee", "age"]


def test_the_units_of_datetimes() -> None:
    when = pd.to_datetime(["2024-01-01"])
    frame = pd.DataFrame({"a": when.as_unit("ns"), "b": when.as_unit("s").tz_localize("UTC"), "c": [1]})
    assert Data(frame).units() == {"a": "ns", "b": "s"}
    assert Data(np.zeros((1, 2))).units() == {}


@pytest.mark.parametrize("values", [[1, None, 3], ["x", None, "y"], [True, False, True]])
@pytest.mark.parametrize("dtype", [None, "category"])
def test_a_target_that_is_a_column_of_the_data_is_that_column(values: list[Any], dtype: Any) -> None:
    frame = pd.DataFrame({"age": [1, 2, 3], "y": pd.Series(values, dtype=dtype)})
    data, named = Data(frame, frame["y"]), Data(frame, "y")
    assert (data.table.names, data.targets) == (("age", "y"), ("y",))
    assert data.digest == named.digest


@pytest.mark.filterwarnings("error")
def test_the_units_of_a_lazy_frame_are_not_asked_for() -> None:
    assert Data(pl.LazyFrame(ROWS)).units() == {}
