"""Every dialect answers the same rows as the runner does, whatever they hold."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boxship.core.contract import Contract, Field, Output
from boxship.testing.tables import contracts, good_rows
from unit._serve.dialects.asking import BOTH, CLIENTS, LABEL, NUMBER, Client, Rows, Server

MIXED = Contract(
    (
        Field("age", "int64"),
        Field("fee", "float64", nullable=True),
        Field("plan", "category"),
        Field("note", "text", nullable=True),
        Field("since", "date", nullable=True),
        Field("seen", "datetime"),
        Field("active", "bool", nullable=True),
        Field("calls", "uint8", nullable=True),
        Field("share", "float32"),
    ),
    LABEL,
)
FLOATS = Contract(tuple(Field(name, "float64") for name in ("a", "b", "c")), LABEL)
NARROW = Contract((Field("x0", "float32", nullable=True), Field("x1", "float32")), NUMBER)
NUMBERS = Contract((Field("count", "int32"), Field("fee", "float64"), Field("more", "uint8")), BOTH)
ALONE = Contract((Field("text", "text"),), NUMBER)
IMAGE = Contract((Field("pixels", "float32[2]"),), NUMBER)
FIXED = {
    "mixed": MIXED,
    "floats": FLOATS,
    "narrow": NARROW,
    "numbers": NUMBERS,
    "text": ALONE,
    "image": IMAGE,
}


def fits(client: str, contract: Contract, rows: Rows) -> bool:
    """Whether such a client can say these rows at all."""
    types = [field.typed for field in contract.inputs]
    if client == "matrix":
        return len(types) > 1 and all(type_.is_number and type_.kind != "uint64" for type_ in types)
    if not client.endswith("csv"):
        return True
    flat = not any(type_.shape or type_.kind in ("binary", "record") for type_ in types)
    nothing = any(value == "" for row in rows for value in row.values())
    return flat and not nothing and not contract.inputs[-1].name.startswith("\ufeff")


def same(client: Client, outputs: Sequence[Output], expected: list[dict[str, Any]]) -> list[Any]:
    """What the client should read."""
    if client.says_verdicts:
        return expected
    if client.dialect == "open_inference":
        return [_tensors(outputs, one) for one in expected]
    if len(outputs) == 1:
        return [one["prediction"] for one in expected]
    return [{name: of["prediction"] for name, of in one["outputs"].items()} for one in expected]


def _tensors(outputs: Sequence[Output], one: dict[str, Any]) -> dict[str, Any]:
    if len(outputs) == 1:
        shares = one.get("probabilities")
        found = {"prediction": one["prediction"]}
        return {**found, "probabilities": [*shares.values()]} if shares else found
    found = {}
    for name, of in one["outputs"].items():
        found[name] = of["prediction"]
        if "probabilities" in of:
            found[f"{name}.probabilities"] = [*of["probabilities"].values()]
    return found


def check(server: Server, client: str, rows: Rows) -> None:
    one = CLIENTS[client]
    reply = server.ask(one, rows)
    assert reply.status == 200, reply
    expected = json.loads(msgspec.json.encode(server.expected(rows)))
    assert one.read(reply) == same(one, server.contract.outputs, expected)


def check_all(contract: Contract, rows: Rows) -> None:
    server = Server(contract)
    for client in CLIENTS:
        if fits(client, contract, rows):
            check(server, client, rows)


@pytest.mark.parametrize("kind", FIXED)
@settings(max_examples=12)
@given(data=st.data())
def test_of_a_usual_contract(kind: str, data: st.DataObject) -> None:
    rows = data.draw(good_rows(FIXED[kind]))
    assume(rows)
    check_all(FIXED[kind], rows)


@settings(max_examples=60)
@given(data=st.data())
def test_of_any_contract(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    rows = data.draw(good_rows(contract))
    assume(rows)
    check_all(contract, rows)
