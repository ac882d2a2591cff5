"""What plain Python answered, as columns: one, or several by name."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from boxship.core.column import Column, column_of
from boxship.errors import BoxError

_ONE = "prediction"


def columns_of(answer: Any) -> dict[str, Column]:
    """A frame, a dict of columns or a list of flat dicts are several; anything else is one.

    Raises where the answers are of no one type, or some are None.
    """
    if hasattr(answer, "columns") and hasattr(answer, "to_numpy"):  # a DataFrame of any library
        columns = {str(name): _column(str(name), answer[name]) for name in answer.columns}
    elif isinstance(answer, Mapping):
        columns = {str(name): _column(str(name), values) for name, values in answer.items()}
    elif (names := _names_of(answer)) is not None:
        columns = {name: _column(name, [row[name] for row in answer]) for name in names}
    else:
        columns = {_ONE: _column(_ONE, answer)}
    return {_ONE: next(iter(columns.values()))} if len(columns) == 1 else columns


def _names_of(answer: Any) -> tuple[str, ...] | None:
    """Of the values in every row; None where rows are something else, or are nested."""
    if not isinstance(answer, list) or not answer or not all(isinstance(row, dict) for row in answer):
        return None
    names = tuple(answer[0])
    same = all(tuple(row) == names and not any(map(_is_nested, row.values())) for row in answer)
    return names if same and all(isinstance(name, str) for name in names) else None


def _is_nested(value: object) -> bool:
    return isinstance(value, (dict, list, tuple, np.ndarray))


def _column(name: str, values: Any) -> Column:
    if hasattr(values, "toarray"):
        values = values.toarray()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    elif not isinstance(values, (np.ndarray, list)) and hasattr(values, "__array__"):
        values = np.asarray(values)
    if isinstance(values, np.ndarray):
        if values.ndim == 0:
            raise _no_rows(values)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
    elif isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise _no_rows(values)
    column = column_of(values if isinstance(values, np.ndarray) else list(values), name)
    if not column.type.is_float and column.nulls().any():
        row = int(np.flatnonzero(column.nulls())[0])
        raise BoxError(
            "model.wrong_type",
            f"the model answered row {row} with None",
            f"answers that are {column.type}, and none that is None",
        )
    return column


def _no_rows(values: object) -> BoxError:
    return BoxError(
        "model.wrong_shape",
        f"the model answered with one {type(values).__name__} for all rows",
        "one answer a row for every output",
    )
