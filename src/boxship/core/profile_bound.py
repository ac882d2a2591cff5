"""Bounds that tell the range of a column and no single value of it."""

import math
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

Number = int | float

# Forty digits hold every double and every 64-bit integer as written; exponents go past the subnormals.
_EXACT = Context(prec=40, Emin=-9999, Emax=9999)
_LARGEST = sys.float_info.max


def rounded_bounds(low: Number, high: Number) -> tuple[Number, Number]:
    """Both bounds, rounded outward to two significant digits of their distance.

    Integers stay integers and move in whole steps. A constant is returned as it is: whoever asks has
    made sure that enough rows hold it. Rounding is decimal, so that no digits appear which nobody
    wrote, and the same on every machine.

    >>> rounded_bounds(17.3, 95.9)
    (17.0, 96.0)
    >>> rounded_bounds(1703, 95012)
    (1000, 96000)
    """
    if low == high:
        return low, high
    power = power_of(low, high)
    return round_down(low, power), round_up(high, power)


def power_of(low: Number, high: Number) -> int:
    """The power of ten that is the second significant digit of the distance between two numbers."""
    power = _EXACT.subtract(_decimal(high), _decimal(low)).adjusted() - 1
    return max(power, 0) if isinstance(low, int) and isinstance(high, int) else power


def round_down(value: Number, power: int) -> Number:
    """The next multiple of a power of ten at or below a number."""
    return _rounded(value, power, ROUND_FLOOR)


def round_up(value: Number, power: int) -> Number:
    """The next multiple of a power of ten at or above a number."""
    return _rounded(value, power, ROUND_CEILING)


def one_step_in(low: Number, high: Number, power: int) -> tuple[Number, Number]:
    """From both bounds as far inward as they may have been rounded outward: values went at least so far.

    >>> one_step_in(1000, 96000, 3)
    (2000, 95000)
    """
    whole = isinstance(low, int) and isinstance(high, int)
    half = 10**power // 2 if whole else 10.0**power / 2
    return round_up(low + half, power), round_down(high - half, power)


def _rounded(value: Number, power: int, rounding: str) -> Number:
    steps = int(_decimal(value).scaleb(-power, _EXACT).to_integral_value(rounding, _EXACT))
    if isinstance(value, int):
        return _as_wide_as_its_type(steps * 10**power, value)
    rounded = float(f"{steps}e{power}") + 0.0  # no negative zero
    return min(max(rounded, -_LARGEST), _LARGEST)


def _as_wide_as_its_type(rounded: int, value: int) -> int:
    """Nothing in a column of int64 or uint64 goes beyond the type's own last value."""
    last = (1 << 63) - 1 if value < 1 << 63 else (1 << 64) - 1
    return min(max(rounded, -(1 << 63)), last)


def _decimal(value: Number) -> Decimal:
    return Decimal(value) if isinstance(value, int) else Decimal(repr(value))


def simplest(low: Number, value: Number, high: Number) -> Number:
    """A number with as few digits as its neighbours allow: `value`, rounded, from `low` to `high`."""
    if isinstance(low, int) and isinstance(value, int) and isinstance(high, int):
        return _simplest_integer(low, value, high)
    return _simplest_float(float(low), float(value), float(high))


def _simplest_integer(low: int, value: int, high: int) -> int:
    step: int = 10 ** len(str(high - low))
    while True:
        rounded = (value + step // 2) // step * step
        if low <= rounded <= high:
            return rounded
        step //= 10


def _simplest_float(low: float, value: float, high: float) -> float:
    for digits in range(_digits_surely_too_few(value, high - low), 17):
        rounded = float(f"{value:.{digits}e}") + 0.0
        if low <= rounded <= high:
            return rounded
    return value


def _digits_surely_too_few(value: float, width: float) -> int:
    if width == 0.0 or value == 0.0:
        return 0
    bits = _exponent(value) - _exponent(width)
    return max(0, bits * 3 // 10 - 1)


def _exponent(value: float) -> int:
    return 1024 if math.isinf(value) else math.frexp(value)[1]
