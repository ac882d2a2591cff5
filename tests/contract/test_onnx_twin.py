"""Twins of ONNX files of layers answer as ONNX Runtime does; what is not known has none."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn import datasets
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from boxship.adapters.onnx import OnnxAdapter
from boxship.adapters.onnx_twin import lower
from boxship.adapters.tensors import port_of
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.onnx.protobuf import content, integer
from boxship.runner.twin import TwinModel
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError

WINE = scale(datasets.load_wine().data).astype("f4")
TABLE = Table.of({f"c{place}": WINE[:, place] for place in range(13)})
Layer = tuple[Any, ...]  # an operator, its other inputs, attributes


def some(*shape: int) -> Any:
    return (np.random.default_rng(sum(shape)).random(shape) - 0.4).astype("f4")


def model(
    layers: list[Layer], shape: tuple[int, ...] = (13,), wide: int = 3, opset: int = 17
) -> onnx.ModelProto:
    """Layers: an input that is a number is what so many layers before it gave, None what the last gave."""
    nodes, constants = [], []
    for at, (op, inputs, attributes) in enumerate(layers):
        names = []
        for place, one in enumerate(inputs):
            if isinstance(one, np.ndarray):
                constants.append(numpy_helper.from_array(one, f"k{at}_{place}"))
            names.append(f"k{at}_{place}" if isinstance(one, np.ndarray) else f"v{at - (one or 0)}")
        domain = "ai.onnx.ml" if op in ("Scaler", "LinearRegressor") else ""
        nodes.append(helper.make_node(op, names, [f"v{at + 1}"], domain=domain, **attributes))
    given = helper.make_tensor_value_info("v0", TensorProto.FLOAT, [None, *shape])
    gives = helper.make_tensor_value_info(f"v{len(layers)}", TensorProto.FLOAT, [None, wide])
    graph = helper.make_graph(nodes, "layers", [given], [gives], constants)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def loaded(made: onnx.ModelProto, folder: Path) -> Any:
    return OnnxAdapter().load(OnnxAdapter().write(made, folder))


ROWS = {
    "gemm": [
        ("Gemm", [None, some(9, 13), some(9)], {"transB": 1}),
        ("Relu", [None], {}),
        ("Gemm", [None, some(9, 3), some(1, 3)], {}),
        ("Softmax", [None], {}),
    ],
    "normal": [
        ("BatchNormalization", [None, some(13) + 1, some(13), some(13), some(13) + 1], {"epsilon": 0.01}),
        ("MatMul", [None, some(13, 3)], {}),
        ("Add", [some(1, 3), None], {}),
        ("LeakyRelu", [None], {"alpha": 0.3}),
    ],
    "gates": [
        ("MatMul", [None, some(13, 3)], {}),
        ("Sigmoid", [None], {}),
        ("Mul", [1, None], {}),
        ("Sigmoid", [None], {}),
        ("Sigmoid", [None], {}),
        ("Mul", [None, 1], {}),
        ("LogSoftmax", [None], {"axis": 1}),
    ],
    "arithmetic": [
        ("Sub", [None, some(13)], {}),
        ("Sub", [np.array([2], "f4"), None], {}),
        ("Div", [None, np.array(4, "f4")], {}),
        ("Neg", [None], {}),
        ("Identity", [None], {}),
        ("Dropout", [None], {}),
        ("Cast", [None], {"to": 1}),
        ("MatMul", [None, some(13, 3)], {}),
        ("Elu", [None], {}),
        ("Tanh", [None], {}),
        ("Softplus", [None], {}),
    ],
    "branches": [
        ("MatMul", [None, some(13, 9)], {}),
        ("Gelu", [None], {}),
        ("LayerNormalization", [None, some(9) + 1, some(9)], {"epsilon": 0.01}),
        ("Add", [None, 1], {}),
        ("Sub", [None, 3], {}),
        ("Mul", [None, None], {}),
        ("Max", [None, 1, 2], {}),
        ("Min", [None, 4], {}),
        ("Concat", [None, 1, 8], {"axis": 1}),
        ("MatMul", [None, some(31, 3)], {}),
    ],
    "bent": [
        ("MatMul", [None, some(13, 9)], {}),
        ("Gelu", [None], {"approximate": "tanh"}),
        ("PRelu", [None, some(9)], {}),
        ("Mish", [None], {}),
        ("Clip", [None, np.array(-0.25, "f4")], {}),
        ("HardSwish", [None], {}),
        ("PRelu", [None, np.array([0.5], "f4")], {}),
        ("Clip", [None, np.array(0.0, "f4"), np.array(2, "f4")], {}),
        ("MatMul", [None, some(9, 3)], {}),
    ],
    "tiny": [
        ("Div", [None, np.full(13, 1e-39, "f4")], {}),
        ("Scaler", [None], {"offset": [0.0], "scale": [1e-39]}),
        ("MatMul", [None, some(13, 3)], {}),
    ],
    "learnt": [
        ("Scaler", [None], {"offset": [0.5] * 13, "scale": [2.0] * 13}),
        ("LinearRegressor", [None], {"coefficients": some(39).tolist(), "intercepts": [1.0, 2.0, 3.0], "targets": 3}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("which", ROWS)
def test_layers_in_a_row(which: str, tmp_path: Path) -> None:
    check_twin(loaded(model(ROWS[which], opset=20), tmp_path), TABLE, rows=1000)


def test_rows_that_are_levelled_and_too_large_for_it(tmp_path: Path) -> None:
    """ONNX Runtime answers all of them, whatever their squares are."""
    layers = [("LayerNormalization", [None, some(8) + 1, some(8)], {}), ("MatMul", [None, some(8, 3)], {})]
    rows = np.random.default_rng(0).normal(size=(150, 8)).astype("f4")
    for scales in (1, np.logspace(15, 37.5, 150, dtype="f4")[:, None]):
        check_twin(loaded(model(layers, (8,)), tmp_path), Table.of({"x": rows * scales}), rows=300)


def of_two() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Concat", ["left", "right"], ["both"], axis=-1),
        helper.make_node("MatMul", ["both", "k"], ["met"]),
        helper.make_node("Mul", ["met", "right"], ["y"]),
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, wide]) for name, wide in PARTS.items()
    ]
    gives = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])
    graph = helper.make_graph(nodes, "two", ports, [gives], [numpy_helper.from_array(some(13, 3), "k")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_several_inputs(tmp_path: Path) -> None:
    table = Table.of({"right": WINE[:, :3], "left": WINE[:, 3:]})
    check_twin(loaded(of_two(), tmp_path), table, rows=300)


@pytest.mark.parametrize("shape", [[0, -1], [-1, 64], [0, 4, 16]])
def test_images_made_flat(shape: list[int], tmp_path: Path) -> None:
    images = Table.of({"image": datasets.load_digits().images[:200].astype("f4")})
    layers: list[Layer] = [
        ("Reshape", [None, np.array(shape)], {}),
        ("Flatten", [None], {}),
        ("MatMul", [None, some(64, 3)], {}),
    ]
    check_twin(loaded(model(layers, (8, 8)), tmp_path), images, rows=200)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    "kind", [LinearRegression(), MLPRegressor(hidden_layer_sizes=(5,), max_iter=30, random_state=0)]
)
def test_files_that_the_converter_of_scikit_learn_writes(kind: Any, tmp_path: Path) -> None:
    fitted = make_pipeline(StandardScaler(), kind).fit(WINE, WINE[:, 0] * 2 + WINE[:, 1])
    check_twin(loaded(to_onnx(fitted, WINE[:1]), tmp_path), TABLE, rows=1000)


PARTS = {"left": 10, "right": 3}
DENSE: Layer = ("MatMul", [None, some(13, 3)], {})
CONTRACT = Contract(tuple(Field(f"c{place}", "float32") for place in range(13)), (Output("y", "float32[3]"),))


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ([DENSE, ("Erf", [None], {})], "its Erf"),
        ([DENSE, ("Relu", [None], {}), ("Div", [None, 1], {})], "over several arrays"),
        ([DENSE, ("Concat", [None, None], {"axis": 0})], "over several arrays"),
        ([DENSE, ("ReduceMax", [None], {}), ("Add", [None, 1], {})], "its ReduceMax"),
        ([("MatMul", [None, some(13, 1)], {}), ("Add", [None, 1], {}), DENSE], "combines"),
        ([DENSE, ("Clip", [None, np.array(1, "f4"), np.array(0, "f4")], {})], "cuts off below"),
        ([DENSE, ("LayerNormalization", [None, some(3)], {"axis": 0})], "another kind"),
        ([DENSE, ("Softmax", [None], {"axis": 0})], "another kind"),
        ([DENSE, ("Elu", [None], {"alpha": 0.5})], "another kind"),
        ([("Gemm", [None, some(13, 3)], {"alpha": 2.0})], "another kind"),
        ([DENSE, ("Div", [np.array(1, "f4"), None], {})], "divides by its rows"),
        ([DENSE, ("Reshape", [None, np.array([-1, 1])], {})], "mixes rows"),
        ([DENSE, ("Cast", [None], {"to": 11}), ("Cast", [None], {"to": 1})], "single precision"),
    ],
)
def test_others_have_none(layers: list[Layer], why: str, tmp_path: Path) -> None:
    made = model(layers, wide=1 if "mixes" in why else 3, opset=20)
    with pytest.raises(NoTwinError, match=why):
        loaded(made, tmp_path).lower(CONTRACT)


def same(data: bytes, folder: Path) -> str:
    """Whether a twin is made of a file, and answers as ONNX Runtime does where that takes the file."""
    path = folder / "model.onnx"
    path.write_bytes(data)
    try:
        twin = TwinModel(lower(path, [port_of("v0", "float32", [None, 13])], CONTRACT))
    except NoTwinError as error:
        return str(error)
    try:
        expected = OnnxAdapter().load(path).predict(TABLE)[0].values
    except BoxshipError:
        return "ONNX Runtime refuses it"
    with np.errstate(all="ignore"):
        given = twin.predict(TABLE)[0].values
    np.testing.assert_allclose(np.asarray(given, "f4"), expected, 1e-4, 1e-5)
    return "same"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of weights that are no numbers any more
def test_spoilt_files_have_the_same_twin_or_none(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = model(ROWS["gemm"] + ROWS["gates"][1:3]).SerializeToString()
    found = []
    for _ in range(300):
        spoilt = bytearray(whole)
        spoilt[rng.integers(len(whole))] = rng.integers(256)
        found.append(
            same(bytes(spoilt[: rng.integers(len(whole)) if rng.random() < 0.2 else None]) or b"\0", tmp_path)
        )
    assert 60 < found.count("same") < 240


def twice(node: bytes = b"", attribute: bytes = b"", tensor: bytes = b"", graph: bytes = b"") -> bytes:
    """A file in which more is written of its last node, that one's attribute, a constant, or the graph."""
    made = model([DENSE, ("LeakyRelu", [None], {"alpha": 0.3})])
    inside = made.graph
    (dense, bent), (weights,) = inside.node, inside.initializer
    (alpha,) = bent.attribute
    written = (
        content(1, dense.SerializeToString()),
        content(1, bent.SerializeToString() + node)
        if not attribute
        else content(1, rest_of(bent, "attribute") + content(5, alpha.SerializeToString() + attribute)),
        content(5, weights.SerializeToString() + tensor),
        rest_of(inside, "node", "initializer"),
        graph,
    )
    return rest_of(made, "graph") + content(7, b"".join(written))


def rest_of(message: Any, *fields: str) -> bytes:
    rest = type(message)()
    rest.CopyFrom(message)
    for name in fields:
        rest.ClearField(name)
    return bytes(rest.SerializeToString())


SHADOW = helper.make_sparse_tensor(
    numpy_helper.from_array(np.ones(1, "f4"), "k0_1"), numpy_helper.from_array(np.array([5]), "at"), [13, 3]
).SerializeToString()  # of the name of the weights: ONNX Runtime takes this one
OTHER = numpy_helper.from_array(some(13, 3) * 2).SerializeToString()
VALUE = content(1, "alpha") + b"\x15" + np.float32(0.7).tobytes() + integer(20, 1)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"graph": content(15, SHADOW)},
        {"graph": content(14, b"")},
        {"graph": content(5, content(8, "k0_1") + OTHER)},
        {"node": content(4, "Relu")},
        {"node": content(7, "ai.onnx.ml")},
        {"node": content(8, "other")},
        {"node": content(5, VALUE)},
        {"attribute": b"\x15" + np.float32(0.7).tobytes()},
        {"attribute": content(1, "beta")},
        {"attribute": integer(3, 1)},
        {"attribute": content(21, "alpha")},
        {"tensor": content(9, bytes(156))},
        {"tensor": content(4, bytes(156))},
        {"tensor": content(3, integer(1, 0) + integer(2, 3))},
        {"tensor": integer(2, 1)},
        {"tensor": content(8, "other")},
        {"tensor": integer(14, 1)},
        {"tensor": integer(17, 1)},
    ],
)
def test_what_readers_may_understand_in_two_ways_has_none(spoilt: dict[str, bytes], tmp_path: Path) -> None:
    assert same(twice(), tmp_path) == "same"
    assert "laid out in another way" in same(twice(**spoilt), tmp_path)


def test_a_function_has_none(tmp_path: Path) -> None:
    made = model([DENSE, ("Relu", [None], {})])
    other = helper.make_node("Neg", ["a"], ["b"])
    made.functions.append(helper.make_function("", "Relu", ["a"], ["b"], [other], made.opset_import))
    assert "field 25" in same(made.SerializeToString(), tmp_path)


def test_names_that_are_no_text_have_none(tmp_path: Path) -> None:
    made = model([DENSE, ("Sub", [None, some(3)], {}), ("Sub", [None, some(3) * 9], {})]).SerializeToString()
    assert same(made, tmp_path) == "same"
    strange = made.replace(b"k1_1", b"k\xff_1").replace(b"k2_1", b"k\xfe_1")  # as text the same
    assert "another way" in same(strange, tmp_path)


def test_a_constant_of_more_dimensions_than_the_rows_has_none(tmp_path: Path) -> None:
    layers: list[Layer] = [
        DENSE,
        ("Add", [None, some(1, 1, 3)], {}),
        ("Softmax", [None], {"axis": 1}),  # over the rows, of which there is one dimension more now
        ("Reshape", [None, np.array([-1, 3])], {}),
    ]
    assert "by arrays" in same(model(layers).SerializeToString(), tmp_path)
