"""pandas data frames."""

from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from boxship.core.column import Column, column_of, from_values, with_nulls
from boxship.core.table import Schema, Table
from boxship.core.type import NUMBERS, Type
from boxship.errors import DataError
from boxship.frames.decimals import column_of_decimals
from boxship.frames.numpy_array import of_matrix
from boxship.frames.part import Part

_TEXT = pd.Series(["a"]).dtype  # what this pandas makes of text: object, or str since pandas 3


class PandasFrame:
    """A DataFrame, or a Series as one column. The index is not data: `reset_index()` makes it a column.

    Columns that nobody named (0, 1, 2, ...) are x0, x1, x2 as in arrays. Datetimes become UTC
    microseconds: finer parts are cut off, a datetime without a zone is taken as UTC.
    """

    def read(self, source: Any) -> Table:
        frame = _frame(source)
        names = _names(frame)
        if len({str(dtype) for dtype in frame.dtypes}) == 1 and str(frame.dtypes.iloc[0]) in (
            *NUMBERS,
            "bool",
        ):
            return of_matrix(frame.to_numpy(), names)
        Schema((name, Type("bool")) for name in names)  # refuses names before any column is read
        return Table.from_columns({name: _column(frame.iloc[:, at], name) for at, name in enumerate(names)})

    def split(self, source: Any) -> list[Part]:
        frame = _frame(source)
        columns = [(name, frame.iloc[:, at]) for at, name in enumerate(_names(frame))]
        return [
            Part(name, partial(_column, series, str(name)), partial(list, series.array))
            for name, series in columns
        ]

    def zones(self, source: Any) -> dict[str, str]:
        frame = _frame(source)
        found = zip(_names(frame), frame.dtypes, strict=True)
        return {name: str(dtype.tz) for name, dtype in found if str(getattr(dtype, "tz", "UTC")) != "UTC"}

    def make(self, table: Table) -> pd.DataFrame:
        """Integers with nulls become Int64 and so on, dates and tensors objects."""
        kinds = {type_.kind for type_ in table.schema.types}
        if (
            len(table.parts) == 1
            and kinds <= {*NUMBERS, "bool"}
            and not table.masks
            and table.schema.groups[0].block
        ):
            return pd.DataFrame(table.parts[0], columns=list(table.names), copy=False)
        index = pd.RangeIndex(table.length)
        made = {name: _series(table.column(name), index) for name in table.names}
        return pd.DataFrame(made, index=index, columns=list(table.names))


def _frame(source: Any) -> pd.DataFrame:  # whatever pandas makes
    frame = source.to_frame() if isinstance(source, pd.Series) else source
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            "data.unknown_source", f"a pandas {type(frame).__name__} is not a table", "give a DataFrame"
        )
    return frame


def _names(frame: pd.DataFrame) -> list[Any]:  # text, or whatever the schema then refuses
    names: list[Any] = frame.columns.tolist()
    if names == list(range(len(names))):
        return [f"x{index}" for index in names]
    return names


def _column(series: "pd.Series[Any]", name: str) -> Column:
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return column_of(series.to_numpy(), name)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column_of(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), name)
    if isinstance(dtype, pd.CategoricalDtype):
        return _of_category(series, name)
    return _of_extension(series, dtype, name)


def _of_extension(series: "pd.Series[Any]", dtype: Any, name: str) -> Column:  # a dtype of pandas' own
    if isinstance(dtype, pd.StringDtype):
        texts = series.to_numpy(object, copy=True)
        texts[series.isna().to_numpy()] = None
        return Column(Type("text"), texts)
    if isinstance(dtype, pd.SparseDtype):
        return column_of(np.asarray(series.array), name)
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype)):
        raise DataError(
            "data.unknown_dtype",
            f"column {name!r} has the dtype {dtype}, which a table cannot hold",
            "cast it to numbers, text or datetimes",
        )
    masked = str(dtype).lower().replace("boolean", "bool")
    if masked in (*NUMBERS, "bool") and not isinstance(dtype, pd.ArrowDtype):
        return _of_masked(series, Type(masked))
    return _of_objects(series, name)


def _of_category(series: "pd.Series[Any]", name: str) -> Column:
    levels = series.cat.categories
    codes = series.cat.codes.to_numpy().astype(np.int32)
    if all(isinstance(level, str) for level in levels):
        return Column(Type("category"), codes, None, tuple(levels))
    numbers = _column(levels.to_series(), name)  # categories of numbers are those numbers
    return with_nulls(numbers.take(np.maximum(codes, 0)), codes < 0)


def _of_masked(series: "pd.Series[Any]", type_: Type) -> Column:
    """Int64, Float32, boolean, ...: values beside a mask."""
    if type_.is_float:
        return Column(type_, series.to_numpy(type_.kind, na_value=np.nan))
    values = series.to_numpy(type_.kind, na_value=False if type_.kind == "bool" else 0)
    nulls = series.isna().to_numpy()
    return Column(type_, values, nulls if nulls.any() else None)


def _of_objects(series: "pd.Series[Any]", name: str) -> Column:
    """Text, objects, Arrow-backed columns: plain values, None for whatever pandas calls missing."""
    items = [_plain(item) for item in series.array]
    if any(isinstance(item, Decimal) for item in items):
        return column_of_decimals(items, name)
    if bool(series.isna().all()):
        return from_values(items, name, _type_of_nothing(series.dtype))
    return from_values(items, name)


def _plain(item: object) -> object:
    if item is pd.NA or item is pd.NaT:
        return None
    if isinstance(item, pd.Timestamp):
        return item.to_pydatetime(warn=False)
    return item.item() if isinstance(item, np.generic) else item


def _type_of_nothing(dtype: Any) -> Type | None:
    """A column without any value still has the type that its dtype names."""
    kinds = {"i": "int64", "u": "uint64", "b": "bool", "M": "datetime"}
    return Type(kinds[dtype.kind]) if dtype.kind in kinds else None


def _series(column: Column, index: pd.RangeIndex) -> "pd.Series[Any]":
    kind = column.type.kind
    if kind == "category":
        return pd.Series(
            pd.Categorical.from_codes(column.values, pd.Index(list(column.levels), dtype=_TEXT)), index=index
        )
    if kind == "text":
        return pd.Series(column.values, index=index, dtype=_TEXT)
    if column.type.shape or kind in ("record", "binary", "date"):
        items = list(column.values) if column.type.shape else column.to_list()
        out = np.empty(len(items), object)
        for row, item in enumerate(items):
            out[row] = item
        return pd.Series(out, index=index, dtype=object)
    if column.mask is None:
        return pd.Series(column.values, index=index)
    if kind == "bool":
        return pd.Series(pd.arrays.BooleanArray(column.values.copy(), column.mask.copy()), index=index)
    return pd.Series(pd.arrays.IntegerArray(column.values.copy(), column.mask.copy()), index=index)
