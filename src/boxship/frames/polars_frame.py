"""polars data frames."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from boxship.core.column import Array, Column, from_values
from boxship.core.moment import in_days, in_microseconds
from boxship.core.table import Schema, Table
from boxship.core.type import NUMBERS, Type
from boxship.errors import DataError
from boxship.frames.decimals import column_of_decimals
from boxship.frames.part import Part


class PolarsFrame:
    """A DataFrame, a LazyFrame (which is collected) or a Series. Datetimes become UTC microseconds."""

    def read(self, source: Any) -> Table:
        frame = _frame(source)
        Schema((name, Type("bool")) for name in frame.columns)  # refuses names before any column is read
        return Table.from_columns({series.name: _column(series) for series in frame.get_columns()})

    def split(self, source: Any) -> list[Part]:
        return [
            Part(one.name, partial(_column, one), partial(_values, one))
            for one in _frame(source).get_columns()
        ]

    def zones(self, source: Any) -> dict[str, str]:
        if isinstance(source, pl.Series):
            source = source.to_frame()
        return zones_of(source.collect_schema())

    def make(self, table: Table) -> pl.DataFrame:
        """Tensors become arrays, records structs."""
        return pl.DataFrame([_series(table.column(name), name) for name in table.names])


def _frame(source: Any) -> pl.DataFrame:  # whatever polars makes
    frame = source.collect() if isinstance(source, pl.LazyFrame) else source
    if isinstance(frame, pl.Series):
        frame = frame.to_frame()
    if not isinstance(frame, pl.DataFrame):
        raise DataError(
            "data.unknown_source", f"a polars {type(source).__name__} is not a table", "give a DataFrame"
        )
    return frame


def _values(series: pl.Series) -> list[object]:
    if not isinstance(series.dtype, (pl.Date, pl.Datetime)):
        return series.to_list()
    return list(_moments(series))  # to_list fails for all where one is beyond Python's years


def zones_of(schema: Mapping[str, Any]) -> dict[str, str]:
    """See frames.Zoned."""
    found = {name: getattr(dtype, "time_zone", None) for name, dtype in schema.items()}
    return {name: zone for name, zone in found.items() if zone not in (None, "UTC")}


def _column(series: pl.Series) -> Column:
    dtype, name = series.dtype, series.name
    if dtype.is_integer() or dtype == pl.Boolean:
        return _of_whole(series)
    if dtype.is_float():
        return Column(Type(str(dtype).lower()), series.fill_null(float("nan")).to_numpy())
    if dtype.is_temporal():
        return _of_moments(series)
    if dtype.is_decimal():
        return column_of_decimals(series.to_list(), name)
    return _of_others(series, dtype, name)


def _of_whole(series: pl.Series) -> Column:
    kind = "bool" if series.dtype == pl.Boolean else str(series.dtype).lower()
    if kind not in (*NUMBERS, "bool"):
        raise _unknown(series)
    type_ = Type(kind)
    if not series.null_count():
        return Column(type_, series.to_numpy())
    filled = series.fill_null(value=False if type_.kind == "bool" else 0)
    return Column(type_, filled.to_numpy(), series.is_null().to_numpy())


def _of_moments(series: pl.Series) -> Column:
    if series.dtype == pl.Date:
        return Column(Type("date"), in_days(_moments(series), series.name))
    if not isinstance(series.dtype, pl.Datetime):
        raise _unknown(series)
    return Column(Type("datetime"), in_microseconds(_moments(series), series.name))


def _moments(series: pl.Series) -> Array:
    """In the series' own unit, in UTC."""
    if getattr(series.dtype, "time_zone", None):
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return series.to_numpy()


def _of_others(series: pl.Series, dtype: pl.DataType, name: str) -> Column:
    nothing = series.null_count() == len(series)
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        return _of_category(series)
    if isinstance(dtype, pl.Array) and not series.null_count():
        return _of_tensors(series, dtype)
    if dtype == pl.Null:
        return Column(Type("float64"), np.full(len(series), np.nan))
    if isinstance(dtype, (pl.List, pl.Array)):
        return from_values(series.to_list(), name, Type("record") if nothing else None)
    kinds = {pl.String: "text", pl.Binary: "binary", pl.Struct: "record"}
    kind = kinds.get(dtype.base_type())
    if kind is None:
        raise _unknown(series)
    return from_values(series.to_list(), name, Type(kind))


def _of_category(series: pl.Series) -> Column:
    """Levels that occur, in order: polars' own codes depend on what else was read in the process."""
    levels = sorted(series.cast(pl.String).drop_nulls().unique().to_list())
    codes = series.cast(pl.String).cast(pl.Enum(levels)).to_physical().cast(pl.Int32).fill_null(-1)
    return Column(Type("category"), codes.to_numpy(), None, tuple(levels))


def _of_tensors(series: pl.Series, dtype: pl.Array) -> Column:
    inner = dtype.inner
    while isinstance(inner, pl.Array):
        inner = inner.inner
    kind = "bool" if inner == pl.Boolean else str(inner).lower()
    values = series.to_numpy()
    if kind not in (*NUMBERS, "bool") or values.dtype == np.dtype(object) or 0 in dtype.shape:
        return from_values(series.to_list(), series.name, None if len(series) else Type("record"))
    return Column(Type(kind, tuple(dtype.shape)), values.astype(kind, copy=False))


def _unknown(series: pl.Series) -> DataError:
    return DataError(
        "data.unknown_dtype",
        f"column {series.name!r} has the dtype {series.dtype}, which a table cannot hold",
        "cast it to numbers, text or datetimes",
    )


def _series(column: Column, name: str) -> pl.Series:
    kind = column.type.kind
    if column.type.shape:
        return _tensors(column, name)
    if kind == "category":
        texts = pl.Series(name, column.to_list(), dtype=pl.String)
        return texts.cast(pl.Enum(list(column.levels)))
    if kind in ("text", "binary", "record"):
        return _loose(column, name, kind)
    values = np.ascontiguousarray(column.values)
    series = pl.Series(name, values)
    nulls = column.nulls()
    return series.set(pl.Series(nulls), None) if nulls.any() else series


def _tensors(column: Column, name: str) -> pl.Series:
    flat = pl.Series(name, np.ascontiguousarray(column.values).reshape(-1))
    return flat.reshape((len(column), *column.type.shape)) if len(column) else flat


def _loose(column: Column, name: str, kind: str) -> pl.Series:
    dtype = {"text": pl.String, "binary": pl.Binary}.get(kind)
    try:
        return pl.Series(name, column.to_list(), dtype=dtype, strict=True)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(
            "data.cannot_write",
            f"column {name!r} holds records of several forms, which polars cannot hold: {error}",
            "give a key one type, or write JSON lines",
        ) from error
