"""Dates and datetimes of the years 1 to 9999, in UTC."""

import datetime as dt

import numpy as np
import pytest

from boxship.core.accept import REFUSALS, accept
from boxship.core.column import Column, column_of, from_values
from boxship.core.moment import moment_text, parse_moment
from boxship.core.type import Type
from boxship.errors import DataError

HOUR = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us"])
@pytest.mark.parametrize("moment", ["0001-01-08", "1969-12-31", "9999-12-20"])
def test_moments_of_every_unit_are_held(unit: str, moment: str) -> None:
    values = np.array([moment, "NaT"], f"datetime64[{unit}]")
    assert column_of(values).values.astype("M8[us]").tolist() == values.astype("M8[us]").tolist()


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us"])
@pytest.mark.parametrize("moment", ["-0001-01-01", "0000-12-01", "10000-01-14"])
def test_moments_outside_the_years_are_refused(unit: str, moment: str) -> None:
    with pytest.raises(DataError) as caught:
        column_of(np.array(["2024-02-29", moment], f"datetime64[{unit}]"), "day")
    assert caught.value.code == "data.beyond_years"
    assert "'day' row 1" in caught.value.message


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_no_moment_is_wrapped(unit: str) -> None:
    with pytest.raises(DataError):
        column_of(np.array([2**61], f"datetime64[{unit}]"))


def test_finer_parts_than_microseconds_are_cut_off() -> None:
    column = column_of(np.array([1999, -1], "datetime64[ns]"))
    assert column.values.astype("i8").tolist() == [1, -1]


@pytest.mark.parametrize("moment", [dt.datetime(1, 1, 1, tzinfo=HOUR)])
def test_a_zone_that_leaves_the_years_is_refused(moment: dt.datetime) -> None:
    with pytest.raises(DataError) as caught:
        from_values([None, moment])
    assert caught.value.code == "data.beyond_years"
    with pytest.raises(REFUSALS):
        accept(Type("datetime"), moment)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2024-02-29T12:00:00Z", dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)),
        ("2024-02-29 12:00", dt.datetime(2024, 2, 29, 12)),
        ("2024-02-29T12:00:00.5+0100", dt.datetime(2024, 2, 29, 12, 0, 0, 500_000, HOUR)),
        ("2024-02-29T12:00+01", dt.datetime(2024, 2, 29, 12, tzinfo=HOUR)),
    ],
)
def test_texts_that_are_moments(text: str, held: dt.date) -> None:
    assert parse_moment(text) == held


@pytest.mark.parametrize(
    "text",
    ["", "20240229", "2024-02-30", "2024-2-29", "2024-W09-4", "2024-02-29T24:00", "2024-02-29T12", "now"],
)
def test_texts_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


def test_a_column_is_taken_with_its_nulls() -> None:
    column = from_values([1, None, 3])
    assert column.take(np.array([2, 1])) == Column(Type("int64"), np.array([3, 0]), np.array([False, True]))


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-01",
        "2020-10-10T10:10",
        "2020-01-01T00:00:10",
        "2020-01-01T00:01",
        "2020-01-01T00:00:00.000100",
    ],
)
def test_a_moment_is_told_as_short_as_it_can_be(text: str) -> None:
    moment = np.datetime64(text, "us")
    told = moment_text(moment)
    assert told == (text.rstrip("0") if "." in text else text)
    assert np.datetime64(parse_moment(told), "us") == moment
    assert moment_text(np.datetime64("2020-01-01", "D")) == "2020-01-01"
