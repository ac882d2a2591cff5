"""What `boxship.call` takes as rows."""

import datetime as dt

import msgspec
import numpy as np
import pandas as pd
import pytest

from boxship._call import _body
from boxship.core.table import Table
from boxship.errors import DataError

ROWS = [{"age": 41, "city": "Rome"}, {"age": 29, "city": None}]


@pytest.mark.parametrize(
    "rows",
    [ROWS, tuple(ROWS), pd.DataFrame(ROWS), Table.of({"age": [41, 29], "city": ["Rome", None]})],
    ids=["list", "tuple", "DataFrame", "Table"],
)
def test_rows_of_any_form_are_the_same_rows(rows: object) -> None:
    assert msgspec.json.decode(_body(rows)) == ROWS


def test_values_of_numpy_are_plain_values() -> None:
    row = {"a": np.int64(3), "b": np.float32(0.5), "c": np.bool_(True), "d": np.arange(2), "e": np.nan}
    assert msgspec.json.decode(_body(row)) == {"a": 3, "b": 0.5, "c": True, "d": [0, 1], "e": None}


def test_dates_are_text() -> None:
    assert _body({"on": dt.date(2024, 2, 29)}) == b'{"on":"2024-02-29"}'


@pytest.mark.parametrize("value", [object(), 1j, len], ids=["object", "complex", "function"])
def test_what_is_no_value_has_a_code(value: object) -> None:
    with pytest.raises(DataError) as caught:
        _body({"a": value})
    assert caught.value.code == "data.unknown_value"
