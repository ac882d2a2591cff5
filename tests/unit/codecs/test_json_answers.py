from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship.adapters import Given
from boxship.codecs.json import JsonCodec
from boxship.codecs.json_answers import JsonAnswers
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.digest import Digest
from boxship.core.join import Share
from boxship.core.verdict import Answers
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel

FIELDS = (Field("x", "float64", range=(0, 9)),)
SHARES = np.array([[0.25, 0.75], [1.0, 0.0], [0.1, 0.9]])
LABELS = {
    "text": ("no", "yes"),
    "with marks": ('say "no"', "back\\slash"),
    "bool": (False, True),
    "int": (0, 1),
    "zeros": (0.0, 2.5),
}


def answers(contract: Contract, given: list[Given], rows: list[Any]) -> Answers:
    runner = Runner(Digest("0" * 64), contract, FakeModel(lambda _, __: given))
    return runner.answer(JsonCodec(contract).decode(msgspec.json.encode(rows)).decoded)


def contract_of(*outputs: Output) -> Contract:
    return Contract(FIELDS, outputs)


@pytest.mark.parametrize("name", LABELS)
def test_the_same_bytes_as_of_plain_rows(name: str) -> None:
    labels = np.array(LABELS[name])
    kind = {"U": "text", "b": "bool", "i": "int64", "f": "float64"}[labels.dtype.kind]
    contract = contract_of(Output("prediction", kind, classes=LABELS[name], probabilities=True))
    values = labels[[1, 0, 1]].astype(object) if kind == "text" else labels[[1, 0, 1]]
    found = answers(contract, [Given(values, SHARES)], [{"x": 1}, {"x": 2}, {"x": 3}])
    plain = msgspec.json.encode(answer_rows(contract.outputs, found))
    assert JsonAnswers(contract).write(Share(found, 0, 3), single=False) == plain


def test_several_outputs_have_the_same_bytes_too() -> None:
    contract = contract_of(Output("a b", "float64"), Output("c", "int64", classes=(0, 1), probabilities=True))
    given = [Given(np.array([1.5, 2.0, 1e300]), None), Given(np.array([1, 0, 1]), SHARES)]
    found = answers(contract, given, [{"x": 1}, {"x": 2}, {"x": 3}])
    plain = answer_rows(contract.outputs, found)
    writer = JsonAnswers(contract)
    assert writer.write(Share(found, 0, 3), single=False) == msgspec.json.encode(plain)
    assert writer.write(Share(found, 2, 3), single=True) == msgspec.json.encode(plain[2])


def test_a_row_that_is_not_all_right_is_told_with_its_reasons() -> None:
    contract = contract_of(Output("prediction", "float64"))
    found = answers(contract, [Given(np.array([1.0, 2.0]), None)], [{"x": 1}, {"x": "no"}, {"x": 30}])
    told = msgspec.json.decode(JsonAnswers(contract).write(Share(found, 1, 3), single=False))
    assert [row["verdict"] for row in told] == ["rejected", "flagged"]
    assert told[0]["reasons"][0]["code"] == "contract.wrong_type"


def test_what_many_share_is_put_into_words_once_and_not_kept_for_others() -> None:
    contract = contract_of(Output("prediction", "float64"))
    writer = JsonAnswers(contract)
    for value in (1.0, 2.0):
        found = answers(contract, [Given(np.array([value, value]), None)], [{"x": 1}, {"x": 2}])
        told = [writer.write(Share(found, row, row + 1), single=True) for row in (0, 1)]
        assert told == [f'{{"prediction":{value},"verdict":"ok"}}'.encode()] * 2


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.none() | FLOATS | st.integers(-(10**30), 10**30), min_size=2, max_size=2), st.booleans())
def test_a_packed_row_holds_what_the_table_of_it_would(
    values: list[float | int | None], skips: bool
) -> None:  # drawn
    fields = (Field("a", "float64"), Field("b", "float32", nullable=True))
    for kind in ("float64", "float32"):
        contract = Contract(
            tuple(Field(field.name, kind, nullable=field.nullable) for field in fields),
            (Output("prediction", "float64"),),
            Policies(extra="allow" if skips else "flag"),
        )
        codec, body = JsonCodec(contract), msgspec.json.encode(dict(zip("ab", values, strict=True)))
        packed, decoded = codec.pack(body), codec.decode(body).decoded
        if packed is None:
            assert None in values or decoded.verdicts.faults or kind == "float32"
        else:
            assert decoded.verdicts.all_ok
            assert packed.data == decoded.table.parts[0].tobytes()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a": 1}', b'{"a": 1, "a": 2}', b'{"a": "1"}', b"{", b"\xff"])
def test_only_one_good_row_is_packed(body: bytes) -> None:
    codec = JsonCodec(Contract((Field("a", "float64"),), (Output("prediction", "float64"),)))
    assert (codec.pack(body) is not None) == (body == b'{"a": 1}')
