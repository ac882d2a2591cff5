"""Tensors in, tensors out, as the protocol wants them."""

import json
from typing import Any

import numpy as np
import pytest

from boxship._serve.message import Reply
from boxship._serve.route import routes_of
from boxship.core.contract import Contract, Field, Output
from boxship.errors import UsageError
from unit._serve.dialects.asking import BOTH, CLIENTS, LABEL, NUMBER, V2, Server, outputs_of

FLOATS = Contract((Field("a", "float64"), Field("b", "float64", nullable=True)), LABEL)
GOOD: Any = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": None}]


def tensor(
    name: str = "a", shape: Any = (2,), datatype: str = "FP64", data: Any = (1, 3), **more: Any
) -> Any:
    found = {"name": name, "shape": shape, "datatype": datatype, "data": data, **more}
    return {key: value for key, value in found.items() if value is not ...}


B = tensor("b", data=(2.0, None))


def infer(contract: Contract, *inputs: Any, **more: Any) -> Reply:
    return Server(contract).post("open_inference", V2, json.dumps({"inputs": inputs, **more}).encode())


def error(reply: Reply) -> str:
    assert reply.status == 400, reply
    found = json.loads(reply.body)
    assert [*found] == ["error"]
    return str(found["error"])


EXPECTED = outputs_of(Server(FLOATS).ask(CLIENTS["tensors"], GOOD))


@pytest.mark.parametrize(
    "inputs",
    [
        [B, tensor()],
        [tensor(shape=(2, 1)), tensor("b", (2, 1), data=[[2.0], [None]])],
        [tensor(datatype="INT8"), tensor("b", datatype="FP32", data=[2, None])],
        [tensor("any", (2, 2), data=[1, 2, 3, None])],
        [tensor("any", (2, 2), data=[[1, 2], [3, None]])],
    ],
)
def test_forms_of_the_same_rows(inputs: Any) -> None:
    assert outputs_of(infer(FLOATS, *inputs)) == EXPECTED


def test_a_tensor_is_what_its_datatype_holds() -> None:
    contract = Contract((Field("a", "float64"),), NUMBER)
    sent = tensor(shape=[1], datatype="FP32", data=[0.1])
    same = tensor(shape=[1], datatype="FP64", data=[float(np.float32(0.1))])
    assert infer(contract, sent).body == infer(contract, same).body
    both = infer(
        contract,
        tensor(datatype="FP32", data=[0.1, "x"]),
        outputs=[{"name": n} for n in ("verdict", "prediction")],
    )
    assert outputs_of(both)["prediction"] == [outputs_of(infer(contract, same))["prediction"][0], None]


def test_the_id_comes_back() -> None:
    assert json.loads(infer(FLOATS, tensor(), B, id="17").body)["id"] == "17"
    assert "id" not in json.loads(infer(FLOATS, tensor(), B).body)


@pytest.mark.parametrize("all_binary", [True, False])
@pytest.mark.parametrize("own", [True, False, None])
def test_outputs_come_as_they_are_asked_for(all_binary: bool, own: bool | None) -> None:
    asked = {"name": "probabilities", "parameters": {} if own is None else {"binary_data": own}}
    reply = infer(FLOATS, tensor(), B, outputs=[asked], parameters={"binary_data_output": all_binary})
    assert outputs_of(reply) == {"probabilities": EXPECTED["probabilities"]}
    is_binary = all_binary if own is None else own
    assert (reply.media == b"application/octet-stream") == is_binary
    assert (b"inference-header-content-length" in dict(reply.headers)) == is_binary


@pytest.mark.parametrize("binary", [True, False])
def test_whoever_asks_for_the_verdict_gets_the_other_rows(binary: bool) -> None:
    asked = [
        {"name": name, "parameters": {"binary_data": binary}}
        for name in ("verdict", "prediction", "probabilities")
    ]
    found = outputs_of(infer(FLOATS, tensor(data=[1, None]), B, outputs=asked))
    assert found["verdict"] == ["ok", "rejected"]
    assert found["prediction"] == [EXPECTED["prediction"][0], "" if binary else None]
    assert found["probabilities"][0] == EXPECTED["probabilities"][0]
    assert all(np.isnan(one) if binary else one is None for one in found["probabilities"][1])
    assert "row 1: field 'a' null" in error(infer(FLOATS, tensor(data=[1, None]), B))


def test_a_row_that_the_model_throws_on_is_named() -> None:
    class Throws:
        def predict(self, table: Any) -> Any:
            raise ValueError

    server = Server(FLOATS, Throws())
    assert "row 0: raised" in error(server.ask(CLIENTS["tensors"], GOOD))


def test_an_output_called_verdict_is_the_models() -> None:
    contract = Contract(FLOATS.inputs, (Output("verdict", "float64"), *NUMBER))
    assert isinstance(outputs_of(infer(contract, tensor(), B))["verdict"][0], float)
    asked = [{"name": "verdict"}]
    assert "row 1" in error(infer(contract, tensor(data=[1, None]), B, outputs=asked))


WRONG = {
    "no inputs": [],
    "no rows": [tensor(shape=[], data=5)],
    "less than no rows": [tensor(shape=[-1])],
    "rows of nothing": [tensor(shape=[2**60, 0], data=[])],
    "numbers without end": [tensor(shape=[10**4000, 10**4000], data=[1])],
    "dimensions without end": [tensor(shape=[1] * 100, data=[1])],
    "too few values": [tensor(data=[1]), B],
    "other nesting": [tensor(data=[[1, 2]]), B],
    "some nesting": [tensor(shape=[2, 1], data=[[1], 2]), B],
    "no list": [tensor(data={"a": 1}), B],
    "no data": [tensor(data=...), B],
    "no datatype": [tensor(datatype=...), B],
    "an unknown datatype": [tensor(datatype="BF16"), B],
    "other lengths": [tensor(shape=[1], data=[1]), B],
    "twice": [tensor(), tensor(), B],
    "a matrix for a field": [tensor(shape=[2, 2], data=[1, 2, 3, 4]), B],
    "a matrix with a field's name": [tensor(shape=[2, 2], data=[1, 2, 3, 4])],
    "a matrix of other width": [tensor("any", [1, 3], data=[1, 2, 3])],
    "bytes that are not there": [tensor(data=..., parameters={"binary_data_size": 16}), B],
    "bytes and data": [tensor(parameters={"binary_data_size": 0}), B],
    "no size": [tensor(data=..., parameters={"binary_data_size": "16"}), B],
    "no parameters": [tensor(parameters=[]), B],
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_tensor(case: str) -> None:
    assert "[tensor.malformed]" in error(infer(FLOATS, *WRONG[case]))


@pytest.mark.parametrize(
    "outputs",
    [
        [{"name": "predictions"}],
        [{}],
        5,
        [{"name": "prediction", "parameters": {"classification": 2}}],
        [{"name": "prediction"}] * 1000,
    ],
)
def test_outputs_that_there_are_not(outputs: Any) -> None:
    assert "[tensor.malformed]" in error(infer(FLOATS, tensor(), B, outputs=outputs))


def binary(length: str | None, inputs: Any, raw: bytes, contract: Contract = FLOATS) -> Reply:
    head = json.dumps({"inputs": inputs}).encode()
    said = str(len(head)) if length is None else length
    headers = {"inference_header_content_length": said.encode()}
    return Server(contract).post("open_inference", V2, head + raw, **headers)


def raw(size: int, **more: Any) -> Any:
    return tensor(data=..., parameters={"binary_data_size": size}, **more)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999", "9" * 5000, "0", "10"])
def test_a_length_of_the_json_that_is_none(length: str) -> None:
    assert "[tensor.malformed]" in error(binary(length, [raw(16), B], bytes(16)))


@pytest.mark.parametrize(
    ("size", "there"), [(16, 15), (16, 17), (15, 15), (17, 17), (-1, 16), (0, 16), (2**70, 16)]
)
def test_bytes_are_as_many_as_is_said(size: int, there: int) -> None:
    assert "[tensor.malformed]" in error(binary(None, [raw(size), B], bytes(there)))


TEXT = Contract((Field("a", "text"),), NUMBER)


@pytest.mark.parametrize(
    "elements", [b"", b"\1\0\0\0a", b"\1\0\0\0a\2\0\0\0b", b"\xff\xff\xff\xffab", b"\1\0\0\0a\1\0\0\0b\0"]
)
def test_elements_that_are_cut(elements: bytes) -> None:
    assert "[tensor.malformed]" in error(binary(None, [raw(len(elements), datatype="BYTES")], elements, TEXT))


def test_bytes_that_are_no_text_spoil_their_row() -> None:
    elements = b"\1\0\0\0a\1\0\0\0\xff"
    assert "row 1: field 'a' wrong type" in error(
        binary(None, [raw(len(elements), datatype="BYTES")], elements, TEXT)
    )


def test_a_boolean_is_0_or_1() -> None:
    contract = Contract((Field("a", "bool"),), NUMBER)
    assert binary(None, [raw(2, datatype="BOOL")], b"\0\1", contract).status == 200
    assert "neither 0 nor 1" in error(binary(None, [raw(2, datatype="BOOL")], b"\0\2", contract))


def test_a_value_of_another_type_is_for_the_contract() -> None:
    contract = Contract((Field("a", "int64"),), NUMBER)
    assert infer(contract, tensor(datatype="FP64", data=[1.0, 2.0])).status == 200
    assert "row 1: field 'a' wrong type, got 1.5" in error(infer(contract, tensor(data=[1.0, 1.5])))
    assert "got '1'" in error(infer(contract, tensor(datatype="BYTES", data=["1", "2"])))
    assert "wrong type" in error(infer(contract, tensor(datatype="BOOL", data=[True, False])))


def test_a_tensor_a_row() -> None:
    contract = Contract((Field("a", "float32[2,2]"),), NUMBER)
    nested = tensor(shape=[1, 2, 2], datatype="FP32", data=[[[1, 2], [3, 4]]])
    assert infer(contract, nested).status == 200
    assert infer(contract, nested).body == infer(contract, {**nested, "data": [1, 2, 3, 4]}).body
    assert "its field wants [-1, 2, 2]" in error(infer(contract, tensor(shape=[1, 4], data=[1, 2, 3, 4])))
    assert "wrong type" in error(infer(contract, {**nested, "data": [1, 2, "x", 4]}))


def told(server: Server) -> dict[str, Any]:
    return {path.decode(): tell for path, tell in server.dialect("open_inference").told.items()}


def test_what_is_told_of_server_and_model() -> None:
    server = Server(Contract((*FLOATS.inputs, Field("c", "date"), Field("d", "uint8[2]")), BOTH))
    found = {path: json.loads(tell().body) for path, tell in told(server).items()}
    assert found["/v2"]["extensions"] == ["binary_tensor_data"]
    model = found["/v2/models/churn"]
    assert model == found["/v2/models/churn/versions/1.4.0"]
    assert model["versions"] == ["1.4.0"]
    assert [(one["name"], one["datatype"], one["shape"]) for one in model["inputs"]] == [
        ("a", "FP64", [-1]),
        ("b", "FP64", [-1]),
        ("c", "BYTES", [-1]),
        ("d", "UINT8", [-1, 2]),
    ]
    assert [(one["name"], one["datatype"], one["shape"]) for one in model["outputs"]] == [
        ("label", "BYTES", [-1]),
        ("label.probabilities", "FP64", [-1, 3]),
        ("amount", "FP32", [-1]),
    ]


def test_metadata_is_what_is_answered() -> None:
    server = Server(FLOATS)
    model = json.loads(told(server)["/v2/models/churn"]().body)
    answered = json.loads(server.ask(CLIENTS["tensors"], GOOD).body)
    assert [(one["name"], one["datatype"]) for one in model["outputs"]] == [
        (one["name"], one["datatype"]) for one in answered["outputs"]
    ]
    assert (answered["model_name"], answered["model_version"]) == ("churn", "1.4.0")


@pytest.mark.parametrize("ready", [True, False])
def test_ready_is_told_by_the_status(ready: bool) -> None:
    found = told(Server(FLOATS, ready=lambda: ready))
    assert found["/v2/health/live"]().status == 200
    for path in ("/v2/health/ready", "/v2/models/churn/ready", "/v2/models/churn/versions/1.4.0/ready"):
        assert found[path]().status == (200 if ready else 503)


def test_another_model_is_refused_in_its_words() -> None:
    routes = routes_of(Server(FLOATS).about, {})
    reply = routes.refuse(
        b"/v2/models/other/infer", 404, UsageError("http.no_route", "there is nothing here")
    )
    assert json.loads(reply.body) == {"error": "there is nothing here [http.no_route]"}
