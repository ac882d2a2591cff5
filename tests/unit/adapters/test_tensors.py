"""Tables become the arrays that a model of tensors is fed, unchanged or not at all."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from boxship.adapters.tensors import Port, TensorModel, answer_of, fed, port_of
from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.frames import read
from boxship.testing.adapters import described_of

DIGITS = np.arange(3 * 64.0).reshape(3, 64)
IMAGES = DIGITS.reshape(3, 8, 8)
PIXELS = Port("x", "float32", (1, 8, 8))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BoxshipError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    ("columns", "shape"),
    [
        (read(DIGITS), (1, 8, 8)),
        (read({"image": IMAGES}), (1, 8, 8)),
        (read({"image": IMAGES[:, None]}), (1, 8, 8)),
        (read({"image": IMAGES[..., None]}), (1, 8, 8)),
        (read({"image": DIGITS}), (1, 8, 8)),
        (read({"image": DIGITS}), (64,)),
        (read({"image": IMAGES}), (64,)),
        (read({"image": IMAGES}), (None, 8)),
        (read({"image": IMAGES}), (None, None)),
        (read(DIGITS), (None, 8)),
        (read({"one": DIGITS[:, 0], "rest": DIGITS[:, 1:]}), (8, 8)),
        (read({"top": IMAGES[:, :4], "rest": IMAGES[:, 4:]}), (64,)),
    ],
)
def test_values_keep_their_order(columns: Table, shape: tuple[int | None, ...]) -> None:
    found = fed(Port("x", "float32", shape), columns)
    assert found.dtype == np.float32
    assert found.reshape(3, 64).tolist() == DIGITS.tolist()
    known = tuple(8 if size is None else size for size in shape)
    assert found.shape == (3, *known)
    assert fed(Port("x", "float32", shape), columns.between(0, 0)).shape == (0, *known)


@pytest.mark.parametrize(
    ("table", "port"),
    [
        (read({"image": np.zeros((2, 4, 4, 3))}), Port("x", "float32", (3, 4, 4))),  # colours first and last
        (read({"image": np.zeros((2, 4, 2))}), Port("x", "float32", (2, 4))),
        (read({"image": np.zeros((2, 4, 2)), "more": [1, 2]}), Port("x", "float32", (3, 3))),
        (read(np.zeros((2, 63))), PIXELS),
        (read(np.zeros((2, 63))), Port("x", "float32", (None, 8))),
        (read(np.zeros((2, 64))), Port("x", "float32", (None, None))),
        (read(np.zeros((2, 64))), Port("x", "float32", ())),
    ],
)
def test_what_would_change_place_is_refused(table: Table, port: Port) -> None:
    assert refused(lambda: fed(port, table)) == "data.wrong_shape"


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([0.1, None], "float32", [np.float32(0.1), np.nan]),
        ([1, None], "float64", [1.0, np.nan]),
        ([1, 2], "float32", [1, 2]),
        ([1.0, 2.0], "int64", [1, 2]),
        ([True, False], "float32", [1, 0]),
        ([0, 1], "bool", [False, True]),
        ([float("inf"), 1.0], "float32", [np.inf, 1]),
        (["a", "b"], "text", ["a", "b"]),
    ],
)
def test_values_are_cast_where_only_rounding_changes_them(values: Any, kind: str, expected: Any) -> None:
    np.testing.assert_array_equal(fed(Port("x", kind, ()), Table.of({"a": values})), expected)


@pytest.mark.parametrize(
    ("values", "kind", "code"),
    [
        ([2**24 + 1], "float32", "data.not_exact"),
        ([0.5], "int64", "data.not_exact"),
        ([300], "uint8", "data.not_exact"),
        ([-1], "uint8", "data.not_exact"),
        ([2], "bool", "data.not_exact"),
        ([1e300], "float32", "data.not_exact"),
        ([float("nan"), 1.0], "int64", "data.not_exact"),
        ([1, None], "int64", "data.has_null"),
        (["a", None], "text", "data.has_null"),
        (["a"], "float32", "data.wrong_type"),
        ([1], "text", "data.wrong_type"),
        ([{"a": 1}], "float32", "data.wrong_type"),
    ],
)
def test_what_a_port_cannot_hold_is_refused(values: Any, kind: str, code: str) -> None:
    assert refused(lambda: fed(Port("x", kind, ()), Table.of({"a": values}))) == code


@pytest.mark.parametrize(
    ("kind", "shape", "code"),
    [
        ("float32", [], "model.no_rows"),
        ("float32", [8, 4], "model.fixed_rows"),
        (None, [None, 4], "model.unsupported_input"),
    ],
)
def test_ports_without_a_place_for_rows_are_refused(kind: Any, shape: Any, code: str) -> None:
    assert refused(lambda: port_of("x", kind, shape)) == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (np.zeros((2, 4)), "model.wrong_shape"),
        (np.zeros((3, 0)), "model.wrong_shape"),
        (np.float32(1), "model.wrong_shape"),
        (np.zeros(3, np.complex64), "model.wrong_type"),
    ],
)
def test_what_is_no_answer_a_row_is_refused(given: Any, code: str) -> None:
    assert refused(lambda: answer_of("y", given, 3)) == code


def model_of(ports: Any, run: Any, outputs: tuple[str, ...] = ("y",)) -> TensorModel:
    return TensorModel("test", [port_of(*port) for port in ports], outputs, run)


def total(feed: Mapping[str, Any]) -> Mapping[str, Any]:
    (rows,) = feed.values()
    assert len(rows) == 1
    return {"y": rows.sum(axis=1, keepdims=True), "z": rows}


def test_a_model_of_single_rows_is_asked_row_by_row() -> None:
    model = model_of([("x", "float64", [1, 4])], total, ("y", "z"))
    table = read(np.arange(12.0).reshape(3, 4))
    first, second = model.predict(table)
    assert first.values.tolist() == [6, 22, 38]
    assert second.values.shape == (3, 4)
    described = described_of(model, table)
    assert [(one.name, one.type) for one in described.outputs] == [("y", "float64"), ("z", "float64[4]")]


@pytest.mark.parametrize(
    ("given", "type_"),
    [
        (np.zeros((3, 1), np.float32), "float32"),
        (np.zeros((3, 2, 2), bool), "bool[2,2]"),
        (np.array(["a", "b", "c"]), "text"),
    ],
)
def test_answers_tell_their_type(given: Any, type_: str) -> None:
    model = model_of([("x", "float64", [None, 4])], lambda _: {"y": given})
    (output,) = described_of(model, read(np.zeros((3, 4)))).outputs
    assert (output.name, output.type) == ("prediction", type_)
    assert output.tolerance == (1e-5 if type_ == "float32" else None)


def test_several_ports_go_by_name() -> None:
    ports = [("b", "float32", [None]), ("a", "text", [None])]
    model = model_of(ports, lambda feed: {"y": feed["b"] + np.char.str_len(feed["a"].astype(str))})
    described = model.describe()
    assert (described.names, described.count, described.texts) == (("b", "a"), None, ("a",))
    table = Table.of({"a": ["x", "xyz"], "b": [1.5, 2.5]})
    assert model.predict(table)[0].values.tolist() == [2.5, 5.5]


def lists(*rows: Any) -> Table:
    values = np.empty(len(rows), object)
    values[:] = rows
    return Table.of({"sound": values})


def means(feed: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"mean": feed["x"].mean(axis=tuple(range(1, feed["x"].ndim)))}


@pytest.mark.parametrize("shape", [None, (None,), (None, 2)])
def test_lists_of_any_length_are_asked_row_by_row(shape: Any) -> None:
    model = TensorModel("sound", [Port("x", "float32", shape)], ["mean"], means)
    rows = [[1, 3], [2.5, 3.5, 0, 0]] if shape != (None, 2) else [[[1, 3]], [[2.5, 3.5], [0, 0]]]
    table = lists(*rows)
    assert described_of(model, table).outputs[0].type == "float32"
    assert model.predict(table)[0].values.tolist() == [2.0, 1.5]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ([[1, 2], [3]], "data.wrong_type"),
        ([1, None], "data.wrong_type"),
        (["a"], "data.wrong_type"),
        ([], "data.wrong_type"),
        (None, "data.wrong_type"),
        ([1, 2, 3], "data.wrong_shape"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(row: Any, code: str) -> None:
    model = TensorModel("sound", [Port("x", "float32", (None, 2))], ["mean"], means)
    assert refused(lambda: model.predict(lists([[1, 2]], row))) == code


def test_answers_as_long_as_their_rows_are_refused() -> None:
    model = TensorModel("sound", [Port("x", "float32", (None,))], ["same"], lambda feed: {"same": feed["x"]})
    assert refused(lambda: model.predict(lists([1.0], [1.0, 2.0]))) == "model.wrong_shape"
