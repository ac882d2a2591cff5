"""A CSV row is decided by itself, and as the same row in JSON."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxship.codecs.json import JsonCodec
from boxship.codecs.rows import read_rows
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.type import INTEGERS, Type
from boxship.core.verdict import Decoded
from boxship.frames.text_type import column_of_type, value_of_text
from boxship.testing.tables import values

LOOSE = ("text", "category", "binary", "record")
KINDS = (*INTEGERS, "float32", "float64", "bool", "date", "datetime", *LOOSE)
_HARD = """
007 -007 1.5 -0 -0.0 +1 .5 1. 1e5 1e400 -1e400 nan -inf Infinity 18446744073709551616 9007199254740993
41.0 41.5 20240101 2024-01-01 2024-02-30 2024-01-01T12:00 2024-01-01T00:00:00 2024-01-01T00:00:00+02:00
0001-01-01T00:00:00+02:00 9999-12-31T23:00:00-02:00 true True 1 0 x 1_000 ٣ eHk= - + e5 NA 1,5
"""
HARD = (*_HARD.split(), " 1", "2024-01-01 12:00", "2024-01-01 12:00:00.123456789Z", "1" * 400, "1" * 5000)


def texts(kind: str) -> st.SearchStrategy[str]:
    """Fields that mean something in a column of the type, and fields that hardly do."""
    said = st.nothing() if kind in LOOSE else values(Type(kind)).map(_said)
    numbers = st.floats().map(repr) | st.integers().map(str)
    loose = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
    return st.sampled_from(HARD) | said | numbers | loose


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def contract_of(kind: str, *, nullable: bool = True) -> Contract:
    field = Field("a", kind, nullable=nullable, infinite=True)
    return Contract((field,), (Output("prediction", "float64"),), Policies(extra="allow"))


def told(decoded: Decoded) -> list[tuple[str, list[tuple[str, object]]]]:
    """Every row's value, and the codes and values of its reasons."""
    length = decoded.verdicts.length
    rows: Any = range(length) if decoded.positions is None else decoded.positions.tolist()
    held = dict(zip(rows, decoded.table.column("a").to_list(), strict=True))
    reasons = decoded.verdicts.reasons()
    return [
        (repr(held.get(row)), [(one.code, one.got) for one in reasons.get(row, ())]) for row in range(length)
    ]


def read_csv(path: Path, contract: Contract, fields: list[str]) -> list[tuple[str, list[tuple[str, object]]]]:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *([field, "."] for field in fields)])
    return told(read_rows(contract, path).decoded)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_row_is_decided_without_its_neighbours(tmp_path: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    contract = contract_of(kind, nullable=data.draw(st.booleans()))
    fields = data.draw(st.lists(texts(kind) | st.just(""), min_size=1, max_size=6))
    path = tmp_path / "rows.csv"
    assert read_csv(path, contract, fields) == [read_csv(path, contract, [one])[0] for one in fields]


@settings(max_examples=300)
@given(st.data())
def test_the_fast_way_reads_what_the_grammar_says(data: st.DataObject) -> None:
    type_ = Type(data.draw(st.sampled_from(KINDS)))
    fields = data.draw(st.lists(texts(type_.kind) | st.just(""), min_size=1, max_size=6))
    plain = [{"a": value_of_text(one, type_) if one else None} for one in fields]
    slow = JsonCodec(contract_of(type_.kind)).read(plain)
    fast = column_of_type(fields, type_)
    if fast is not None:
        assert slow.verdicts.all_ok
        assert repr(fast.to_list()) == repr(slow.table.column("a").to_list())


NUMBERS = "0 -0 -0.0 1.5 1e5 1e400 -1e400 18446744073709551616 9007199254740993 41.0 -1 1e-400"


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "uint8"])
@pytest.mark.parametrize("number", [*NUMBERS.split(), "1" * 400, "1" * 5000, "-" + "1" * 5000])
def test_a_number_means_what_it_means_in_json(kind: str, number: str, tmp_path: Path) -> None:
    contract = contract_of(kind)
    wanted = told(JsonCodec(contract).decode(b'[{"a":%b}]' % number.encode()).decoded)
    assert read_csv(tmp_path / "a.csv", contract, [number]) == wanted


@pytest.mark.parametrize("kind", ["date", "datetime", "text", "category", "binary"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_text_means_what_it_means_in_json(kind: str, tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(texts(kind).filter(bool))
    contract = contract_of(kind)
    assert read_csv(tmp_path / "a.csv", contract, [text]) == told(JsonCodec(contract).read([{"a": text}]))


@pytest.mark.parametrize(
    ("kind", "text", "held"),
    [
        ("float64", "007", None),
        ("int64", "007", None),
        ("float64", "18446744073709551616", 2.0**64),
        ("date", "20240101", None),
        ("datetime", "20240101", None),
        ("datetime", "2024-01-01 12:00", dt.datetime(2024, 1, 1, 12)),
        ("datetime", "0001-01-01T00:00:00+02:00", None),
    ],
)
@pytest.mark.parametrize("beside", [[], ["1.5"], ["2024-01-01T12:00:00"]])
def test_what_a_field_says(kind: str, text: str, held: object, beside: list[str], tmp_path: Path) -> None:
    found = read_csv(tmp_path / "a.csv", contract_of(kind), [*beside, text])[-1]
    assert found == (repr(held), [] if held is not None else [("contract.wrong_type", text)])
