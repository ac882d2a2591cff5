import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.codecs.explain import explain_rows
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.errors import BoxshipError, DataError
from boxship.testing.tables import contracts, good_rows


@settings(max_examples=60)
@given(st.data())
def test_any_table_comes_back_and_has_one_form(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    rows = data.draw(good_rows(contract))
    table = explain_rows(contract, msgspec.json.decode(msgspec.json.encode(rows))).table
    written = to_bytes(table)
    assert from_bytes(written) == table
    assert to_bytes(from_bytes(written)) == written


def test_the_bytes_are_the_same_everywhere() -> None:
    table = Table.of({"a": [1, 2, None], "b": [0.1, None, -0.0], "c": ["x", None, "ü"]})
    assert Digest.of(to_bytes(table)).short == "04991b2d14d8"


def test_every_nan_is_one_nan() -> None:
    odd = np.array([0x7FF8000000000001], "u8").view("f8")
    assert to_bytes(Table.of({"a": odd})) == to_bytes(Table.of({"a": [float("nan")]}))


@settings(max_examples=200)
@given(place=st.integers(0, 10_000), byte=st.integers(1, 255))
def test_damage_is_an_error_or_another_table(place: int, byte: int) -> None:
    data = bytearray(to_bytes(Table.of({"a": [1, 2], "t": ["x", None], "m": [True, None]})))
    data[place % len(data)] ^= byte
    try:
        found = from_bytes(bytes(data))
    except BoxshipError:
        return
    assert from_bytes(to_bytes(found)) == found


@pytest.mark.parametrize("cut", [0, 4, 12, 60, -1])
def test_a_table_that_ends_early_is_damaged(cut: int) -> None:
    with pytest.raises(DataError) as caught:
        from_bytes(to_bytes(Table.of({"a": [1.0]}))[:cut])
    assert caught.value.code == "table.damaged"


def test_a_newer_format_says_so() -> None:
    data = to_bytes(Table.of({"a": [1.0]})).replace(b'"format":1', b'"format":2')
    with pytest.raises(DataError) as caught:
        from_bytes(data)
    assert caught.value.code == "table.newer_format"
    assert caught.value.hint
