"""What a client sends wrongly is its own to mend, in every dialect: a 4xx that says what."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.core.contract import Contract, Field, Policies
from unit._serve.dialects.asking import CLIENTS, LABEL, ROUTE, V1, V2, Client, Rows, Server

FIELDS = (Field("age", "int64"), Field("fee", "float64", range=(0.0, 500.0)), Field("plan", "category"))
CONTRACT = Contract(FIELDS, LABEL)
GOOD: dict[str, Any] = {"age": 41, "fee": 80.5, "plan": "a"}
OTHER: dict[str, Any] = {"age": 29, "fee": 20.0, "plan": "b"}
NAMED = [name for name in CLIENTS if name not in ("matrix", "tf lists", "vertex")]
BY_ROW = [name for name in NAMED if CLIENTS[name].write.__name__ in ("own", "lines")]


@pytest.fixture(scope="module")
def server() -> Server:
    return Server(CONTRACT)


def said(server: Server, name: str, rows: Rows) -> tuple[int, str]:
    reply = server.ask(CLIENTS[name], rows)
    return reply.status, reply.body.decode("latin1")


def refused(client: Client) -> int:
    """Of one bad row among good ones: our own words have a verdict for it, the others have none."""
    return 200 if client.says_verdicts else 400


@pytest.mark.parametrize("name", NAMED)
class TestOneBadRow:
    def test_a_missing_column_is_named(self, server: Server, name: str) -> None:
        status, body = said(server, name, [{"age": 41, "plan": "a"}])
        assert status == refused(CLIENTS[name])
        assert "fee" in body
        assert "missing" in body

    def test_an_extra_column_is_for_the_policy(self, server: Server, name: str) -> None:
        rows = [{**GOOD, "fee": 2.0, "plan": "a", "age": 3}]
        extra = Server(Contract(FIELDS, LABEL, Policies(extra="reject")))
        body = self._with_extra(name, rows)
        assert server.post(CLIENTS[name].dialect, CLIENTS[name].path, *body[:1], **body[1]).status == 200
        reply = extra.post(CLIENTS[name].dialect, CLIENTS[name].path, *body[:1], **body[1])
        assert reply.status == refused(CLIENTS[name])
        assert "shoe" in reply.body.decode()

    def _with_extra(self, name: str, rows: Rows) -> tuple[bytes, Any]:
        wide = Contract((*FIELDS, Field("shoe", "int64")), LABEL)
        return CLIENTS[name].write(wide, [{**row, "shoe": 4} for row in rows])

    def test_the_order_of_columns_is_free(self, server: Server, name: str) -> None:
        rows: Rows = [{"plan": "a", "age": 41, "fee": 80.5}]
        assert said(server, name, rows) == said(server, name, [GOOD])

    def test_text_in_a_number_names_its_row(self, server: Server, name: str) -> None:
        if CLIENTS[name].write.__name__ == "binary":
            return  # its bytes have no place for it
        status, body = said(server, name, [GOOD, {**GOOD, "age": "old"}, OTHER])
        assert status == refused(CLIENTS[name])
        assert "old" in body
        assert CLIENTS[name].says_verdicts or "row 1:" in body

    def test_a_null_names_its_row(self, server: Server, name: str) -> None:
        status, body = said(server, name, [GOOD, {**GOOD, "fee": None}])
        assert status == refused(CLIENTS[name])
        assert "null" in body
        assert CLIENTS[name].says_verdicts or "row 1:" in body

    def test_far_outside_is_flagged_and_answered(self, server: Server, name: str) -> None:
        assert said(server, name, [{**GOOD, "fee": 1e9}])[0] == 200

    def test_no_row_at_all(self, server: Server, name: str) -> None:
        client = CLIENTS[name]
        body, headers = client.write(CONTRACT, [GOOD])
        empty = {
            "csv_of": b"age,fee,plan\n",
            "tensors": b'{"inputs":[{"name":"age","shape":[0],"datatype":"INT64","data":[]}]}',
            "binary": b'{"inputs":[{"name":"age","shape":[0],"datatype":"INT64","data":[]}]}',
            "own": b"[]",
            "lines": b"",
        }.get(client.write.__name__)
        if empty is None:
            key = next(iter(json.loads(body)))
            none = {"dataframe_split": {"columns": ["age", "fee", "plan"], "data": []}}
            empty = json.dumps({key: none.get(key, [])}).encode()
        headers = {key: value for key, value in headers.items() if "length" not in key}
        reply = server.post(client.dialect, client.path, empty, **headers)
        assert reply.status == 200
        if client.dialect != "open_inference":
            assert client.read(reply) == []

    def test_what_is_cut_short(self, server: Server, name: str) -> None:
        client = CLIENTS[name]
        body, headers = client.write(CONTRACT, [GOOD, OTHER])
        reply = server.post(client.dialect, client.path, body[:-3], **headers)
        bad_line = client.write.__name__ in ("lines", "csv_of")  # a line alone is spoilt, or still whole
        assert (200 if bad_line else 400) == reply.status


@pytest.mark.parametrize("name", BY_ROW)
def test_a_bad_row_leaves_its_neighbours_alone(server: Server, name: str) -> None:
    answers = CLIENTS[name].read(server.ask(CLIENTS[name], [GOOD, {"age": "x"}, OTHER]))
    assert [one["verdict"] for one in answers] == ["ok", "rejected", "ok"]
    assert [answers[0], answers[2]] == CLIENTS[name].read(server.ask(CLIENTS[name], [GOOD, OTHER]))


def test_many_bad_rows_are_named_up_to_a_bound(server: Server) -> None:
    rows: Rows = [{**GOOD, "age": f"old{place}"} for place in range(5000)]
    status, body = said(server, "tf objects", rows)
    assert status == 400
    assert "5000 of 5000 rows" in body
    assert "and 4980 more" in body
    assert len(body) < 5000


def test_a_sensitive_value_is_not_told() -> None:
    server = Server(Contract((Field("age", "int64", sensitive=True),), LABEL))
    assert "secret" not in said(server, "tf objects", [{"age": "secret"}])[1]


@pytest.mark.parametrize(
    ("name", "path"), [("tf_serving", V1), ("vertex", ROUTE), ("invocations", "/invocations")]
)
@pytest.mark.parametrize(
    "rows",
    [
        [[41, 80.5]],
        [[41, 80.5, "a", 4]],
        [41],
        [None],
        ["a,b"],
        [[]],
        5,
        "x",
        None,
        {},
        {"age": 4},
        {"age": []},
    ],
)
def test_rows_without_names_have_a_value_for_each_field(
    server: Server, name: str, path: str, rows: object
) -> None:
    reply = server.post(name, path, json.dumps({"instances": rows}).encode())
    assert (200 if rows == {"age": []} else 400) == reply.status, reply


@pytest.mark.parametrize(
    "columns",
    [{"age": [1, 2], "fee": [1.0], "plan": ["a"]}, {"age": 1, "fee": 1.0, "plan": "a"}, {"age": {}}],
)
def test_columns_are_lists_of_one_length(server: Server, columns: object) -> None:
    body = json.dumps({"inputs": columns}).encode()
    assert server.post("tf_serving", V1, body).status == 400
    assert server.post("invocations", "/invocations", body).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": [], "inputs": []}',
        b'{"instances": [], "signature_name": "classify"}',
        b'{"instances": [], "parameters": {"threshold": 0.2}}',
        b'{"rows": []}',
        b'{"inputs": {"age": [1], "fee": [1.0], "plan": ["a"], "age": [2]}}',
        b'{"instances": [{"age": 1, "fee": 1.0, "plan": "a", "age": 2}]}',
    ],
)
def test_what_would_be_answered_otherwise_than_it_is_meant(server: Server, body: bytes) -> None:
    assert server.post("tf_serving", V1, body).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"dataframe_split": {"columns": ["age"], "data": []}, "inputs": []}',
        b'{"instances": [], "params": {"predict_method": "predict_proba"}}',
        b'{"dataframe_split": {"columns": ["age", "age"], "data": []}}',
        b'{"dataframe_split": {"columns": ["age", "fee", "plan"], "data": [[1, 2.0]]}}',
        b'{"dataframe_split": []}',
        b'{"dataframe_split": {"data": [[1, 2.0, "a"]]}}',
    ],
)
def test_of_mlflow(server: Server, body: bytes) -> None:
    reply = server.post("invocations", "/invocations", body)
    assert reply.status == 400
    assert json.loads(reply.body)["error_code"] == "BAD_REQUEST"
    assert json.loads(reply.body)["message"]


def test_more_rows_than_are_taken_are_not_looked_at() -> None:
    server = Server(CONTRACT, most_rows=2)
    for name in set(NAMED) - {"own", "own lines", "tf objects", "mlflow records", "sagemaker"}:
        assert server.ask(CLIENTS[name], [GOOD, OTHER]).status == 200
        assert server.ask(CLIENTS[name], [GOOD] * 4).status == 413, name


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"," * 300_000, b"text/csv"),
        (b"age," + b",".join(b"%d" % place for place in range(100_000)), b"text/csv"),
        (b"x" * 5_000_000, b"text/csv"),
        (b"\n" * 5_000_000, b"application/jsonlines"),
        (b'{"inputs":[{"name":"%b","shape":[1,2],"datatype":"FP64","data":[1,2]}]}' % (b"x" * 10**6), b""),
        (b'{"instances":' + b"[" + b"[]," * 10**5 + b"[]]}", b""),
    ],
)
def test_large_bodies_of_nothing_cost_no_more_than_reading_them(
    server: Server, body: bytes, kind: bytes
) -> None:
    for name, path in PATHS:
        server.post(name, path, body, content_type=kind)


# fuzzing

MUTATE = st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 0.3), st.binary(max_size=4))
BODIES = [CLIENTS[name].write(CONTRACT, [GOOD, OTHER]) for name in CLIENTS if name != "matrix"]
TYPES = st.sampled_from(
    [b"application/json", b"text/csv", b"text/csv;header=absent", b"application/jsonlines", b"", b"x/y"]
)
PATHS = [("own", "/predict"), ("open_inference", V2), ("tf_serving", V1), ("invocations", "/invocations")]
SERVER = Server(CONTRACT)


def mutated(body: bytes, changes: list[tuple[float, float, bytes]]) -> bytes:
    for at, cut, instead in changes:
        start = int(at * len(body))
        body = body[:start] + instead + body[start + int(cut * len(body)) :]
    return body


@settings(max_examples=250)
@given(
    st.sampled_from(BODIES),
    st.lists(MUTATE, min_size=1, max_size=3),
    st.sampled_from(PATHS),
    TYPES,
    st.booleans(),
)
def test_mutated_bodies_are_no_fault_of_ours(
    given: tuple[bytes, Any], changes: Any, where: tuple[str, str], kind: bytes, keeps: bool
) -> None:
    body, headers = given
    headers = headers if keeps else {**headers, "content_type": kind}
    SERVER.post(*where, mutated(body, changes), **headers)


@settings(max_examples=100)
@given(st.binary(max_size=60), st.sampled_from(PATHS), TYPES, st.binary(max_size=4))
def test_any_bytes_are_no_fault_of_ours(
    body: bytes, where: tuple[str, str], kind: bytes, length: bytes
) -> None:
    SERVER.post(*where, body, content_type=kind, inference_header_content_length=length)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "columns", "data"]), inner)
    ),
    max_leaves=12,
)
KEYS = [
    "instances",
    "inputs",
    "dataframe_split",
    "dataframe_records",
    "params",
    "outputs",
    "id",
    "signature_name",
]


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3), st.sampled_from(PATHS))
def test_any_json_is_no_fault_of_ours(body: dict[str, object], where: tuple[str, str]) -> None:
    SERVER.post(*where, json.dumps(body, allow_nan=False, default=str).encode() if _finite(body) else b"NaN")


def _finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or abs(value) < float("inf")


DEEP: list[Callable[[bytes], bytes]] = [
    lambda text: b'{"instances":' + text + b"}",
    lambda text: b'{"inputs":' + text + b',"b:":1}',
    lambda text: b'{"inputs":[{"name":"age","shape":[1],"datatype":"INT64","data":' + text + b"}]}",
    lambda text: b'{"dataframe_split":{"columns":["age"],"data":' + text + b"}}",
    lambda text: b'[{"age":' + text + b',"a:":1,"b:":2}]',
]


@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("depth", [30, 300, 900, 990, 2000, 100_000])
def test_nesting_without_end(where: tuple[str, str], depth: int) -> None:
    for wrap in DEEP:
        for text in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
            SERVER.post(*where, wrap(text))
