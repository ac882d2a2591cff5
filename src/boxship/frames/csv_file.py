"""CSV files, read by rules that are the same everywhere."""

import csv
import datetime as dt
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from boxship.core.column import Column, from_values
from boxship.core.table import Schema, Table
from boxship.core.type import Type
from boxship.errors import DataError
from boxship.frames.file import damaged, not_utf8, refuse_nested, refuse_no_text
from boxship.frames.text_type import column_of_texts

_ZONE = re.compile(r"T?[0-9]{2}:[0-9]{2}[0-9:.]*([+-](?!00:?00)[0-9]{2}:?[0-9]{2})$", re.MULTILINE)
_OTHER = "pandas.read_csv(..., sep={!r}).to_parquet(...), with decimal=',' if its numbers have decimal commas"
_DELIMITERS = {
    "\t": "give it the suffix .tsv",
    ",": "give it the suffix .csv",
    ";": _OTHER.format(";"),
    "|": _OTHER.format("|"),
}
_BLOCK = 2048  # rows
_CHUNK = 2**22  # characters


class CsvFile:
    """UTF-8, with or without a byte order mark; the first line names the columns; an empty field is null.

    What a column's fields look like decides its type (see text_type); a column of mixed looks is text.
    """

    delimiter = ","

    def read(self, source: Path) -> Table:
        return self._table(source, column_of_texts)

    def read_texts(self, source: Path) -> Table:
        return self._table(
            source, lambda texts: from_values([text or None for text in texts], "", Type("text"))
        )

    def zones(self, source: Path) -> dict[str, str]:
        names, columns = _fields(source, self.delimiter)
        found = {name: _ZONE.search("\n".join(texts)) for name, texts in zip(names, columns, strict=True)}
        return {name: match[1] for name, match in found.items() if match}

    def _table(self, source: Path, column_of: Callable[[Sequence[str]], Column]) -> Table:
        names, columns = _fields(source, self.delimiter)
        Schema((name, Type("bool")) for name in names)  # refuses names before any column is read
        return Table.from_columns({n: column_of(c) for n, c in zip(names, columns, strict=True)})

    def write(self, table: Table, path: Path) -> None:
        """A null is an empty field, and so is an empty text: CSV cannot tell them apart."""
        refuse_nested(table, "CSV")
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
            lines.writerow(table.names)
            lines.writerows(
                zip(*(shown_fields(table.column(name).to_list()) for name in table.names), strict=True)
            )


class TsvFile(CsvFile):
    """The same with tabs between the fields."""

    delimiter = "\t"


def _fields(path: Path, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """The names and, a column each, the fields as text."""
    csv.field_size_limit(sys.maxsize)  # a text may be long
    refuse_no_text(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _refuse_other_delimiter(path, delimiter)
            header = csv.reader(file, delimiter=delimiter, strict=True)
            names = next(header, [])
            if not names:
                raise damaged(path, "its first line names no columns", "CSV")
            columns: list[list[str]] = [[] for _ in names]
            for part in _parts(file, delimiter, len(names), path, header.line_num):
                for column, fields in zip(columns, part, strict=True):
                    column.extend(fields)
            return names, columns
    except UnicodeDecodeError as error:
        raise not_utf8(path, f"{error.reason} at byte {error.start}", "latin1") from error
    except csv.Error as error:
        raise damaged(path, error, "CSV") from error


def _refuse_other_delimiter(path: Path, delimiter: str) -> None:
    """Not read with the other one: whether 1,500 beside it is a decimal comma, no rule could tell."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = list(islice(filter(str.strip, file), 2))
    if len(next(csv.reader(first, delimiter=delimiter), [])) != 1:
        return
    for other, cure in _DELIMITERS.items():
        if other != delimiter and all(len(fields) > 1 for fields in csv.reader(first, delimiter=other)):
            raise DataError(
                "data.other_delimiter",
                f"{str(path)!r} has one column, and its lines look separated by {other!r}, not {delimiter!r}",
                f"{cure}; or, if it is one column, put its name in quotes",
            )


def _parts(
    file: TextIO, delimiter: str, width: int, path: Path, done: int
) -> Iterator[Iterable[Sequence[str]]]:
    """The columns of some thousand rows at a time, so that few small lists live at once; `done` lines are read.

    Lines are split at their delimiters as long as no quote is seen, a third of csv.reader's work.
    """
    while chunk := file.read(_CHUNK) + file.readline():
        plain = chunk.replace("\r\n", "\n") if "\r" in chunk else chunk
        if '"' in plain or "\r" in plain:
            yield from _quoted(chain(io.StringIO(chunk, newline=""), file), delimiter, width, path, done)
            return
        lines = list(filter(None, plain.split("\n")))
        for line in lines:
            if line.count(delimiter) != width - 1:
                number = done + plain.split("\n").index(line) + 1
                raise _ragged(path, number, line.count(delimiter) + 1, width)
        flat = delimiter.join(lines).split(delimiter) if lines else []
        yield [flat[place::width] for place in range(width)]
        done += plain.count("\n")


def _quoted(
    lines: Iterable[str], delimiter: str, width: int, path: Path, done: int
) -> Iterator[Iterable[Sequence[str]]]:
    rows = _rows(lines, delimiter, width, path, done)
    while block := list(islice(rows, _BLOCK)):
        yield zip(*block, strict=True)


def _rows(lines: Iterable[str], delimiter: str, width: int, path: Path, done: int) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for fields in reader:
        if len(fields) == width:
            yield fields
        elif fields:
            raise _ragged(path, done + reader.line_num, len(fields), width)


def _ragged(path: Path, line: int, found: int, width: int) -> DataError:
    return damaged(
        path, f"line {line} has {found} fields, the header has {width}", "CSV", f"correct line {line}"
    )


def shown_fields(values: list[object]) -> list[object]:
    """Python's own writing of numbers is exact; booleans are lower case as elsewhere."""
    if any(isinstance(value, bool) for value in values):
        return [str(value).lower() if isinstance(value, bool) else value for value in values]
    return [value.isoformat() if isinstance(value, dt.date) else value for value in values]
