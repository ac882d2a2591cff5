from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.codecs.explain import explain_rows
from boxship.codecs.json import JsonCodec
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.digest import Digest
from boxship.errors import DataError
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel, number_contract
from boxship.testing.tables import contracts, good_rows


def codes(contract: Contract, rows: Any) -> list[list[str]]:
    decoded = JsonCodec(contract).decode(msgspec.json.encode(rows)).decoded
    reasons = decoded.verdicts.reasons()
    return [[reason.code for reason in reasons.get(row, ())] for row in range(decoded.verdicts.length)]


@settings(max_examples=60)
@given(st.data())
def test_fast_and_explaining_decoders_agree_on_good_rows(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    codec = JsonCodec(contract)
    body = msgspec.json.encode(data.draw(good_rows(contract)))
    fast, slow = codec.decode(body).decoded, codec.explain(body).decoded
    assert fast.table == slow.table
    assert fast.verdicts.all_ok
    assert slow.verdicts.all_ok


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**53, 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=100)
@given(st.data())
def test_fast_and_explaining_decoders_agree_on_spoilt_rows(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    codec = JsonCodec(contract)
    rows = msgspec.json.decode(msgspec.json.encode(data.draw(good_rows(contract).filter(bool))))
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from(sorted(row)) | st.text(min_size=1, max_size=3))] = data.draw(ANY_JSON)
    body = msgspec.json.encode(rows)
    fast, slow = codec.decode(body).decoded, codec.explain(body).decoded
    assert fast.table == slow.table
    assert fast.verdicts.codes().tolist() == slow.verdicts.codes().tolist()
    assert fast.verdicts.reasons() == slow.verdicts.reasons()


@settings(max_examples=100)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | ANY_JSON.map(msgspec.json.encode))
def test_any_body_is_decoded_or_refused(body: bytes) -> None:
    refused = ""
    try:
        JsonCodec(number_contract("a", "b")).decode(body)
    except DataError as error:
        refused = error.code
    assert refused in ("", "codec.malformed", "codec.not_rows")


@settings(max_examples=200)
@given(st.data())
def test_fast_and_explaining_decoders_agree_on_any_body(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    policies = Policies(extra=data.draw(st.sampled_from(["flag", "allow"])))
    codec = JsonCodec(msgspec.structs.replace(contract, policies=policies))
    rows = [{**row, "extra": "text"} for row in data.draw(good_rows(contract))]
    body = bytearray(msgspec.json.encode(rows))
    for _ in range(data.draw(st.integers(0, 2))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    found = []
    for decode in (codec.decode, codec.explain):
        try:
            decoded = decode(bytes(body)).decoded
            found.append((decoded.table.to_rows(), decoded.verdicts.reasons()))
        except DataError as error:
            found.append(error.code)  # type: ignore[arg-type]  # either
    assert found[0] == found[1]


ROW = {"a": 1, "b": 2.5}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (ROW, []),
        ({"b": 2.5, "a": 1}, []),
        ({"a": 1}, ["contract.missing"]),
        ({**ROW, "b": None}, ["contract.null"]),
        ({**ROW, "b": "2.5"}, ["contract.wrong_type"]),
        ({**ROW, "b": True}, ["contract.wrong_type"]),
        ({**ROW, "c": 1}, ["contract.extra"]),
        ({"a": None, "b": "x", "c": 1}, ["contract.null", "contract.wrong_type", "contract.extra"]),
        ([1, 2], ["contract.not_a_row"]),
        (None, ["contract.not_a_row"]),
    ],
)
def test_every_fault_of_a_row_is_named(row: Any, found: list[str]) -> None:
    assert codes(number_contract("a", "b"), [ROW, row, ROW]) == [[], found, []]


def test_the_good_rows_keep_their_places() -> None:
    decoded = JsonCodec(number_contract("a", "b")).decode(msgspec.json.encode([7, ROW, {}, ROW])).decoded
    assert decoded.positions is not None
    assert decoded.positions.tolist() == [1, 3]
    assert decoded.table.length == 2


@pytest.mark.parametrize(
    ("policies", "row", "value"),
    [
        ({"missing": "impute"}, {"b": 1}, 7.0),
        ({"null": "impute"}, {"a": None, "b": 1}, 7.0),
        ({"wrong_type": "impute"}, {"a": "x", "b": 1}, 7.0),
    ],
)
def test_what_is_not_there_is_imputed(policies: dict[str, Any], row: dict[str, Any], value: float) -> None:
    fields = (Field("a", "float64", default=7), Field("b", "float64", default=0))
    contract = Contract(fields, (Output("prediction", "float64"),), Policies(**policies))
    decoded = JsonCodec(contract).decode(msgspec.json.encode(row)).decoded
    assert decoded.table.to_rows() == [{"a": value, "b": 1.0}]
    assert decoded.verdicts.codes().tolist() == [1]


def test_a_whole_float_is_an_integer_and_another_is_not() -> None:
    contract = Contract((Field("n", "int8"),), (Output("prediction", "float64"),))
    assert codes(contract, [{"n": 4.0}, {"n": 4.5}, {"n": 128}, {"n": -128}]) == [
        [],
        ["contract.wrong_type"],
        ["contract.wrong_type"],
        [],
    ]


@pytest.mark.parametrize("extra", [b'"caf\xe9":1', b'"b":"\xe9"', b'"b":{"c":["\xe9"]}'])
def test_what_is_not_utf8_is_malformed_in_a_field_that_nobody_reads_too(extra: bytes) -> None:
    contract = msgspec.structs.replace(number_contract("a"), policies=Policies(extra="allow"))
    with pytest.raises(DataError) as caught:
        JsonCodec(contract).decode(b'{"a":1,%b}' % extra)
    assert caught.value.code == "codec.malformed"


HOSTILE = [b'[{"a":1,"caf\xe9":1}]', b'{"a":"\xe9"}', b'[{"a":1,"b":' + b"[" * 5000 + b"]" * 5000 + b"}]"]


@pytest.mark.parametrize("body", [b"", b"[1", b"{", b"\xff", b'{"a":NaN}', b"[" * 100_000, *HOSTILE])
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(DataError) as caught:
        JsonCodec(number_contract("a")).decode(body)
    assert caught.value.code == "codec.malformed"


LONG = b"1" * 5000


@pytest.mark.parametrize(
    "huge", [b"1e999", b"-1e999", b"1" * 400, b"-" + b"1" * 400, LONG, b"1e400", LONG + b".5"]
)
@pytest.mark.parametrize(
    ("kind", "code"),
    [("float64", ""), ("int64", "contract.wrong_type"), ("text", "contract.wrong_type"), ("float64[1]", "")],
)
def test_a_huge_number_concerns_its_row_alone(kind: str, code: str, huge: bytes) -> None:
    contract = Contract((Field("a", kind),), (Output("prediction", "float64"),))
    good = {"float64": b"0.5", "int64": b"2", "text": b'"\\"-' + LONG + b'"', "float64[1]": b"[3]"}[kind]
    bad = b"[%b]" % huge if "[" in kind else huge
    decoded = JsonCodec(contract).decode(b'[{"a":%b},{"a":%b},{"a":%b}]' % (good, bad, good)).decoded
    reasons = decoded.verdicts.reasons()
    assert {row: [one.code for one in found] for row, found in reasons.items()} == (
        {1: [code]} if code else {}
    )
    rows = decoded.table.to_rows()
    assert rows[0] == rows[-1] == {"a": msgspec.json.decode(good)}
    if not code:
        assert np.isinf(rows[1]["a"]).all()
    msgspec.json.encode([one.got for one in reasons.get(1, ())])


@pytest.mark.parametrize("beside", ["float32", "text"])
def test_a_number_too_large_for_a_narrow_float_is_infinite(beside: str) -> None:
    contract = Contract((Field("a", "float32"), Field("b", beside)), (Output("prediction", "float64"),))
    other = 1 if beside == "float32" else "x"
    codec = JsonCodec(contract)
    body = msgspec.json.encode([{"a": 1.5, "b": other}, {"a": -1e300, "b": other}])
    for request in (codec.decode(body), codec.explain(body)):
        assert request.decoded.table.column("a").to_list() == [1.5, float("-inf")]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**70, 10**300])
def test_a_number_beyond_64_bits_is_of_the_wrong_type(number: int) -> None:
    contract = Contract((Field("n", "int64"),), (Output("prediction", "float64"),))
    assert codes(contract, [{"n": 1}, {"n": number}, {"n": 2}]) == [[], ["contract.wrong_type"], []]


@pytest.mark.parametrize(("kind", "value"), [("uint8[2]", 300), ("uint8[2]", -1), ("int64[2]", 2**70)])
def test_a_number_in_a_tensor_is_not_wrapped(kind: str, value: int) -> None:
    contract = Contract((Field("n", kind),), (Output("prediction", "float64"),))
    assert codes(contract, [{"n": [1, 2]}, {"n": [1, value]}]) == [[], ["contract.wrong_type"]]


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([1.0, 0.0, 1.5, 2**63, 10**400])
)


@settings(max_examples=300)
@given(st.data())
def test_a_tensor_takes_what_its_kind_takes_alone(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["float16", "float32", "float64", "bool", "uint8", "int64", "uint64"]))
    pair = data.draw(st.tuples(SCALARS, SCALARS))
    outputs = (Output("prediction", "float64"),)
    alone = JsonCodec(Contract((Field("a", kind),), outputs)).read([{"a": one} for one in pair])
    contract = Contract((Field("a", f"{kind}[2]"),), outputs)
    tensor, explained = JsonCodec(contract).read([{"a": [*pair]}]), explain_rows(contract, [{"a": [*pair]}])
    assert tensor.verdicts.codes().max() == alone.verdicts.codes().max()
    assert tensor.table == explained.table
    if tensor.table.length:
        assert tensor.table.to_rows()[0]["a"] == alone.table.column("a").to_list()


@pytest.mark.parametrize("kind", ["float64", "bool", "int64"])
@pytest.mark.parametrize(
    "value", [1, [], [1], [1, 1], [[1, 1], [1]], [[1, 1], 1], [[[1], [1]]] * 2, [{}, []]]
)
def test_a_tensor_has_one_shape(kind: str, value: object) -> None:
    contract = Contract((Field("a", f"{kind}[2,2]"),), (Output("prediction", "float64"),))
    assert codes(contract, [{"a": value}]) == [["contract.wrong_type"]]


@pytest.mark.parametrize("body", [b'[{"a":1e999}', b'[{"a":%b}' % LONG, b'[{"a":%b},0%b]' % (LONG, LONG)])
def test_a_huge_number_does_not_hide_what_is_malformed(body: bytes) -> None:
    with pytest.raises(DataError) as caught:
        JsonCodec(number_contract("a")).decode(body)
    assert caught.value.code == "codec.malformed"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:00:00-02:00"])
def test_a_datetime_that_its_zone_takes_out_of_all_years_concerns_its_row_alone(moment: str) -> None:
    contract = Contract((Field("a", "datetime"),), (Output("prediction", "float64"),))
    good = {"a": "2024-02-29T12:00:00Z"}
    assert codes(contract, [good, {"a": moment}, good]) == [[], ["contract.wrong_type"], []]


def test_the_reasons_of_a_row_stand_in_the_order_of_the_fields() -> None:
    contract = number_contract("a", "b")
    both = {"a": "x", "b": None}
    assert codes(contract, [{"a": 1, "b": None}, both])[1] == codes(contract, [both])[0]


def test_what_rejects_a_row_stands_first_and_the_rest_is_marked() -> None:
    fields = (Field("a", "float64", default=7, policies={"missing": "impute"}), Field("b", "float64"))
    contract = Contract(fields, (Output("prediction", "float64"),))
    decoded = JsonCodec(contract).decode(b'[{"b":"x","c":1},{"b":1}]').decoded
    told = {
        row: [(one.field, one.verdict) for one in found] for row, found in decoded.verdicts.reasons().items()
    }
    assert told == {0: [("b", None), ("a", "flagged"), ("c", "flagged")], 1: [("a", None)]}


def test_extra_names_stand_in_one_order() -> None:
    rows = [{"y": 1, "z": 1, "a": 1}, {"a": 1, "z": 1, "y": 1}]
    decoded = JsonCodec(number_contract("a")).decode(msgspec.json.encode(rows)).decoded
    assert [[one.field for one in found] for found in decoded.verdicts.reasons().values()] == [["y", "z"]] * 2


def test_an_empty_list_has_no_answers() -> None:
    request = JsonCodec(number_contract("a")).decode(b"[]")
    assert request.decoded.table.length == 0
    assert not request.single


def test_what_was_sent_comes_back_short() -> None:
    decoded = JsonCodec(number_contract("a")).decode(msgspec.json.encode({"a": "x" * 5000})).decoded
    assert decoded.verdicts.reasons()[0][0].got == "x" * 200


HUGE = "x" * 1_000_000


@pytest.mark.parametrize(
    ("field", "row"),
    [
        (Field("a", "float64"), {"a": HUGE}),
        (Field("a", "float64"), {"a": 1, HUGE: 1}),
        (Field("a", "float64"), HUGE),
        (Field("a", "float64"), [HUGE] * 3),
        (Field("a", "int64"), {"a": int("9" * 4000)}),
        (Field("a", "float64[1]"), {"a": [HUGE]}),
        (Field("a", "text", categories=("b",)), {"a": HUGE}),
        (Field("a", "category", categories=("b" * 1_000_000, "c")), {"a": HUGE}),
        (Field("a", "binary", categories=("AAAA",)), {"a": HUGE}),
        (Field("a", "record"), {"a": HUGE}),
    ],
)
def test_every_reason_is_short(field: Field, row: Any) -> None:
    contract = Contract((field,), (Output("prediction", "float64"),))
    codec = JsonCodec(contract)
    for decoded in (codec.read([row]), codec.explain(msgspec.json.encode([row])).decoded):
        answers = Runner(Digest("0" * 64), contract, FakeModel()).answer(decoded)
        assert not answers.verdicts.all_ok
        assert len(codec.encode(answers, single=False)) < 1000


def test_nothing_of_a_sensitive_field_comes_back() -> None:
    contract = Contract((Field("a", "float64", sensitive=True),), (Output("prediction", "float64"),))
    decoded = JsonCodec(contract).decode(b'{"a": "secret"}').decoded
    assert decoded.verdicts.reasons()[0][0].got is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2, "b": 3}',
        b'[{"a": 1, "b": 3}, {"a": 1, "a": 2, "b": 3}]',
        b'[7, {"a" : 1, "\\u0061"\n: 2, "b": 3}]',
        b'[{"a": 1, "b": "x"}, {"a": 1, "b": 3, "b": 9, "c": {"d": 1}}]',
        b"[" + b'{"a": 1, "b": 3},' * 1000 + b'{"a": 1, "b": 3, "a": 1}]',
    ],
)
@pytest.mark.parametrize("extra", ["flag", "allow"])
def test_a_row_that_gives_a_field_twice_is_rejected(body: bytes, extra: Any) -> None:
    contract = Contract(number_contract("a", "b").inputs, number_contract().outputs, Policies(extra=extra))
    decoded = JsonCodec(contract).decode(body).decoded
    last = decoded.verdicts.length - 1
    assert [reason.code for reason in decoded.verdicts.reasons()[last]] == ["contract.repeated"]
    assert decoded.verdicts.codes()[last] == 2


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "x\\":\\":\\":"}',
        b'[{"a": "1:2"}, {"a": "{\\"a\\": 1}"}]',
        b'{"a": "x", "n": {"b": 1, "b": 2}, "n": 2}',
    ],
)
def test_colons_in_texts_and_repeated_extras_repeat_no_field(body: bytes) -> None:
    contract = Contract((Field("a", "text"),), number_contract().outputs, Policies(extra="allow"))
    assert JsonCodec(contract).decode(body).decoded.verdicts.all_ok
