"""ONNX models keep what every adapter promises and answer what ONNX Runtime answers; what cannot be is refused."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import skl2onnx
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from boxship import frames
from boxship.adapters.look import look
from boxship.adapters.onnx import OnnxAdapter
from boxship.adapters.onnx_classes import classes_of
from boxship.errors import BoxshipError
from boxship.onnx.fields import NoMessageError, fields
from boxship.testing.adapters import check_adapter, check_answers, check_writer, described_of

IRIS = datasets.load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
FLOAT = TensorProto.FLOAT
_RNG = np.random.default_rng(0)


def model_of(
    nodes: Any, inputs: Any, outputs: Any, weights: Any = (), domains: Any = (), functions: Any = ()
) -> Any:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights],
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(one, 1) for one in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=list(functions))


def dense(rows: Any = "N", width: int = 4) -> Any:
    weights = [("w", _RNG.normal(size=(width, 3)).astype("f4"))]
    return model_of(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [("x", FLOAT, [rows, width])],
        [("y", FLOAT, [rows, 3])],
        weights,
    )


def saved(model: Any, folder: Path) -> Path:
    return OnnxAdapter().write(model, folder)


def refused(act: Any) -> str:
    with pytest.raises(BoxshipError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("texts", [True, False])
@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(9, random_state=0),
        LogisticRegression(max_iter=1000),
        GaussianNB(),
        MLPClassifier((5,), tol=0.1, random_state=0),
    ],
    ids=lambda one: type(one).__name__,
)
def test_classifiers_of_scikit_learn_have_their_classes(
    model: Any, texts: bool, zipmap: bool, tmp_path: Path
) -> None:
    rows, target = IRIS[0].astype("f4"), NAMES[IRIS[1]] if texts else IRIS[1]
    model.fit(rows, target)
    converted = skl2onnx.to_onnx(model, rows[:1], options={"zipmap": zipmap})
    path, table = saved(converted, tmp_path), frames.read(rows)
    loaded = check_adapter(OnnxAdapter(), path, table, tolerance=1e-6)
    (output,) = described_of(loaded, table).outputs
    assert output.classes == tuple(model.classes_.tolist())
    check_answers(loaded, table, model.predict(rows))
    check_answers(loaded, table, model.predict_proba(rows), tolerance=2e-5)


def test_regressors_answer_one_number(tmp_path: Path) -> None:
    rows, target = datasets.load_diabetes(return_X_y=True)
    model = RandomForestRegressor(9, random_state=0).fit(rows.astype("f4"), target)
    path = saved(skl2onnx.to_onnx(model, rows[:1].astype("f4")), tmp_path)
    loaded = check_adapter(OnnxAdapter(), path, frames.read(rows), tolerance=1e-6)
    check_answers(loaded, frames.read(rows.astype("f4")), model.predict(rows.astype("f4")), tolerance=1e-5)


def test_labels_that_are_not_of_the_largest_probability_stay_apart(tmp_path: Path) -> None:
    model = LogisticRegression(max_iter=1000).fit(IRIS[0], IRIS[1])
    converted = skl2onnx.to_onnx(model, IRIS[0][:1].astype("f4"), options={"zipmap": False})
    for node in converted.graph.node:
        for one in node.attribute:
            if one.name == "classlabels_ints":
                one.ints[:] = [2, 1, 0]
    probabilities = converted.graph.output[1].name
    flip = helper.make_node("Sub", ["one", probabilities], ["flipped"])
    converted.graph.node.append(flip)
    converted.graph.initializer.append(numpy_helper.from_array(np.float32([1]), "one"))
    converted.graph.output[1].name = "flipped"
    table = frames.read(IRIS[0])
    path = saved(converted, tmp_path)
    loaded = check_adapter(OnnxAdapter(), path, table, tolerance=1e-6)
    described = described_of(loaded, table)
    assert [(one.type, one.classes) for one in described.outputs] == [("int64", None), ("float32[3]", None)]
    (tmp_path / "rows.json").write_text("apart")
    assert len(OnnxAdapter().load(path).predict(table)) == 2


@pytest.mark.parametrize("rows", ["N", None, 1])
def test_rows_go_together_or_one_by_one(rows: Any, tmp_path: Path) -> None:
    table = frames.read(_RNG.normal(size=(7, 4)))
    path = saved(dense(rows), tmp_path)
    loaded = check_adapter(OnnxAdapter(), path, table, tolerance=1e-6)
    assert described_of(loaded, table).outputs[0].type == "float32[3]"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    block = table.block(table.names, "float32")
    expected = np.concatenate([session.run(None, {"x": block[row : row + 1]})[0] for row in range(7)])
    check_answers(loaded, table, expected, tolerance=1e-6)


def test_ports_go_by_name(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["count"], ["cast"], to=FLOAT),
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Add", ["cast", "mean"], ["sum"]),
        helper.make_node("Identity", ["word"], ["said"]),
        helper.make_node("Identity", ["image"], ["again"]),
    ]
    model = model_of(
        nodes,
        [
            ("count", TensorProto.INT64, ["N"]),
            ("image", FLOAT, ["N", 2, 3]),
            ("word", TensorProto.STRING, ["N"]),
        ],
        [("sum", FLOAT, ["N"]), ("said", TensorProto.STRING, ["N"]), ("again", FLOAT, ["N", 2, 3])],
    )
    images = _RNG.normal(size=(5, 2, 3)).astype("f4")
    table = frames.read({"word": list("abcde"), "more": [1] * 5, "image": images, "count": np.arange(5)})
    loaded = OnnxAdapter().load(saved(model, tmp_path))
    described = described_of(loaded, table.select(["count", "image", "word"]))
    assert described.names == ("count", "image", "word")
    assert [one.name + " " + one.type for one in described.outputs] == [
        "sum float32", "said text", "again float32[2,3]",
    ]  # fmt: skip
    given_ = loaded.predict(table)
    np.testing.assert_allclose(given_[0].values, images.mean((1, 2)) + np.arange(5), rtol=1e-6)
    assert given_[1].values.tolist() == list("abcde")


def test_the_same_model_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    model = dense()
    helper.set_model_props(model, {f"key {place}": str(place) for place in range(20)})
    check_writer(OnnxAdapter(), onnx.load, model, tmp_path)


def identity(kind: int, shape: Any, op: str = "Identity", domain: str = "") -> Any:
    node = helper.make_node(op, ["x"], ["y"], domain=domain)
    return model_of([node], [("x", kind, shape)], [("y", kind, shape)], domains=[domain] if domain else [])


@pytest.mark.parametrize(
    ("model", "code"),
    [
        (dense(rows=8), "model.fixed_rows"),
        (identity(FLOAT, []), "model.no_rows"),
        (identity(TensorProto.COMPLEX64, ["N"]), "model.unreadable"),
        (identity(TensorProto.BFLOAT16, ["N"]), "model.unsupported_input"),
        (identity(FLOAT, ["N"], "Nothing"), "model.unreadable"),
        (identity(FLOAT, ["N"], "Mine", "mine"), "model.unknown_operator"),
    ],
)
def test_what_cannot_be_asked_is_refused(model: Any, code: str, tmp_path: Path) -> None:
    path = saved(model, tmp_path)
    assert refused(lambda: (look(path), OnnxAdapter().load(path).describe())) == code


def test_an_opset_that_is_too_new_is_refused(tmp_path: Path) -> None:
    model = dense()
    model.opset_import[0].version = 999
    assert refused(lambda: OnnxAdapter().load(saved(model, tmp_path))) == "model.unreadable"


def test_functions_that_the_file_holds_are_known(tmp_path: Path) -> None:
    twice = helper.make_function(
        "mine", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)]
    )  # fmt: skip
    node = helper.make_node("Twice", ["x"], ["y"], domain="mine")
    model = model_of([node], [("x", FLOAT, ["N"])], [("y", FLOAT, ["N"])], (), ["mine"], [twice])
    path = saved(model, tmp_path)
    assert look(path).root == "onnxruntime.InferenceSession"
    assert OnnxAdapter().load(path).predict(frames.read({"x": [1.5, 2]}))[0].values.tolist() == [3, 4]


@pytest.mark.parametrize("where", ["graph", "attribute"])
def test_weights_outside_of_the_file_are_refused(where: str, tmp_path: Path) -> None:
    model = dense()
    tensor = model.graph.initializer[0]
    if where == "attribute":
        model.graph.node.append(helper.make_node("Constant", [], ["w"], value=tensor))
        del model.graph.initializer[0]
        tensor = model.graph.node[-1].attribute[0].t
    onnx.external_data_helper.set_external_data(tensor, "../../secret")
    assert refused(lambda: look(saved(model, tmp_path))) == "model.external_data"


def test_cut_files_are_refused(tmp_path: Path) -> None:
    path = saved(dense(), tmp_path)
    data = path.read_bytes()
    codes = set()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        codes.add(refused(lambda: (look(path), OnnxAdapter().load(path).describe())))
    assert codes <= {"model.unknown_type", "model.damaged", "model.unreadable"}


_BYTES = dense().SerializeToString()


@given(st.lists(st.tuples(st.integers(0, len(_BYTES) - 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_spoilt_files_answer_or_are_refused(tmp_path_factory: pytest.TempPathFactory, spoilt: Any) -> None:
    data = bytearray(_BYTES)
    for place, change in spoilt:
        data[place] ^= change
    path = tmp_path_factory.mktemp("spoilt") / "model.onnx"
    path.write_bytes(data)
    try:
        look(path)
        described_of(OnnxAdapter().load(path), frames.read(np.ones((3, 4))))
        found = "model."
    except BoxshipError as error:
        found = error.code
    except Exception as error:  # noqa: BLE001  # what the runtime raises while it answers is the runner's to name
        found = type(error).__module__
    assert found.startswith(("model.", "data.", "onnxruntime."))


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_at(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "model.onnx"
    path.write_bytes(data)
    assert refused(lambda: look(path)) in (
        "model.unknown_type",
        "model.damaged",
        "model.unknown_operator",
        "model.external_data",
    )


def test_a_forest_is_looked_through_at_once(tmp_path: Path) -> None:
    """Its lists are not packed: millions of numbers, each a field."""
    count = 300_000
    node = helper.make_node("Mine", ["x"], ["y"], nodes=list(range(count)), values=[0.5] * count)
    node.attribute.append(helper.make_attribute("classlabels_int64s", [-3, 2**40]))
    path = saved(model_of([node], [("x", FLOAT, ["N"])], [("y", FLOAT, ["N"])]), tmp_path)
    look(path)
    assert classes_of(path) == (-3, 2**40)


def test_the_number_of_a_field_has_32_bits() -> None:
    """Others would keep the lower ones, and read field 1 here."""
    with pytest.raises(NoMessageError, match="none"):
        list(fields(bytes([0x88, 0x80, 0x80, 0x80, 0x10, 1]), 0, 6))


def test_fields_without_end_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x01" * 40_000 + b"\x2a\x00" * 10_000)
    tracemalloc.start()
    assert refused(lambda: look(path)) == "model.damaged"  # no graph
    (_, most), _ = tracemalloc.get_traced_memory(), tracemalloc.stop()
    assert most < 1 << 19
