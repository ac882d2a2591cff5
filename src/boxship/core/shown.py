"""Values as reasons tell them."""

import datetime as dt
from base64 import b64encode
from contextlib import suppress
from decimal import Decimal

import numpy as np

from boxship.core.moment import in_utc

_LONGEST = 200
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def shown(value: object) -> object:
    """What was sent, short enough to send back, as JSON can write it."""
    if isinstance(value, (dict, list)):
        return f"{kind(value)} of {len(value)}"
    if isinstance(value, (int, float)):
        return _shown_number(value)
    if isinstance(value, dt.date):
        return _shown_moment(value)
    if isinstance(value, (str, Decimal)):
        return shown_text(str(value))
    if isinstance(value, bytes):
        return b64encode(value[: _LONGEST * 3 // 4]).decode()
    return f"a {type(value).__name__}"[:_LONGEST]


def shown_text(text: str) -> str:
    """The same for a text."""
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def _shown_moment(value: dt.date) -> str:
    if isinstance(value, dt.datetime):
        with suppress(OverflowError):  # as it came, where it leaves the years in UTC
            value = in_utc(value)
    return value.isoformat()


def _shown_number(value: float) -> object:
    if isinstance(value, float):
        if not np.isfinite(value):
            return str(value)  # JSON has no infinity
        return int(value) if value.is_integer() and abs(value) < 2**53 else value  # 41 reads better than 41.0
    return value if value.bit_length() <= 64 else f"an integer of {value.bit_length()} bits"


def kind(value: object) -> str:
    """What JSON calls it."""
    return _KINDS.get(type(value), "a value")


def at_most(value: float) -> str:
    """In one digit, rounded up, so that it is no less than the truth.

    >>> at_most(1.2e-7)
    '2e-07'
    """
    near = f"{value:.0e}"
    digit, power = near.split("e")
    found = near if float(near) >= value else f"{int(digit) + 1}e{power}"
    return f"{float(found):g}"


def size(count: int) -> str:
    """Bytes as people say them."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
