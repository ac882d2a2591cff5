"""Every dialect asked as its own clients ask it, without a server between."""

import base64
import csv
import io
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from boxship._serve import dialects
from boxship._serve.about import About
from boxship._serve.dialects import Dialect
from boxship._serve.dialects.tensor import DATATYPES
from boxship._serve.message import Call, Reply
from boxship._serve.problem import status_of
from boxship.adapters import Described, DescribedOutput, Given
from boxship.codecs.explain import explain_rows
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.join import join, shares
from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.runner.local import Runner

BOX = Digest("0" * 64)
LABELS = ("no", "yes", "maybe")
ROUTE = "/v1/endpoints/1/deployedModels/2:predict"
NUMBER = (Output("prediction", "float64"),)
LABEL = (Output("label", "text", classes=LABELS, probabilities=True),)
BOTH = (*LABEL, Output("amount", "float32"))
Rows = Sequence[Mapping[str, Any]]


class RowModel:
    """Answers with what only this very row gives: one other value, and the answer is another."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs

    def describe(self) -> Described:
        return Described("row", "RowModel", None, None, (DescribedOutput("prediction", "float64"),))

    def predict(self, table: Table) -> Sequence[Given]:
        marks = [zlib.crc32(repr([*row.items()]).encode()) for row in table.to_rows()]
        return [_given(output, marks) for output in self._outputs]


def _given(output: Output, marks: Sequence[int]) -> Given:
    if output.classes:
        shares = np.array([[mark % 101, mark % 7, 1.5] for mark in marks]).reshape(-1, 3)
        shares /= shares.sum(axis=1, keepdims=True)
        return Given(np.array(LABELS, object)[shares.argmax(axis=1)], shares)
    return Given(np.array(marks, "float64").astype(output.type), None)


@dataclass(frozen=True)
class Client:
    """How a client of one protocol writes rows and reads its answers."""

    dialect: str
    path: str
    write: Callable[[Contract, Rows], tuple[bytes, Mapping[str, bytes]]]
    read: Callable[[Reply], list[Any]]
    says_verdicts: bool = False


class Server:
    """All dialects of one contract, over one runner."""

    def __init__(self, contract: Contract, model: Any = None, **about: Any) -> None:
        self.contract = contract
        self.about = About(BOX, "churn", "1.4.0", "fake", contract, predict_route=ROUTE, **about)
        self.runner = Runner(BOX, contract, model or RowModel(contract.outputs))
        self._made: dict[str, Dialect] = {}

    def dialect(self, name: str) -> Dialect:
        if name not in self._made:
            self._made[name] = dialects.get(name)(self.about)
        return self._made[name]

    def post(self, name: str, path: str, body: bytes, **headers: bytes) -> Reply:
        """The reply as the service has it worded; nothing but a refusal may be raised."""
        dialect = self.dialect(name)
        assert path.encode() in dialect.asked
        named = [(key.replace("_", "-").encode(), value) for key, value in headers.items()]
        try:
            read = dialect.read(Call(b"POST", path.encode(), b"", named, body))
            answers = self.runner.answer(join(self.contract.schema, [read.rows]))
            reply = dialect.write(read, shares(answers, [len(read.rows)])[0])
        except BoxshipError as error:
            reply = dialect.refuse(status_of(error), error)
        assert reply.status < 500, reply
        return reply

    def ask(self, client: Client, rows: Rows) -> Reply:
        body, headers = client.write(self.contract, rows)
        return self.post(client.dialect, client.path, body, **headers)

    def expected(self, rows: Rows) -> list[dict[str, Any]]:
        """What the runner answers to the same rows as a table."""
        table = explain_rows(self.contract, [*rows]).table
        assert table.length == len(rows), "these are good rows"
        return answer_rows(self.contract.outputs, self.runner.predict(table))


# JSON of rows


def own(_: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
    return msgspec.json.encode(rows), {"content_type": b"application/json"}


def lines(_: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
    return msgspec.json.Encoder().encode_lines(rows), {"content_type": b"application/x-ndjson"}


def under(key: str, as_: Callable[[Contract, Rows], object]) -> Any:
    def write(contract: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
        return msgspec.json.encode({key: as_(contract, rows)}), {"content_type": b"application/json"}

    return write


def objects(_: Contract, rows: Rows) -> object:
    return rows


def lists(contract: Contract, rows: Rows) -> object:
    found = [[row.get(name) for name in contract.schema.names] for row in rows]
    if len(contract.inputs) > 1:
        return found
    return rows if contract.inputs[0].type == "record" else [row[0] for row in found]


def columns(_: Contract, rows: Rows) -> object:
    return {name: [row[name] for row in rows] for name in reversed(list(rows[0]))}


def split(_: Contract, rows: Rows) -> object:
    names = [*reversed(list(rows[0]))]
    data = [[row[name] for name in names] for row in rows]
    return {"columns": names, "index": [*range(len(rows))], "data": data}


# CSV


def csv_of(_: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
    out = io.StringIO(newline="")
    written = csv.writer(out)
    names = [*reversed(list(rows[0]))]
    written.writerow(names)
    written.writerows([[_cell(row[name]) for name in names] for row in rows])
    return out.getvalue().encode(), {"content_type": b"text/csv; header=present"}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else value


# tensors


def datatype(field: Field) -> str:
    return DATATYPES.get(field.typed.kind, "BYTES")


def _element(field: Field, value: Any) -> Any:
    if value is None or field.typed.kind in ("text", "category") or field.typed.kind in DATATYPES:
        return value
    if field.typed.kind == "record":
        return json.dumps(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()


def tensors(contract: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
    inputs = [
        {
            "name": name,
            "shape": [len(rows), *contract.fields[name].typed.shape],
            "datatype": datatype(contract.fields[name]),
            "data": [_element(contract.fields[name], row[name]) for row in rows],
        }
        for name in reversed(list(rows[0]))
    ]
    return msgspec.json.encode({"inputs": inputs}), {}


def binary(contract: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
    """Raw where bytes can say it: only floats have a null there."""
    inputs, parts = [], []
    for name in rows[0]:
        field, values = contract.fields[name], [row[name] for row in rows]
        one = {"name": name, "shape": [len(rows), *field.typed.shape], "datatype": datatype(field)}
        if None in values and not field.typed.is_float:
            inputs.append({**one, "data": [_element(field, value) for value in values]})
            continue
        parts.append(_raw(field, values))
        inputs.append({**one, "parameters": {"binary_data_size": len(parts[-1])}})
    asked = {"id": "7", "inputs": inputs, "parameters": {"binary_data_output": True}}
    head = msgspec.json.encode(asked)
    return b"".join([head, *parts]), {"inference_header_content_length": b"%d" % len(head)}


def _raw(field: Field, values: Sequence[Any]) -> bytes:
    if datatype(field) != "BYTES":
        plain = [np.nan if value is None else value for value in values]
        return np.array(plain, np.dtype(field.typed.kind).newbyteorder("<")).tobytes()
    texts = [one if isinstance(one, bytes) else str(_element(field, one)).encode() for one in values]
    return b"".join([len(one).to_bytes(4, "little") + one for one in texts])


def matrix(contract: Contract, rows: Rows) -> tuple[bytes, Mapping[str, bytes]]:
    data = [[row[name] for name in contract.schema.names] for row in rows]
    shape = [len(rows), len(contract.inputs)]
    one = {"name": "input-0", "shape": shape, "datatype": "FP64", "data": data}
    return msgspec.json.encode({"inputs": [one]}), {}


def outputs_of(reply: Reply) -> dict[str, list[Any]]:
    """By name, a value a row; of bytes as of JSON."""
    length = int(dict(reply.headers).get(b"inference-header-content-length", len(reply.body)))
    found, rest = {}, reply.body[length:]
    for one in json.loads(reply.body[:length])["outputs"]:
        if "data" in one:
            values: Any = np.array(one["data"], object)
        else:
            size = one["parameters"]["binary_data_size"]
            values, rest = _values(one["datatype"], rest[:size]), rest[size:]
        found[one["name"]] = np.reshape(values, one["shape"]).tolist()
    assert not rest
    return found


def _values(kind: str, raw: bytes) -> Any:
    if kind != "BYTES":
        dtype = {said: name for name, said in DATATYPES.items()}[kind]
        return np.frombuffer(raw, dtype)
    found = []
    while raw:
        size = int.from_bytes(raw[:4], "little")
        found.append(raw[4 : 4 + size].decode())
        raw = raw[4 + size :]
    return np.array(found, object)


# answers


def of_json(reply: Reply) -> list[Any]:
    found: list[Any] = json.loads(reply.body)
    return found


def of_lines(reply: Reply) -> list[Any]:
    return [json.loads(line) for line in reply.body.splitlines()]


def of_key(key: str) -> Callable[[Reply], list[Any]]:
    def read(reply: Reply) -> list[Any]:
        found = json.loads(reply.body)[key]
        return _by_row(found) if isinstance(found, dict) else found

    return read


def of_tensors(reply: Reply) -> list[Any]:
    return _by_row(outputs_of(reply))


def _by_row(found: Mapping[str, Sequence[Any]]) -> list[Any]:
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


V1, V2 = "/v1/models/churn:predict", "/v2/models/churn/infer"
CLIENTS = {
    "own": Client("own", "/predict", own, of_json, says_verdicts=True),
    "own lines": Client("own", "/predict", lines, of_lines, says_verdicts=True),
    "own csv": Client("own", "/predict", csv_of, of_json, says_verdicts=True),
    "tensors": Client("open_inference", V2, tensors, of_tensors),
    "binary": Client("open_inference", "/v2/models/churn/versions/1.4.0/infer", binary, of_tensors),
    "matrix": Client("open_inference", V2, matrix, of_tensors),
    "tf objects": Client("tf_serving", V1, under("instances", objects), of_key("predictions")),
    "tf lists": Client("tf_serving", V1, under("instances", lists), of_key("predictions")),
    "tf columns": Client("tf_serving", V1, under("inputs", columns), of_key("outputs")),
    "vertex": Client("vertex", ROUTE, under("instances", lists), of_key("predictions")),
    "mlflow split": Client(
        "invocations", "/invocations", under("dataframe_split", split), of_key("predictions")
    ),
    "mlflow records": Client(
        "invocations", "/invocations", under("dataframe_records", objects), of_key("predictions")
    ),
    "mlflow inputs": Client("invocations", "/invocations", under("inputs", columns), of_key("predictions")),
    "mlflow csv": Client("invocations", "/invocations", csv_of, of_key("predictions")),
    "sagemaker": Client("invocations", "/invocations", own, of_json, says_verdicts=True),
    "sagemaker lines": Client("invocations", "/invocations", lines, of_lines, says_verdicts=True),
}
