"""Values that a contract itself names: whether the type of their field can hold them."""

import math
from typing import Any

import numpy as np

from boxship.core.accept import REFUSALS, accept
from boxship.core.type import MOMENTS, Type


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
        fits = _is_number(value) and not (type_.is_integer and value % 1)  # type: ignore[operator]  # a number
        return value if fits else None
    if type_.kind not in MOMENTS or not holds(type_, value):
        return None
    return np.datetime64(accept(type_, value)).astype(type_.dtype)


def reaches(type_: Type, low: Any, high: Any) -> bool:  # two bounds, in order
    """Whether a value of this type lies between them."""
    if type_.is_integer:
        info = np.iinfo(type_.kind)
        return bool(max(low, info.min) <= min(high, info.max))
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
