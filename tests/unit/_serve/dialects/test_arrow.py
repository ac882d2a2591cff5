"""Arrow in and out of `/predict`; what is no table of bounded size is refused before it is read."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boxship._serve.message import Reply
from boxship.codecs.explain import explain_rows
from boxship.core.contract import Contract, Field
from boxship.frames.arrow_table import ArrowTable
from boxship.testing.tables import contracts, good_rows
from unit._serve.dialects.asking import BOTH, LABEL, Rows, Server

STREAM, FILE = b"application/vnd.apache.arrow.stream", b"application/vnd.apache.arrow.file"
CONTRACT = Contract((Field("a", "float64", range=(0.0, 9.0)), Field("t", "category")), LABEL)
TABLE = pa.table({"t": ["x", "y", "x"], "a": [1.0, None, 12.0], "more": [1, 2, 3]})


def written(table: pa.Table, kind: bytes = STREAM, **options: Any) -> bytes:
    out = io.BytesIO()
    writer = pa.ipc.new_stream if kind == STREAM else pa.ipc.new_file
    with writer(out, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as file:
        file.write_table(table)
    return out.getvalue()


def ask(body: bytes, contract: Contract = CONTRACT, kind: bytes = STREAM, **about: Any) -> Reply:
    return Server(contract, **about).post("own", "/predict", body, content_type=kind)


def table_of(reply: Reply) -> pa.Table:
    reader = pa.ipc.open_stream if reply.media == STREAM else pa.ipc.open_file
    return reader(reply.body).read_all()


@pytest.mark.parametrize("kind", [STREAM, FILE])
def test_a_table_is_answered_with_a_table(kind: bytes) -> None:
    reply = ask(written(TABLE, kind), kind=kind)
    assert (reply.status, reply.media) == (200, kind)
    found = table_of(reply).to_pydict()
    assert found["verdict"] == ["flagged", "rejected", "flagged"]
    assert found["reasons"][1] == "a: contract.null; more: contract.extra"
    assert found["prediction"][1] is None
    assert found["probabilities"][1] is None
    rows: Rows = [{"a": 1.0, "t": "x"}, {"a": 12.0, "t": "x"}]
    told = Server(CONTRACT).expected(rows)
    assert [found["prediction"][0], found["prediction"][2]] == [one["prediction"] for one in told]
    assert found["probabilities"][0] == [*told[0]["probabilities"].values()]


@settings(max_examples=60)
@given(data=st.data())
def test_of_any_contract(data: st.DataObject) -> None:
    contract = data.draw(contracts())
    assume(all(field.type != "record" for field in contract.inputs))
    rows = data.draw(good_rows(contract))
    made = ArrowTable().make(explain_rows(contract, [*rows]).table)
    reply = ask(written(made), contract)
    assert reply.status == 200, reply
    expected = [one["prediction"] for one in Server(contract).expected(rows)]
    assert table_of(reply).column("prediction").to_pylist() == expected


def test_several_outputs_have_their_names() -> None:
    found = table_of(ask(written(TABLE.select(["a", "t"])), Contract(CONTRACT.inputs, BOTH)))
    assert found.column_names == ["label", "label.probabilities", "amount", "verdict", "reasons"]


def test_no_row_at_all() -> None:
    assert table_of(ask(written(TABLE.slice(0, 0)))).num_rows == 0


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body)["error"]["code"]


LONG = "x" * 100_000
GROWS: dict[str, Callable[[], bytes]] = {
    "zstd": lambda: written(TABLE, compression="zstd"),
    "lz4": lambda: written(TABLE, compression="lz4"),
    "a compressed dictionary": lambda: written(
        pa.table({"t": pa.array([LONG]).dictionary_encode()}), compression="zstd"
    ),
    "a dictionary of long words": lambda: written(
        pa.table({"t": pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int8()), [LONG])})
    ),
    "a dictionary of bytes": lambda: written(
        pa.table({"t": pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([b"x"]))})
    ),
    "lists of nothing": lambda: written(pa.table({"t": pa.array([[None] * 9], pa.list_(pa.null()))})),
    "lists of texts": lambda: written(pa.table({"t": [["x"]]})),
    "records": lambda: written(pa.table({"t": [{"x": 1}]})),
    "runs": lambda: written(pa.table({"t": pa.RunEndEncodedArray.from_arrays([1000], ["x"])})),
    "two of a name": lambda: written(pa.Table.from_arrays([pa.array([1.0])] * 2, ["a", "a"])),
    "half a stream": lambda: written(TABLE)[:-100],
    "nothing": lambda: b"",
    "a file's beginning": lambda: b"ARROW1\0\0",
    "JSON": lambda: b"{}",
}


@pytest.mark.parametrize("case", GROWS)
def test_what_could_grow_or_is_none_is_refused(case: str) -> None:
    body = GROWS[case]()
    wanted = {"two of a name": "data.duplicate_name"}.get(case, "codec.malformed")
    assert code(ask(body)) == (400, wanted)


def test_a_zone_that_is_none_is_passed_over() -> None:
    moments = pa.table({"t": pa.array([0], pa.timestamp("s", "Not/There"))})
    contract = Contract((Field("t", "datetime"),), LABEL)
    assert table_of(ask(written(moments), contract)).column("verdict").to_pylist() == ["ok"]


def test_an_extra_column_of_any_type_needs_only_its_name() -> None:
    extra = pa.table({"a": [1.0], "t": ["x"], "more": [[{"x": [None]}]]})
    assert table_of(ask(written(extra))).column("reasons").to_pylist() == ["more: contract.extra"]


def test_rows_are_counted_before_they_are_read() -> None:
    many = pa.table({"t": pa.nulls(10**7)})
    assert code(ask(written(many))) == (413, "http.too_many_rows")
    assert code(ask(written(TABLE), most_rows=2)) == (413, "http.too_many_rows")


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.partition(".")[0] == "pyarrow" or name.startswith("boxship._serve.dialects.arrow"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reply = ask(written(TABLE))
    assert code(reply) == (415, "http.media_type")
    assert "boxship[batch]" in json.loads(reply.body)["error"]["hint"]


def test_an_old_pyarrow_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pa, "__version__", "14.0.0")
    assert code(ask(written(TABLE))) == (415, "http.media_type")


BODY = written(TABLE)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, len(BODY) - 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=3
    )
)
def test_flipped_bytes_are_no_fault_of_ours(changes: list[tuple[int, bytes]]) -> None:
    body = bytearray(BODY)
    for at, instead in changes:
        body[at : at + len(instead)] = instead
    SERVER.post("own", "/predict", bytes(body), content_type=STREAM)


SERVER = Server(CONTRACT)
