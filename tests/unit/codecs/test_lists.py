"""Rows as lists in the order of the fields: the fast decoder and the other agree."""

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boxship.codecs.json import JsonCodec
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.testing.tables import contracts, good_rows


@settings(max_examples=60)
@given(st.data())
def test_good_rows_are_those_of_objects(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    assume(all(field.type != "uint64" for field in contract.inputs))  # of which msgspec takes the lower half
    rows = data.draw(good_rows(contract))
    lists = [[row[name] for name in contract.schema.names] for row in rows]
    codec = JsonCodec(contract)
    found = codec.decode_lists(msgspec.json.encode(lists))
    assert found is not None
    assert found.table == codec.decode(msgspec.json.encode(rows)).decoded.table


@pytest.mark.parametrize("extra", ["allow", "flag"])
@pytest.mark.parametrize("row", [[1.0], [1.0, 2, 3], [1.0, None], [1.0, "2"], [1.0, 2.5], {}, 5, None])
def test_any_other_row_is_left_to_the_other(row: Any, extra: Any) -> None:
    contract = Contract(
        (Field("a", "float64"), Field("b", "int64")),
        (Output("prediction", "float64"),),
        Policies(extra=extra),
    )
    assert JsonCodec(contract).decode_lists(msgspec.json.encode([[1.0, 2], row])) is None
