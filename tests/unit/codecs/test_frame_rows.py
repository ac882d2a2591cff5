"""A row of a DataFrame or of Parquet is decided by itself, and as the same row given as a dict."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxship.codecs.rows import read_rows
from boxship.core.check import Checker
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.type import INTEGERS
from boxship.core.verdict import Decoded
from boxship.errors import DataError

KINDS = (*INTEGERS, "float32", "float64", "bool", "text", "category", "date", "datetime", "binary", "record")
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-300, 300) | st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(["a", "1", "2024-01-01", "2024-01-01T12:00:00Z", "eHk="]),
    st.dates(),
    st.datetimes() | st.datetimes(timezones=st.just(dt.timezone(dt.timedelta(hours=2)))),
    st.binary(max_size=3),
    st.lists(st.integers(0, 9), max_size=2),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 9), max_size=2),
    st.sampled_from([object(), 1j, pd.Timedelta(1, "s"), np.float64("nan"), np.int8(3), pd.NaT, pd.NA]),
)


def contract_of(kind: str, *, nullable: bool = True, extra: Any = "flag") -> Contract:
    field = Field("a", kind, nullable=nullable, infinite=True)
    return Contract((field,), (Output("prediction", "float64"),), Policies(extra=extra))


def told(decoded: Decoded) -> list[tuple[Any, ...]]:
    """Every row's value and reasons."""
    length = decoded.verdicts.length
    rows: Any = range(length) if decoded.positions is None else decoded.positions.tolist()
    held = dict(zip(rows, decoded.table.column("a").to_list(), strict=True))
    reasons = decoded.verdicts.reasons()
    return [(held.get(row), reasons.get(row, ())) for row in range(length)]


def frame_of(values: list[Any]) -> pd.DataFrame:
    column = np.empty(len(values), object)
    for row, value in enumerate(values):
        column[row] = value
    return pd.DataFrame({"a": column})


@settings(max_examples=300)
@given(st.data())
def test_a_row_of_objects_is_decided_without_its_neighbours(data: st.DataObject) -> None:
    contract = contract_of(data.draw(st.sampled_from(KINDS)), nullable=data.draw(st.booleans()))
    values = data.draw(st.lists(PLAIN, min_size=1, max_size=5))
    alone = [told(read_rows(contract, [{"a": value}]).decoded)[0] for value in values]
    assert told(read_rows(contract, [{"a": value} for value in values]).decoded) == alone
    assert told(read_rows(contract, frame_of(values)).decoded) == alone


ITEMS = st.sampled_from(
    [True, False, 0, 1, -1, 300, 2**53 + 1, 2**63 + 1, 2**70, 0.5, 2.0, np.nan, np.inf, None]
)
LISTS = st.lists(ITEMS, min_size=1, max_size=3)
BOOLEANS = st.lists(st.booleans(), min_size=2, max_size=2)


@settings(max_examples=300)
@given(st.data())
def test_a_list_is_decided_without_its_neighbours(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["float32", "float64", "int8", "int64", "uint64", "bool"]))
    contract = Contract((Field("a", f"{kind}[2]"),), (Output("prediction", "float64"),))
    form: Any = data.draw(st.sampled_from([list, tuple, np.array]))
    values = [form(one) for one in data.draw(st.lists(LISTS | BOOLEANS, min_size=1, max_size=4))]
    alone = [told(read_rows(contract, [{"a": value}]).decoded)[0] for value in values]
    assert str(told(read_rows(contract, [{"a": value} for value in values]).decoded)) == str(alone)
    assert str(told(read_rows(contract, frame_of(values)).decoded)) == str(alone)


@pytest.mark.parametrize(
    ("kind", "lists", "expected"),
    [
        ("bool[2]", [[1, True], [True, False]], [["contract.wrong_type"], []]),
        ("float64[2]", [[True, 1.0], [0.5, 1.0]], [["contract.wrong_type"], []]),
        ("float64[2]", [np.array([1.0, 2.0]), np.array([1.0])], [[], ["contract.wrong_type"]]),
    ],
)
def test_numpy_makes_no_other_values_of_lists(kind: str, lists: list[Any], expected: list[Any]) -> None:
    assert codes(frame_of(lists), contract_of(kind, nullable=False)) == expected


@pytest.mark.parametrize(
    "value", [[np.nan, 1.0], (np.float32("nan"), 1.0), np.array([np.nan, 1.0])], ids=repr
)
def test_a_nan_in_a_list_is_told_by_the_check_from_every_door(value: object) -> None:
    for source in ([{"a": value}], frame_of([value])):
        contract = Contract((Field("a", "float64[2]"),), (Output("prediction", "float64"),))
        read = read_rows(contract, source).decoded
        checked = Checker(contract).check(read.table).verdicts.reasons()
        assert read.verdicts.all_ok
        assert [one.code for one in checked[0]] == ["contract.infinite"]


NUMBERS = st.sampled_from([0, 1, -1, 300, 2**53 + 1, 0.5, -0.0, 1e300, None, float("inf")])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_typed_columns_say_what_their_values_say(tmp_path: Path, data: st.DataObject) -> None:
    contract = contract_of(data.draw(st.sampled_from(KINDS)), nullable=data.draw(st.booleans()))
    base: Any = data.draw(
        st.sampled_from([NUMBERS, st.dates(), st.datetimes(), st.booleans(), st.sampled_from("ab")])
    )
    values = data.draw(st.lists(base | st.none(), min_size=1, max_size=5))
    try:
        arrow = pa.table({"a": pa.array(values)})
    except (pa.ArrowException, OverflowError):
        return
    plain = arrow.column("a").to_pylist()
    alone = [told(read_rows(contract, [{"a": value}]).decoded)[0] for value in plain]
    pq.write_table(arrow, tmp_path / "a.parquet")
    frame = arrow.to_pandas(integer_object_nulls=True)
    for source in (arrow, tmp_path / "a.parquet", frame, pl.from_arrow(arrow)):
        assert told(read_rows(contract, source).decoded) == alone


def codes(source: object, contract: Contract | None = None) -> list[list[str]]:
    decoded = read_rows(contract or contract_of("float64", nullable=False), source).decoded
    reasons = decoded.verdicts.reasons()
    return [[one.code for one in reasons.get(row, ())] for row in range(decoded.verdicts.length)]


@pytest.mark.parametrize("form", [frame_of, lambda items: np.array([[one] for one in items], object)])
@pytest.mark.parametrize("bad", ["abc", object(), 1j, pd.Period("2024"), pd.Timedelta(1, "s")])
def test_a_value_of_no_type_spoils_its_own_row(form: Any, bad: object) -> None:
    contract = Contract((Field("a" if form is frame_of else "x0", "float64"),), contract_of("text").outputs)
    assert codes(form([1.0, bad, 3.0]), contract) == [[], ["contract.wrong_type"], []]


EXTRA = {
    "periods": pd.Series(pd.period_range("2024", periods=2, freq="D")),
    "durations": pd.Series(pd.to_timedelta([1, 2], "s")),
    "complex": pd.Series([1j, 2j]),
    "mixed": pd.Series([1, "x"], dtype=object),
    5: pd.Series([1, 2]),
    "": pd.Series([1, 2]),
}


@pytest.mark.parametrize("name", EXTRA)
def test_an_extra_column_needs_only_its_name(name: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], name: EXTRA[name]})
    assert codes(frame) == [["contract.extra"], ["contract.extra"]]
    assert codes(frame, contract_of("float64", extra="allow")) == [[], []]
    assert codes(frame, contract_of("float64", extra="reject")) == [["contract.extra"], ["contract.extra"]]


@pytest.mark.parametrize("make", [pl.DataFrame, lambda columns: pl.DataFrame(columns).to_arrow()])
def test_an_extra_column_of_polars_or_arrow_needs_only_its_name(make: Any, tmp_path: Path) -> None:
    table = make({"a": [1.0, 2.0], "b": [dt.timedelta(1), None], "c": [dt.time(1), None]})
    assert codes(table) == [["contract.extra"] * 2] * 2
    if isinstance(table, pa.Table):
        pq.write_table(table.select(["a", "c"]), tmp_path / "a.parquet")
        assert codes(tmp_path / "a.parquet") == [["contract.extra"]] * 2


def test_what_is_no_table_stays_refused(tmp_path: Path) -> None:
    twice = pd.DataFrame([[1.0, "x", 2.0]], columns=["a", "b", "a"])
    with pytest.raises(DataError) as caught:
        read_rows(contract_of("float64"), twice)
    assert caught.value.code == "data.duplicate_name"
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError) as caught:
        read_rows(contract_of("float64"), tmp_path / "a.parquet")
    assert caught.value.code == "data.damaged"


FAR = [
    pa.table({"a": pa.array([0, 2**61, None], pa.timestamp("s"))}),
    pa.table({"a": pa.array([0, 2**61, None], pa.timestamp("ms", "UTC"))}),
    pd.DataFrame({"a": np.array([0, 569_000_000_000, None], "datetime64[s]")}),
    pl.DataFrame({"a": [0, 2**61, None]}).select(pl.col("a").cast(pl.Datetime("ms"))),
    np.array([[0], [2**55], [None]], "datetime64[s]"),
]


@pytest.mark.parametrize("kind", ["datetime", "float64", "int64", "text"])
@pytest.mark.parametrize("source", FAR, ids=lambda source: type(source).__module__)
def test_a_moment_beyond_all_years_is_of_the_wrong_type(kind: str, source: Any) -> None:
    field = Field("x0" if isinstance(source, np.ndarray) else "a", kind, nullable=True)
    contract = Contract((field,), (Output("prediction", "float64"),))
    near: list[str] = [] if kind == "datetime" else ["contract.wrong_type"]
    assert codes(source, contract) == [near, ["contract.wrong_type"], []]


@pytest.mark.parametrize("huge", [2**64, 2**70, -(2**70), 10**400])
def test_an_integer_beyond_64_bits_is_a_float_from_every_door(huge: int) -> None:
    contract = contract_of("float64")
    alone = told(read_rows(contract, [{"a": huge}]).decoded)
    assert alone[0][1] == ()
    assert told(read_rows(contract, frame_of([huge])).decoded) == alone
    assert told(read_rows(contract, frame_of([0.5, huge])).decoded)[1:] == alone


@pytest.mark.parametrize("kind", ["float64", "int64", "text", "bool", "datetime", "category"])
def test_a_nan_of_numpy_is_null(kind: str) -> None:
    assert codes([{"a": np.float64("nan")}, {"a": np.float32("nan")}], contract_of(kind)) == [[], []]


def test_a_null_is_told_alike_from_every_door() -> None:
    contract = contract_of("float64", nullable=False)
    alone = told(read_rows(contract, [{"a": None}]).decoded)
    assert alone[0][1][0].expected == "float64"
    assert told(read_rows(contract, pd.DataFrame({"a": [np.nan]})).decoded) == alone
    assert told(read_rows(contract, pd.DataFrame({"a": [np.nan, 1.0]})).decoded)[:1] == alone
