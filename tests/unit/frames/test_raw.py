from typing import Any

import numpy as np
import pandas as pd
import pytest

from boxship.frames.raw import pickle_raw, unpickle_raw

FRAME = pd.DataFrame(
    {
        "int": [1, 2, 3],
        "null": pd.array([1, None, 3], "Int64"),
        "bool": pd.array([True, None, False], "boolean"),
        "text": ["a", None, "c"],
        "object": np.array(["a", None, 3.5], object),
        "ns": pd.to_datetime(["2024-01-01", None, "2024-01-03"]).as_unit("ns"),
        "zone": pd.to_datetime(["2024-01-01", None, "2024-01-03"]).tz_localize("Europe/Rome"),
        "level": pd.Categorical(["x", None, "y"], categories=["y", "x"], ordered=True),
        "number": pd.Categorical([1, 2, 1]),
    },
    index=[4, 2, 7],
)


def test_a_frame_comes_back_as_it_was() -> None:
    back = unpickle_raw(pickle_raw(FRAME))
    pd.testing.assert_frame_equal(back, FRAME, check_index_type=True)
    assert back["object"].tolist()[1] is None


@pytest.mark.parametrize("name", FRAME.columns)
def test_a_series_comes_back_as_it_was(name: str) -> None:
    pd.testing.assert_series_equal(unpickle_raw(pickle_raw(FRAME[name])), FRAME[name], check_names=False)


@pytest.mark.parametrize("array", [np.zeros((2, 3), "float32"), np.array([["a", None]], object)])
def test_an_array_comes_back_as_it_was(array: Any) -> None:
    back = unpickle_raw(pickle_raw(array))
    assert (back.dtype, back.tolist()) == (array.dtype, array.tolist())


def test_no_pyarrow_is_needed_to_read_text() -> None:
    assert b"pyarrow" not in pickle_raw(FRAME)
