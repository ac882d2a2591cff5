"""Rows as lines of one body."""

import pytest

from boxship.codecs.csv_answers import csv_answers, csv_predictions
from boxship.codecs.csv_rows import lines_of_csv, read_csv
from boxship.codecs.json import JsonCodec
from boxship.codecs.json_lines import lines_of, read_lines
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.verdict import Decoded
from boxship.errors import DataError
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel

ONE = (Output("prediction", "float64"),)
NUMBERS = Contract((Field("a", "float64", nullable=True), Field("b", "int64", range=(0, 9))), ONE)
TEXT = Contract((Field("text", "text"),), ONE)
DIGITS = Contract((Field("0", "int64"), Field("1", "int64")), ONE)


def rows(contract: Contract, body: bytes, has_header: bool | None = None) -> list[object]:
    decoded = read_csv(contract, lines_of_csv(body), has_header=has_header)
    assert decoded.verdicts.counts()["rejected"] == 0
    return [[*row.values()] for row in decoded.table.to_rows()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"a,b\n1,2\n,3\n", [[1.0, 2], [None, 3]]),
        (b"b,a\r\n2,1\r\n", [[1.0, 2]]),
        (b"\xef\xbb\xbfb,a\n2,1", [[1.0, 2]]),
        (b"1,2\n.5,3\n\n", [[1.0, 2], [0.5, 3]]),
        (b"b,more,a\n2,x,1\n", [[1.0, 2]]),
        (b"a,b\n", []),
    ],
)
def test_a_header_is_known_by_its_names(body: bytes, expected: object) -> None:
    assert rows(NUMBERS, body) == expected


def test_a_header_may_be_named_as_such() -> None:
    assert rows(DIGITS, b"5,0\n1,2\n", has_header=False) == [[5, 0], [1, 2]]
    assert rows(TEXT, b"text\n", has_header=False) == [["text"]]
    assert rows(TEXT, b'text\n"a, ""b"""\n') == [['a, "b"']]


@pytest.mark.parametrize(
    ("contract", "body", "code"),
    [
        (NUMBERS, b"A,B\n1,2\n", "codec.csv_header"),  # misspelt: by place they might be the wrong columns
        (NUMBERS, b"x,2\n1,2\n", "codec.csv_header"),
        (NUMBERS, b"1,2,3\n", "codec.csv_header"),
        (DIGITS, b"5,0\n1,2\n", "codec.csv_header"),
        (NUMBERS, b"a,a,b\n1,1,2\n", "data.duplicate_name"),
        (NUMBERS, b"a,b\n1,2,3\n", "codec.malformed"),
        (NUMBERS, b"a,b\n1\n", "codec.malformed"),
        (NUMBERS, b"", "codec.malformed"),
        (NUMBERS, b"\n\n", "codec.malformed"),
        (NUMBERS, b'a,b\n"1,2\n', "codec.malformed"),
        (NUMBERS, b"a,b\n\xff,2\n", "codec.malformed"),
    ],
)
def test_what_could_be_read_otherwise_is_refused(contract: Contract, body: bytes, code: str) -> None:
    with pytest.raises(DataError) as caught:
        rows(contract, body)
    assert caught.value.code == code


def lines(body: bytes) -> Decoded:
    return read_lines(JsonCodec(NUMBERS), lines_of(body))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"x", "not_a_row"),
        (b'{"a":1,"b":2', "not_a_row"),
        (b'{"a":1,"b":2},{"a":1,"b":2}', "not_a_row"),
        (b'{"a":1,"b":2}{"a":1,"b":2}', "not_a_row"),
        (b'[{"a":1,"b":2}]', "not_a_row"),
        (b"[]", "not_a_row"),
        (b"\xff", "not_a_row"),
        (b"{}", "missing"),
        (b'{"a":1,"b":2,"b":3}', "repeated"),
        (b"[" * 100_000, "not_a_row"),
    ],
)
def test_a_bad_line_is_one_row(line: bytes, code: str) -> None:
    decoded = lines(b'{"a":1,"b":2}\n\n' + line + b'\r\n{"a":3,"b":4}')
    assert decoded.table.to_rows() == [{"a": 1.0, "b": 2}, {"a": 3.0, "b": 4}]
    assert decoded.verdicts.codes().tolist() == [0, 2, 0]
    assert {one.code for one in decoded.verdicts.reasons()[1]} == {f"contract.{code}"}


def test_an_object_over_two_lines_is_two_bad_rows() -> None:
    assert lines(b'{"a":1\n"b":2}').verdicts.codes().tolist() == [2, 2]


def test_answers_as_lines_of_csv() -> None:
    decoded = lines(b'{"a":1,"b":2}\n{"a":1}\n{"a":1,"b":12}')
    answers = Runner(Digest("0" * 64), NUMBERS, FakeModel()).answer(decoded)
    assert csv_answers(ONE, answers).decode().splitlines() == [
        "prediction,verdict,reasons",
        "3.0,ok,",
        ",rejected,b: contract.missing",
        "13.0,flagged,b: contract.out_of_range",
    ]
    assert csv_predictions(ONE, answers) == b"3.0\n13.0\n"
