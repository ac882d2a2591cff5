"""Values that a contract itself names: whether the type of their field can hold them."""

import base64
import binascii
import datetime as dt
import math
from typing import Any

import msgspec
import numpy as np

from boxship.core.column import from_values
from boxship.core.type import MOMENTS, Type


def holds(type_: Type, value: object) -> bool:
    """Whether a row of this type could have the value, as JSON writes it."""
    if type_.shape or type_.kind == "record":
        return False
    if type_.is_number:
        return _is_number(value) and (type_.is_float or _fits(type_, value))
    if type_.kind == "bool":
        return value in (0, 1)
    if type_.kind in MOMENTS:
        return _is_moment(type_, value)
    return isinstance(value, str) and (type_.kind != "binary" or _is_base64(value))


def bound(type_: Type, value: object) -> Any:  # a number or a moment: two of them can be compared
    """One end of a range of this type; None where it cannot be one."""
    if type_.is_number:
        return value if _is_number(value) else None
    if type_.kind not in MOMENTS or type_.shape or not isinstance(value, (str, dt.date)):
        return None
    try:
        moment = from_values([value], type_=type_).values[0]
    except (ValueError, TypeError, OverflowError):
        return None
    return None if np.isnat(moment) else moment


def _is_number(value: object) -> bool:
    """A finite one, which JSON can write."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _fits(type_: Type, value: Any) -> bool:  # a number
    info = np.iinfo(type_.kind)
    return bool(value == int(value) and info.min <= int(value) <= info.max)


def _is_moment(type_: Type, value: object) -> bool:
    try:
        msgspec.convert(value, dt.date if type_.kind == "date" else dt.datetime)
    except msgspec.ValidationError:
        return False
    return True


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
