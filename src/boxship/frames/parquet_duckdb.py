"""Parquet by duckdb."""

from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from boxship.core.column import Array, Column, category_of, from_values
from boxship.core.moment import in_days, in_microseconds
from boxship.core.table import Schema, Table
from boxship.core.type import Type
from boxship.errors import DataError
from boxship.frames.arrow_schema import ArrowField, parse_arrow_schema
from boxship.frames.decimals import column_of_decimals
from boxship.frames.file import damaged

_NUMBERS = {
    "TINYINT": "int8",
    "SMALLINT": "int16",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "UTINYINT": "uint8",
    "USMALLINT": "uint16",
    "UINTEGER": "uint32",
    "UBIGINT": "uint64",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
}
_PLAIN = ArrowField(is_dictionary=False, is_fixed_size_list=False)


class DuckdbParquet:
    """What duckdb does not tell (categories, fixed sizes) is taken from the Arrow schema in the file."""

    def read(self, source: Path) -> Table:
        try:
            with duckdb.connect() as connection:
                return _read(connection, source)
        except duckdb.Error as error:
            raise damaged(source, error, "Parquet") from error

    def split(self, source: Path) -> None:
        """None: the columns end with the connection."""
        del source

    def zones(self, source: Path) -> dict[str, str]:
        """None: duckdb tells whether there is a zone, not which."""
        del source
        return {}


class _Source(NamedTuple):
    connection: Any  # duckdb ships no types
    path: str
    name: str
    kind: str

    def fetch(self, expression: str = "{}") -> Array:
        """The column, or an expression of it, as duckdb gives it to numpy."""
        values: Array = self._asked(expression).fetchnumpy()["c"]
        return values

    def items(self) -> list[object]:
        return [item for (item,) in self._asked("{}").fetchall()]

    def _asked(self, expression: str) -> Any:
        quoted = '"' + self.name.replace('"', '""') + '"'
        return self.connection.execute(
            f"SELECT {expression.format(quoted)} AS c FROM read_parquet(?, hive_partitioning = false)",  # noqa: S608  # the name is quoted
            [self.path],
        )


def _read(connection: Any, path: Path) -> Table:
    place = _without_wildcards(path)
    told = connection.execute(
        "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'ARROW:schema'", [place]
    ).fetchall()
    arrow = parse_arrow_schema(told[0][0]) if told else {}
    columns = connection.execute(
        "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)", [place]
    ).fetchall()
    names = [name for name, *_ in columns]
    Schema((name, Type("bool")) for name in names)  # refuses names before any column is read
    return Table.from_columns(
        {
            name: _column(_Source(connection, place, name, kind), arrow.get(name, _PLAIN))
            for name, kind, *_ in columns
        }
    )


def _without_wildcards(path: Path) -> str:
    """A path that duckdb does not take for a pattern."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


def _column(source: _Source, arrow: ArrowField) -> Column:
    kind, name = source.kind, source.name
    if kind in _NUMBERS:
        return _numbers(source.fetch(), Type(_NUMBERS[kind]))
    if kind == "DATE":
        days = _moments(source.fetch("epoch_us({}::TIMESTAMP)"), "date", 86_400_000_000)
        return Column(Type("date"), in_days(days, name))
    if kind.startswith("TIMESTAMP"):
        return Column(
            Type("datetime"), in_microseconds(_moments(source.fetch("epoch_us({})"), "datetime", 1), name)
        )
    items = source.items()
    if kind.startswith("DECIMAL"):
        return column_of_decimals(items, name)
    if kind == "VARCHAR":
        return category_of(items) if arrow.is_dictionary else from_values(items, name, Type("text"))
    return _nested(source, items, arrow)


def _numbers(values: Array, type_: Type) -> Column:
    mask = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    if type_.is_float:
        return Column(type_, np.where(mask, np.nan, plain).astype(type_.dtype) if mask.any() else plain)
    return Column(type_, np.where(mask, 0, plain).astype(type_.dtype), mask if mask.any() else None)


def _moments(values: Array, kind: str, unit: int) -> Array:
    """From microseconds since 1970, which need no time zones to be compared."""
    whole = np.ma.getdata(values).astype(np.int64) // unit
    moments = whole.view(Type(kind).dtype)
    moments[np.ma.getmaskarray(values)] = np.datetime64("NaT")
    return moments


def _nested(source: _Source, items: list[object], arrow: ArrowField) -> Column:
    kind = source.kind
    inner = _NUMBERS.get(kind.split("[")[0])
    nothing = all(item is None for item in items)
    if arrow.is_fixed_size_list and inner and None not in items:
        array = np.asarray(items, inner)
        return Column(Type(inner, array.shape[1:]), array)
    if kind.endswith("]"):
        return from_values(items, source.name, Type("record") if nothing else None)
    if kind == "BLOB" or kind.startswith(("STRUCT", "MAP")):
        return from_values(items, source.name, Type("binary" if kind == "BLOB" else "record"))
    raise DataError(
        "data.unknown_dtype",
        f"column {source.name!r} has the DuckDB type {kind}, which a table cannot hold",
        "cast it to numbers, text or datetimes",
    )
