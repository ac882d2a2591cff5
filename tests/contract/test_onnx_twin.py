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
    "learnt": [
        ("Scaler", [None], {"offset": [0.5] * 13, "scale": [2.0] * 13}),
        ("LinearRegressor", [None], {"coefficients": some(39).tolist(), "intercepts": [1.0, 2.0, 3.0], "targets": 3}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("which", ROWS)
def test_layers_in_a_row(which: str, tmp_path: Path) -> None:
    check_twin(loaded(model(ROWS[which], opset=20), tmp_path), TABLE, rows=1000)


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


def test_spoilt_files_have_a_twin_or_none(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = model(ROWS["gemm"] + ROWS["gates"][1:3]).SerializeToString()
    port = port_of("v0", "float32", [None, 13])
    refused = 0
    for _ in range(400):
        spoilt = bytearray(whole)
        spoilt[rng.integers(len(whole))] = rng.integers(256)
        path = tmp_path / "model.onnx"
        path.write_bytes(bytes(spoilt[: rng.integers(len(whole)) if rng.random() < 0.2 else None]) or b"\0")
        try:
            lower(path, [port], CONTRACT)
        except NoTwinError:
            refused += 1
    assert 50 < refused < 400
