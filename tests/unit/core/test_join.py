from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.adapters import Given
from boxship.codecs.json import JsonCodec
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.join import Packed, join, shares
from boxship.core.table import Table
from boxship.core.verdict import Decoded
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel, number_contract
from boxship.testing.tables import contracts, good_rows

BOX = Digest("0" * 64)
SPOILT = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3)


class NullCounter(FakeModel):
    """An answer that hangs on its own row alone, and that two nulls make impossible."""

    def predict(self, table: Table) -> Sequence[Given]:
        nulls = sum((table.column(name).nulls() for name in table.names), np.zeros(table.length))
        if (nulls == 2).any():
            raise ValueError("two")
        return [Given(nulls, None)]


def spoilt_rows(data: st.DataObject, contract: Contract) -> bytes:
    rows = msgspec.json.decode(msgspec.json.encode(data.draw(good_rows(contract, max_size=3))))
    for row in rows:
        if data.draw(st.booleans()):
            row[data.draw(st.sampled_from(sorted(row)))] = data.draw(SPOILT)
    return msgspec.json.encode(rows)


def told(contract: Contract, runner: Runner, many: Sequence[Decoded | Packed]) -> list[Any]:
    answers = runner.answer(join(contract.schema, many))
    return [answer_rows(contract.outputs, one.cut()) for one in shares(answers, list(map(len, many)))]


@settings(max_examples=80)
@given(st.data())
def test_what_is_asked_together_is_answered_as_if_it_were_alone(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    codec, runner = JsonCodec(contract), Runner(BOX, contract, NullCounter())
    bodies = [spoilt_rows(data, contract) for _ in range(data.draw(st.integers(1, 4)))]
    many = [codec.decode(body).decoded for body in bodies]
    assert told(contract, runner, many) == [told(contract, runner, [one])[0] for one in many]


def test_packed_rows_are_joined_to_those_that_have_a_table() -> None:
    contract = number_contract("a", "b")
    codec, runner = JsonCodec(contract), Runner(BOX, contract, FakeModel())
    packed = codec.pack(b'{"a": 1, "b": 2}')
    assert packed is not None
    whole = codec.decode(b'[{"a": 3, "b": 4}, {"a": "x", "b": 4}]').decoded
    first, second, third = told(contract, runner, [packed, whole, packed])
    assert first == third == [{"prediction": 3.0, "verdict": "ok"}]
    assert [row["verdict"] for row in second] == ["ok", "rejected"]


def test_nothing_is_shared_by_requests_without_rows() -> None:
    contract = number_contract("a")
    codec, runner = JsonCodec(contract), Runner(BOX, contract, FakeModel())
    empty, one = codec.decode(b"[]").decoded, codec.decode(b'[{"a": 1}]').decoded
    assert told(contract, runner, [empty, one, empty]) == [[], [{"prediction": 1.0, "verdict": "ok"}], []]
