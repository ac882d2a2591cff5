"""CSV is read by rules, exactly."""

import shlex
from pathlib import Path

import pytest

from boxship import frames
from boxship.core.table import Table
from boxship.errors import DataError
from boxship.frames.text_type import column_of_texts


def read(tmp_path: Path, text: str | bytes, name: str = "table.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return frames.read(path)


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["1", "-2", ""], "int64", [1, -2, None]),
        (["9007199254740993"], "int64", [2**53 + 1]),
        (["18446744073709551615"], "uint64", [2**64 - 1]),
        (["18446744073709551616"], "text", ["18446744073709551616"]),
        (["1", "2.5", ""], "float64", [1.0, 2.5, None]),
        (["1e5", "nan", "-inf"], "float64", [1e5, None, float("-inf")]),
        (["0.5", "9007199254740993"], "text", ["0.5", "9007199254740993"]),
        (["1e400"], "text", ["1e400"]),
        (["007", "1"], "text", ["007", "1"]),
        (["0", "-0.5"], "float64", [0.0, -0.5]),
        (["1_000"], "text", ["1_000"]),
        ([" 1"], "text", [" 1"]),
        (["٣"], "text", ["٣"]),
        (["1", "x"], "text", ["1", "x"]),
        (["1-2", "3"], "text", ["1-2", "3"]),
        (["true", "", "False"], "bool", [True, None, False]),
        (["true", "1"], "text", ["true", "1"]),
        (["x", ""], "text", ["x", None]),
        (["", ""], "float64", [None, None]),
        ([], "float64", []),
    ],
)
def test_types(texts: list[str], kind: str, values: list[object]) -> None:
    column = column_of_texts(texts)
    assert (column.type.kind, column.to_list()) == (kind, values)


@pytest.mark.parametrize(
    ("texts", "kind", "shown"),
    [
        (["2024-02-29", ""], "date", ["2024-02-29", None]),
        (["2024-02-30"], "text", ["2024-02-30"]),
        (["2024-01-01", "2024-01-01T12:00"], "datetime", ["2024-01-01T00:00:00", "2024-01-01T12:00:00"]),
        (["2024-01-01T12:00:00+02:00"], "datetime", ["2024-01-01T10:00:00"]),
        (["2024-01-01 12:00:00.000001Z"], "datetime", ["2024-01-01T12:00:00.000001"]),
        (["2024-01-01 noon"], "text", ["2024-01-01 noon"]),
        (["2024-01"], "text", ["2024-01"]),
    ],
)
def test_dates(texts: list[str], kind: str, shown: list[str | None]) -> None:
    column = column_of_texts(texts)
    values = [v.isoformat() if hasattr(v, "isoformat") else v for v in column.to_list()]
    assert (column.type.kind, values) == (kind, shown)


def test_quotes_byte_order_mark_and_line_ends(tmp_path: Path) -> None:
    table = read(tmp_path, b'\xef\xbb\xbfa,"b,c"\r\n1,"x\ny"\r\n\r\n2,""\r\n')
    assert table.to_rows() == [{"a": 1, "b,c": "x\ny"}, {"a": 2, "b,c": None}]


def test_tabs(tmp_path: Path) -> None:
    assert read(tmp_path, "a\tb\n1,5\t2\n", "table.tsv").to_rows() == [{"a": "1,5", "b": 2}]


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert (len(read(tmp_path, "a,b\n")), read(tmp_path, "a,b\n").names) == (0, ("a", "b"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,a\n1,2\n", "data.duplicate_name"),
        (b"a,\n1,2\n", "data.empty_name"),
        (b"a,b\n1\n", "data.damaged"),
        (b"a,b\n1,2,3\n", "data.damaged"),
        (b'a\n"1\n', "data.damaged"),
        (b"a\n\xe4\n", "data.not_utf8"),
        (b"\xff\xfea\x00", "data.not_utf8"),
        (b"\n\n", "data.damaged"),
    ],
)
def test_faults_have_codes(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert caught.value.code == code


def test_a_huge_text_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a\n" + "x" * 1_000_000 + "\n").column("a").to_list() == ["x" * 1_000_000]


@pytest.mark.parametrize("name", ["my table.csv", "table.tsv", "table.jsonl"])
@pytest.mark.parametrize("first", ["{", "\u4e2d"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16le", "utf-16be"])
def test_another_encoding_is_named(encoding: str, first: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, f'{first}"a": "\xe9"}}'.encode(encoding), name)
    new = (tmp_path / name).with_stem(f"{Path(name).stem}-utf8")
    assert caught.value.code == "data.not_utf8"
    assert shlex.split(caught.value.hint) == [
        *("iconv", "-f", encoding, "-t", "utf-8", str(tmp_path / name), ">", str(new))
    ]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("a;b;c\n1,5;2,5;3\n", "table.csv", "sep=';'"),
        ("a;b\n1;2\n", "table.csv", "sep=';'"),
        ("sep=;\na;b\n1;2\n", "table.csv", "sep=';'"),
        ("a|b\n", "table.csv", "sep='|'"),
        ("a\tb\n1,5\t2\n", "table.csv", ".tsv"),
        ("a,b\n1,2\n", "table.tsv", ".csv"),
        ('"a";"b"\n"x";1,5\n', "table.csv", "sep=';'"),
        ('"a";"b"\n"x";"y"\n', "table.tsv", "sep=';'"),
        ("a;b\n\n1;2\n", "table.csv", "sep=';'"),
        ("\r\na;b\r\n", "table.csv", "sep=';'"),
        ("Price, EUR\n1,5\n", "table.tsv", "one column, put its name in quotes"),
    ],
)
def test_another_delimiter_is_named(text: str, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, name)
    assert caught.value.code == "data.other_delimiter"
    assert said in caught.value.hint


@pytest.mark.parametrize("text", ['"a;b"\n"1;2"\n', '"a;b"\n1;2\n', "a;b\n1\n", "a\n1;2\n", '"a\n;b"\nx\n'])
def test_one_column_may_hold_what_others_separate_by(text: str, tmp_path: Path) -> None:
    assert len(read(tmp_path, text).names) == 1


LONG = ("x" * 1000 + ",y\n") * 5000  # more than is read at once


@pytest.mark.parametrize("between", ["", LONG], ids=["short", "long"])
@pytest.mark.parametrize(
    ("header", "rest", "line"),
    [
        ("a,b\n", "1,2\n3\n", 3),
        ("a,b\r\n", "\r\n1,2\r\n3\r\n", 4),
        ('a,"b\nc"\n', "1,2\n\n3\n", 5),
        ("a,b\n", '1,2\n"x\ny",2\n3\n', 5),
        ("a,b\n", "1,2\n3,4\n5,6\n1,2,3\n", 5),
    ],
)
def test_a_line_of_another_width_is_named(
    header: str, between: str, rest: str, line: int, tmp_path: Path
) -> None:
    number = line + between.count("\n")
    with pytest.raises(DataError, match=f": line {number} has . fields?, the header has 2") as caught:
        read(tmp_path, header + between + rest)
    assert (caught.value.code, caught.value.hint) == ("data.damaged", f"correct line {number}")
