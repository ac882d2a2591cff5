"""Values that a contract itself names: whether the type of their field can hold them."""

import datetime as dt
import math
from typing import Any

import numpy as np

from boxship.core.accept import REFUSALS, accept
from boxship.core.column import from_values
from boxship.core.type import MOMENTS, Type
from boxship.errors import DataError


def holds(type_: Type, value: object) -> bool:
    """Whether a row of this type could have the value, as JSON writes it."""
    if type_.shape or type_.kind == "record" or (type_.is_number and not _is_number(value)):
        return False
    try:
        accept(type_, value)
    except REFUSALS:
        return False
    return True


def names_category(type_: Type, value: object) -> bool:
    """The same for a category; encoders write those of booleans as 0 and 1."""
    return holds(type_, bool(value) if _is_bit(type_, value) else value)


def category(type_: Type, value: object) -> Any:  # of the type
    """A category as the type holds it."""
    return bool(value) if _is_bit(type_, value) else accept(type_, value)


def bound(type_: Type, value: object) -> Any:  # a number or a moment: two of them can be compared
    """One end of a range of this type; None where it cannot be one."""
    if type_.is_number:
        return value if _is_number(value) else None
    if type_.kind not in MOMENTS or type_.shape or not isinstance(value, (str, dt.date)):
        return None
    try:
        moment = from_values([value], type_=type_).values[0]
    except (DataError, ValueError, TypeError, OverflowError):
        return None
    return None if np.isnat(moment) else moment


def reaches(type_: Type, low: Any, high: Any) -> bool:  # two bounds, in order
    """Whether a value of this type lies between them."""
    if type_.is_integer:
        info = np.iinfo(type_.kind)
        return bool(math.ceil(max(low, info.min)) <= math.floor(min(high, info.max)))
    if type_.is_float:
        limits = np.finfo(type_.kind)
        return bool(low <= float(limits.max) and high >= float(limits.min))
    return True


def _is_bit(type_: Type, value: object) -> bool:
    return type_.kind == "bool" and not type_.shape and value in (0, 1)


def _is_number(value: object) -> bool:
    """A finite one, which JSON can write."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False
