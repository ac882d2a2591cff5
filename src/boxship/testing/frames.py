"""What every plug of the family `frames` promises, as checks that can be run on a plug of one's own.

def test_my_plug(tmp_path):
    check_object_plug(MyFrame())
    check_file_plug(MyFile(), tmp_path / "table.mine")
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from boxship.core.column import Array, Column, category_of, column_of, from_values
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.errors import DataError
from boxship.frames import Maker, Reader, Split, Writer

Holds = Callable[[Type], bool]


class ObjectPlug(Reader, Maker, Protocol):
    """Reads and makes an object in memory."""


class FilePlug(Reader, Writer, Protocol):
    """Reads and writes a file."""


def everything(_: Type) -> bool:
    """For a plug that holds every type."""
    return True


def tables() -> dict[str, Table]:
    """Small tables by what is hard about them; none has a zero row, and no text is empty."""
    moment = dt.datetime(2024, 2, 29, 23, 59, 59, 999_999)
    return {
        "floats": _table({"a": [1.5, None, -0.0], "b": [float("inf"), float("-inf"), 1e-320]}),
        "single floats": _table({"a": np.array([1.1, np.nan, 3e38], np.float32)}),
        "integers": _table({"a": [2**53 + 1, -(2**63), 2**63 - 1]}),
        "integers with nulls": _table({"a": [2**62 + 1, None, -1]}),
        "small integers": _table({"a": np.array([0, 255, 7], np.uint8), "b": np.array([1, -1, 0], np.int16)}),
        "large integers": _table({"a": np.array([2**64 - 1, 0, 1], np.uint64)}),
        "booleans": _table({"a": [True, False, True], "b": [None, True, False]}),
        "texts": _table({"a": ["naïve", None, "日本\n語"], "b": ["\"quoted\", 'x'", "tab\t", " 1 "]}),
        "categories": _table({"a": category_of(["low", None, "high"])}),
        "dates": _table({"a": [dt.date(1969, 12, 31), None, dt.date(2400, 1, 1)]}),
        "datetimes": _table({"a": [moment, None, dt.datetime(1900, 1, 1)]}),
        "tensors": _table({"a": Column(Type("float32", (2, 3)), np.arange(18, dtype="f4").reshape(3, 2, 3))}),
        "pixels": _table({"a": Column(Type("uint8", (4,)), np.arange(12, dtype="u1").reshape(3, 4))}),
        "records": _table({"a": [{"x": 1, "y": ["p", "q"]}, None, {"x": 2, "y": []}]}),
        "binary": _table({"a": [b"\x00\xff", None, b""]}),
        "hostile names": _table({"a b": [1], "q\"'": [2], "ключ": [3], "a.b": [4], "__class__": [5]}),
        "mixed": _table({"n": [1.0, 2.0], "t": ["x", "y"], "i": [1, 2], "m": [3.0, None]}),
    }


def _table(columns: Mapping[str, Sequence[object] | Array | Column]) -> Table:
    return Table.from_columns(
        {
            name: column_of(values) if isinstance(values, (np.ndarray, Column)) else from_values(values, name)
            for name, values in columns.items()
        }
    )


def check_object_plug(plug: ObjectPlug, holds: Holds = everything) -> None:
    """What is made of a table reads as the same table: names, types, values and nulls."""
    for said, table in _held(holds):
        before = table.to_rows()
        made = plug.make(table)
        _check_same(plug.read(made), table, said)
        _check_split(plug, made, table, said)
        if table.to_rows() != before:
            raise AssertionError(f"{said}: making an object of a table changed the table")


def check_file_plug(plug: FilePlug, path: Path, holds: Holds = everything) -> None:
    """What is written reads as the same table, twice gives the same bytes, and damage is a DataError."""
    for said, table in _held(holds):
        plug.write(table, path)
        first = path.read_bytes()
        _check_same(plug.read(path), table, said)
        _check_split(plug, path, table, said)
        plug.write(table, path)
        if path.read_bytes() != first:
            raise AssertionError(f"{said}: the same table was written as other bytes")
    _check_damage(plug, path)


def _held(holds: Holds) -> Iterable[tuple[str, Table]]:
    return [(said, table) for said, table in tables().items() if all(map(holds, table.schema.types))]


def _check_same(found: Table, wanted: Table, said: str) -> None:
    if found != wanted:
        raise AssertionError(f"{said}: {wanted!r} {wanted.to_rows()} became {found!r} {found.to_rows()}")


def _check_split(plug: Reader, source: object, wanted: Table, said: str) -> None:
    """Columns read one by one are those of the whole, in their order, and have its rows."""
    parts = plug.split(source) if isinstance(plug, Split) else None
    if parts is not None:
        if any(len(part.values()) != wanted.length for part in parts):
            raise AssertionError(f"{said}: a column split off has not {wanted.length} values")
        _check_same(Table.from_columns({part.name: part.column() for part in parts}), wanted, said)


def _check_damage(plug: Reader, path: Path) -> None:
    content = b"\x00\xfe nonsense \x80"
    path.write_bytes(content)
    try:
        plug.read(path)
    except DataError:
        return
    raise AssertionError(f"{content!r} was read as if it were a whole file")
