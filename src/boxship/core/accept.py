"""Plain values as a type holds them."""

import datetime as dt
from typing import Any

import msgspec
import numpy as np

from boxship.core.column import Array
from boxship.core.moment import in_utc, parse_moment
from boxship.core.type import MOMENTS, Type

PLAIN: dict[str, Any] = {  # the Python type that msgspec reads a kind into
    "bool": bool,
    "text": str,
    "category": str,
    "binary": bytes,
    "date": dt.date,
    "datetime": dt.datetime,
}
REFUSALS = (msgspec.ValidationError, ValueError, TypeError, OverflowError, RecursionError)


def accept(type_: Type, value: object) -> Any:  # of the type
    """A value as JSON, rows of Python objects and contracts write it, as this type holds it.

    Raises one of `REFUSALS` for what the type cannot hold. Datetimes come back in UTC, without a zone.
    """
    if type_.shape:
        return _tensor(type_, value)
    if type_.is_integer:
        return _integer(type_, value)
    if type_.is_float:
        return msgspec.convert(_as_float(value), float)
    if type_.kind == "record":
        return msgspec.convert(value, dict | list)
    if type_.kind in MOMENTS:
        return _moment(type_, value)
    return msgspec.convert(value, PLAIN[type_.kind])


def _integer(type_: Type, value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    number = msgspec.convert(value, int)
    info = np.iinfo(type_.kind)
    if not info.min <= number <= info.max:
        raise ValueError("out of the type's range")
    return number


def _moment(type_: Type, value: object) -> dt.date:
    """A date is its midnight, and the other way round."""
    if isinstance(value, str):
        value = parse_moment(value)
    if not isinstance(value, dt.date) or type(value) not in (dt.date, dt.datetime):
        raise TypeError("not a moment")  # a child of theirs may know years that Python does not
    if not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time()) if type_.kind == "datetime" else value
    there = in_utc(value)
    if type_.kind == "datetime":
        return there
    if there.time() != dt.time():
        raise ValueError("not midnight")
    return there.date()


def _tensor(type_: Type, value: object) -> Array:
    """Each value in it is what the type's kind holds alone."""
    flat: list[Any] = [value]
    for size in type_.shape:
        if any(not isinstance(one, list) or len(one) != size for one in flat):
            raise ValueError("another shape")
        flat = [inner for one in flat for inner in one]
    kind = Type(type_.kind)
    if {*map(type, flat)} != {float if kind.is_float else int if kind.is_integer else bool}:
        flat = [accept(kind, one) for one in flat]
    elif kind.is_integer:
        _ = accept(kind, min(flat)), accept(kind, max(flat))  # and so all between them
    with np.errstate(over="ignore"):  # one too large for a narrow float is infinite
        return np.array(flat, type_.dtype).reshape(type_.shape)


def _as_float(value: object) -> object:
    """An integer as the float it is in JSON: infinite where it is too large. Anything else as it is."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
