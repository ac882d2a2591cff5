"""Values of Python, numpy and data frames as plain ones."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from boxship.core.moment import in_microseconds
from boxship.errors import DataError

_TOO_DEEP = object()  # of no type, as JSON refuses such nesting too
_NOTHING = ("NaTType", "NAType")  # how pandas writes null


def plain(value: Any) -> Any:  # whatever a row holds
    """What numpy and data frames put into a row, as JSON would have it; a NaN is null but in a list."""
    try:
        return _unless_nan(_plain(value))
    except RecursionError:
        return _TOO_DEEP


def _plain(value: Any) -> Any:  # see plain
    if isinstance(value, Mapping):
        return {key: _unless_nan(_plain(one)) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:  # see plain
    if type(value).__name__ in _NOTHING:
        return None
    if isinstance(value, (np.datetime64, dt.datetime)) and type(value) is not dt.datetime:
        return _plain_moment(value)
    if isinstance(value, np.generic) and not isinstance(value, np.timedelta64):
        return value.item()  # which would make a number of a timedelta
    return value


def _unless_nan(value: Any) -> Any:  # see plain
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  # NaN


def _plain_moment(value: Any) -> object:  # a datetime64, a pandas Timestamp
    """Cut to microseconds. What Python has no name for stays what it is, and so is of the wrong type."""
    try:
        if isinstance(value, dt.datetime):
            return dt.datetime.fromisoformat(value.isoformat())
        return in_microseconds(value.reshape(1), "").item()
    except (DataError, ValueError):
        return value
