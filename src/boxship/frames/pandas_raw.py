"""pandas frames taken apart, to be put together by another pandas, which may lack pyarrow."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from boxship.core.column import Array


class RawColumn(NamedTuple):
    """Values with the name of their dtype; of a category its codes, and its levels as another column."""

    dtype: str
    values: Array
    levels: "RawColumn | None" = None
    ordered: bool = False


class RawFrame(NamedTuple):
    """A frame, or a Series where there are no names."""

    names: Sequence[Any] | None  # whatever pandas takes as names
    columns: Sequence[RawColumn]
    labels: RawColumn  # the index


class PandasRaw:
    """As a frame is, unlike a table: with its index, its dtypes and every kind of null."""

    def take_apart(self, rows: "pd.DataFrame | pd.Series[Any]") -> RawFrame:
        labels = _apart(rows.index.to_series())
        if isinstance(rows, pd.Series):
            return RawFrame(None, [_apart(rows)], labels)
        columns = [_apart(rows.iloc[:, place]) for place in range(rows.shape[1])]
        return RawFrame(rows.columns.tolist(), columns, labels)

    def put_together(self, raw: RawFrame) -> Any:  # a DataFrame or a Series
        index = pd.Index(_together(raw.labels))
        made = [_together(column).set_axis(index) for column in raw.columns]
        if raw.names is None:
            return made[0]
        return pd.DataFrame(dict(enumerate(made)), index=index).set_axis(list(raw.names), axis=1)


def _apart(series: "pd.Series[Any]") -> RawColumn:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels = _apart(dtype.categories.to_series())
        return RawColumn("category", series.cat.codes.to_numpy(), levels, bool(dtype.ordered))
    values = series.to_numpy() if isinstance(dtype, np.dtype) else series.to_numpy(object)
    return RawColumn(str(dtype), values)


def _together(raw: RawColumn) -> "pd.Series[Any]":
    if raw.levels is None:
        return pd.Series(raw.values, dtype=raw.dtype)
    levels = pd.Index(_together(raw.levels))
    return pd.Series(pd.Categorical.from_codes(raw.values.tolist(), levels, ordered=raw.ordered))
