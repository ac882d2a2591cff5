"""Dates and datetimes as tables hold them: in UTC, to the microsecond, of the years 1 to 9999."""

import datetime as dt
import re
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from boxship.errors import DataError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_MOMENT = re.compile(rf"{_DATE.pattern}[T ]{_CLOCK}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?")
FIRST = np.datetime64("0001-01-01", "D")
LAST = np.datetime64("9999-12-31T23:59:59.999999", "us")
_FINE = ("ns", "ps", "fs", "as")  # units whose 64 bits end before those years do


def in_utc(moment: dt.datetime) -> dt.datetime:
    """The same moment without a zone; one without is in UTC. OverflowError where it leaves the years."""
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def parse_moment(text: str) -> dt.date:
    """A date, or a datetime of RFC 3339; seconds, and parts of the offset, may be left out.

    Raises ValueError for anything else.
    """
    if _DATE.fullmatch(text):
        return dt.date.fromisoformat(text)
    try:
        return msgspec.convert(text, dt.datetime)
    except msgspec.ValidationError:
        if not _MOMENT.fullmatch(text):
            raise ValueError("not a moment") from None
        return dt.datetime.fromisoformat(text)


def in_microseconds(moments: NDArray[Any], name: str) -> NDArray[Any]:
    """datetime64 of any unit as microseconds; finer parts are cut off.

    What lies outside the years is `data.beyond_years`: Python and JSON cannot say it, and numpy would
    wrap it.
    """
    return _within(moments, name).astype("datetime64[us]", copy=False)


def in_days(moments: NDArray[Any], name: str) -> NDArray[Any]:
    """The same as days."""
    return _within(moments, name).astype("datetime64[D]", copy=False)


def moment_text(moment: np.datetime64) -> str:
    """The shortest text that `parse_moment` reads as this moment."""
    text = str(moment)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removesuffix(":00").removesuffix("T00:00")


def beyond_years(name: str, row: int) -> DataError:
    return DataError(
        "data.beyond_years",
        f"column {name!r} row {row} holds a moment outside the years 1 to 9999",
        "correct the data, or make it null",
    )


def _within(moments: NDArray[Any], name: str) -> NDArray[Any]:
    if np.datetime_data(moments.dtype)[0] in _FINE:
        return moments
    first, last = FIRST.astype(moments.dtype), LAST.astype(moments.dtype)
    if first < FIRST:  # the week in which year 1 begins
        first += 1
    outside = (moments < first) | (moments > last)
    if outside.any():
        raise beyond_years(name, int(np.flatnonzero(outside)[0]))
    return moments
