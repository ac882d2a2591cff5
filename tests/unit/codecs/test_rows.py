"""Rows that are no wire's bytes."""

import datetime as dt
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pytest

from boxship.codecs.rows import read_rows
from boxship.core.contract import Contract, Field, Output
from boxship.core.verdict import Decoded
from boxship.errors import DataError
from boxship.frames.python_rows import from_dicts

CONTRACT = Contract(
    (Field("age", "int64"), Field("zip", "text"), Field("fee", "float64", nullable=True, infinite=True)),
    (Output("prediction", "float64"),),
)
ROWS = [{"age": 41, "zip": "007", "fee": 1.5}, {"age": 29, "zip": "12", "fee": None}]
BAD = [ROWS[0], {"age": "forty", "zip": "1", "fee": 2.0}, ROWS[1]]


def codes(decoded: Decoded) -> list[str]:
    reasons = decoded.verdicts.reasons()
    return [",".join(one.code for one in reasons.get(row, [])) for row in range(decoded.verdicts.length)]


def as_objects(rows: Any) -> Any:  # an array of numpy
    out = np.empty(len(rows), object)
    out[:] = rows
    return out


class Child(pd.DataFrame):  # as geopandas has one
    pass


@pytest.mark.parametrize(
    "form",
    [list, tuple, iter, deque, as_objects, pd.Series, pd.DataFrame, Child, pl.DataFrame, from_dicts],
)
def test_rows_of_any_form_are_the_same_rows(form: Callable[[Any], object]) -> None:
    request = read_rows(CONTRACT, form(ROWS))
    assert request.decoded.table.to_rows() == ROWS
    assert request.decoded.verdicts.all_ok
    assert not request.single


@pytest.mark.parametrize("form", [dict, pd.Series])
def test_one_mapping_is_one_row(form: Callable[[Any], object]) -> None:
    request = read_rows(CONTRACT, form(ROWS[0]))
    assert (request.single, request.decoded.table.to_rows()) == (True, [ROWS[0]])


@pytest.mark.parametrize(
    ("kind", "given", "held"),
    [
        ("int64", np.int64(3), 3),
        ("float64", np.float32(0.5), 0.5),
        ("float64", np.float64(0.5), 0.5),
        ("float64", np.inf, np.inf),
        ("float64", np.nan, None),
        ("float64", pd.NA, None),
        ("datetime", pd.NaT, None),
        ("datetime", pd.Timestamp("2024-02-29 12:00"), dt.datetime(2024, 2, 29, 12)),
        ("datetime", np.datetime64("2024-02-29T12:00"), dt.datetime(2024, 2, 29, 12)),
        ("date", dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("date", "2024-02-29T00:00:00", dt.date(2024, 2, 29)),
        ("date", "2024-02-28T22:00:00-02:00", dt.date(2024, 2, 29)),
        ("date", pd.Timestamp("2024-02-29"), dt.date(2024, 2, 29)),
        ("datetime", "2024-02-29", dt.datetime(2024, 2, 29)),
        ("datetime", dt.date(2024, 2, 29), dt.datetime(2024, 2, 29)),
        ("bool", np.bool_(True), True),
        ("float64[2]", np.arange(2.0), [0.0, 1.0]),
    ],
)
def test_values_of_numpy_and_pandas_are_plain_values(kind: str, given: object, held: object) -> None:
    contract = Contract(
        (Field("a", kind, nullable="[" not in kind, infinite=kind == "float64"),),
        (Output("prediction", "float64"),),
    )
    decoded = read_rows(contract, [{"a": given}]).decoded
    assert decoded.verdicts.all_ok, decoded.verdicts.reasons()
    assert decoded.table.to_rows() == [{"a": held}]


def test_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"age": 41, "zip": "007", "fee": 1.5}, {"age": "forty", "zip": "1", "fee": 1}]')
    assert codes(read_rows(CONTRACT, path).decoded) == ["", "contract.wrong_type"]


def test_json_lines_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"age": 41, "zip": "1", "fee": 1}\n\n{"age": "forty", "zip": "1", "fee": 1}\n')
    assert codes(read_rows(CONTRACT, path).decoded) == ["", "contract.wrong_type"]
    for bad in ('{"age": ', '{"age": ' + "[" * 5000 + "]" * 5000 + "}"):
        path.write_text(f'{{"age": 41}}\n{bad}\n')
        with pytest.raises(DataError, match="line 2") as caught:
            read_rows(CONTRACT, path)
        assert caught.value.code == "data.damaged"


class TestCsv:
    def test_the_contract_says_what_a_field_is(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text("zip,fee,age\n10,2,41\n12,,29\n")
        decoded = read_rows(CONTRACT, str(path)).decoded
        assert decoded.verdicts.all_ok
        assert decoded.table.to_rows() == [
            {"age": 41, "zip": "10", "fee": 2.0},
            {"age": 29, "zip": "12", "fee": None},
        ]

    def test_a_bad_field_spoils_its_own_row_only(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text("age,zip,fee\n41,10,2\nforty,12,1\n29,12,\n")
        decoded = read_rows(CONTRACT, path).decoded
        assert codes(decoded) == ["", "contract.wrong_type", ""]
        assert decoded.verdicts.reasons()[1][0].got == "forty"
        assert decoded.table.column("age").to_list() == [41, 29]

    def test_a_column_that_is_not_there_is_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text("age,zip\n41,10\n")
        assert codes(read_rows(CONTRACT, path).decoded) == ["contract.missing"]


def test_a_bad_row_spoils_itself_only() -> None:
    assert codes(read_rows(CONTRACT, BAD).decoded) == ["", "contract.wrong_type", ""]
    assert codes(read_rows(CONTRACT, [ROWS[0], 5, None]).decoded) == [
        "",
        "contract.not_a_row",
        "contract.not_a_row",
    ]
    assert codes(read_rows(CONTRACT, [{**ROWS[0], "age": object()}]).decoded) == ["contract.wrong_type"]


@pytest.mark.parametrize(
    ("source", "code", "named"),
    [
        *((one, "data.unknown_source", type(one).__name__) for one in (None, 5, object(), {1, 2}, b"ab")),
        *((one, "data.unknown_source", type(one).__name__) for one in (b"", bytearray(), set(), frozenset())),
        (memoryview(b""), "data.unknown_source", "memoryview"),
        (range(3), "data.unknown_source", "range"),
        ("rows.txt", "data.unknown_source", "'rows.txt'"),
        ("missing.csv", "data.no_file", "'missing.csv'"),
        *((one, "data.is_folder", "'.'") for one in ("", ".", Path())),
        (Path("/"), "data.is_folder", "'/'"),
        *(("x" * 100_000 + suffix, "data.unreadable", "'xxx") for suffix in (".csv", ".json")),
        ("[" + '{"age": 41},' * 100_000 + "]", "data.unknown_source", '{"age": 41}'),
        ("a\0b.csv", "data.unreadable", "b.csv"),
    ],
)
def test_what_holds_no_rows_has_a_code(source: object, code: str, named: str) -> None:
    with pytest.raises(DataError) as caught:
        read_rows(CONTRACT, source)
    assert caught.value.code == code
    assert named in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.hint


@pytest.mark.parametrize("form", [iter, as_objects, pd.Series])
def test_what_is_no_row_among_rows_is_decided_alone(form: Callable[[Any], object]) -> None:
    assert codes(read_rows(CONTRACT, form([ROWS[0], 5])).decoded) == ["", "contract.not_a_row"]


@pytest.mark.parametrize("form", [list, iter, as_objects])
def test_no_rows_are_answered_by_none(form: Callable[[Any], object]) -> None:
    assert read_rows(CONTRACT, form([])).decoded.verdicts.length == 0


def test_a_row_of_a_frame_may_hold_a_record() -> None:
    contract = Contract((Field("a", "record"),), (Output("prediction", "float64"),))
    assert read_rows(contract, pd.Series({"a": {"x": 1}})).decoded.table.to_rows() == [{"a": {"x": 1}}]


@pytest.mark.parametrize(
    ("kind", "given"),
    [("date", "2024-02-29T12:00"), ("date", "29.2.2024"), ("date", 5), ("datetime", "2024-02-30")],
)
def test_a_wrong_date_is_told_the_form_that_is_wanted(kind: str, given: object) -> None:
    contract = Contract((Field("a", kind),), (Output("prediction", "float64"),))
    (reason,) = read_rows(contract, {"a": given}).decoded.verdicts.reasons()[0]
    assert reason.code == "contract.wrong_type"
    assert str(reason.expected).startswith(f"{kind} such as 2024-05-31")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (object(), "a object"),
        (1j, "a complex"),
        (dt.timedelta(1), "a timedelta"),
        (pd.Timedelta(1, "s"), "a Timedelta"),
        (np.timedelta64(1, "ns"), "a timedelta64"),
        (pd.Period("2024"), "a Period"),
        (b"\xff", "/w=="),
        ("\ud800", "?"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        ([np.arange(2), np.arange(3)], "a list of 2"),
        (np.datetime64(2**61, "s"), "a datetime64"),
    ],
)
def test_whatever_was_got_can_be_written(bad: object, told: str) -> None:
    decoded = read_rows(CONTRACT, [ROWS[0], {**ROWS[0], "fee": bad}]).decoded
    assert codes(decoded) == ["", "contract.wrong_type"]
    got = decoded.verdicts.reasons()[1][0].got
    assert got == told
    msgspec.json.encode(got)


@pytest.mark.parametrize("kind", ["record", "float64"])
def test_a_value_nested_without_end_spoils_its_own_row(kind: str) -> None:
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"a": deep}
    contract = Contract((Field("a", kind),), (Output("prediction", "float64"),))
    good = {"record": {}, "float64": 1.0}[kind]
    assert codes(read_rows(contract, [{"a": good}, {"a": deep}]).decoded) == ["", "contract.wrong_type"]
