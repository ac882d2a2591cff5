"""Networks as ONNX files: with their own names, of any number of rows, equal, and silent about their makers."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch.export import Dim

from boxship.adapters.onnx import OnnxAdapter
from boxship.adapters.onnx_file import scan_onnx
from boxship.adapters.tensors import TensorModel
from boxship.adapters.torch import TorchAdapter
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.onnx.proven import OnnxTwin
from boxship.twin.record import Part, Record
from boxship.twin.refused import NoTwinError
from contract import own_nets
from contract.test_torch_module import saved

IMAGES = np.random.default_rng(0).random((9, 1, 8, 8), np.float32)
TWO = {"left": IMAGES[:, 0, 0, :3].astype(np.float64), "right": np.ones((9, 3))}
RECORD = Record("sha256:0", 20, 0.0, {"training": Part(9, 9, 1e-7, 0)}, "1")


def contract_of(**fields: str) -> Contract:
    inputs = tuple(Field(name, type=kind) for name, kind in fields.items())
    return Contract(inputs, (Output("prediction", "float32"),))


def exported(module: torch.nn.Module, rows: Mapping[str, Any], folder: Path) -> TensorModel:
    given = {name: torch.from_numpy(one[:2]) for name, one in rows.items()}
    sizes = {name: {0: Dim("rows")} for name in given}
    program = torch.export.export(module.eval(), (), given, dynamic_shapes=sizes)
    return TorchAdapter().load(TorchAdapter().write(program, folder))


def scripted(module: torch.nn.Module, _: Mapping[str, Any], folder: Path) -> TensorModel:
    torch.jit.save(torch.jit.script(module.eval()), folder / "model.pt")
    return TorchAdapter().load(folder / "model.pt")


def weighted(module: torch.nn.Module, _: Mapping[str, Any], folder: Path) -> TensorModel:
    return TorchAdapter().load(saved(module.eval(), type(module).__name__, folder))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("module", "rows", "how"),
    [
        *((own_nets.Seen, {"image": IMAGES}, how) for how in (exported, scripted, weighted)),
        *((own_nets.Words, {"words": np.arange(45).reshape(9, 5) % 20}, how) for how in (exported, scripted)),
        *((own_nets.Two, TWO, how) for how in (exported, weighted)),  # TorchScript has no dicts in ONNX
    ],
)
def test_the_file_answers_as_the_model(
    module: type[torch.nn.Module],
    rows: Mapping[str, Any],
    how: Callable[..., TensorModel],
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    model, table = how(module(), rows, tmp_path), Table.of(rows)
    types = {name: str(table.column(name).type) for name in table.names}
    data = model.to_onnx(contract_of(**types))
    path = tmp_path / "model.onnx"
    path.write_bytes(OnnxTwin(RECORD, "", "", ("a tool",)).within(data))
    assert scan_onnx(path)
    twin = OnnxAdapter().load(path)
    for count in (1, 9):
        some = table.between(0, count)
        for one, other in zip(model.predict(some), twin.predict(some), strict=True):
            np.testing.assert_allclose(one.values, other.values, rtol=1e-5, atol=1e-6)
    assert os.fsencode(tmp_path) not in data
    assert b"own_nets" not in data
    assert b".py" not in data
    graph = onnx.load_from_string(data).graph
    for port in (*graph.input, *graph.output):
        assert port.type.tensor_type.shape.dim[0].dim_param == "rows"


@pytest.mark.parametrize("place", [-1, 20, -20])
def test_a_place_that_pytorch_does_not_know_is_known_to_neither(place: int, tmp_path: Path) -> None:
    """ONNX by itself counts those below zero from the end."""
    rows = {"words": np.arange(45).reshape(9, 5) % 20}
    model = exported(own_nets.Looked(), rows, tmp_path)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.to_onnx(contract_of(words="int64[5]")))
    rows["words"][3, 2] = place
    for one in (model, OnnxAdapter().load(path)):
        with pytest.raises(Exception, match=r"(?i)out of (range|data bounds)"):
            one.predict(Table.of(rows))


def test_what_is_said_of_a_file_is_read_from_it() -> None:
    twin = OnnxTwin(RECORD, "sha256:1", "numpy==1", ("a tool",))
    data = twin.within(b"\x08\x08")
    assert OnnxTwin.of_file(data) == twin
    assert OnnxTwin.of_file(OnnxTwin(RECORD, "", "").within(data)).tools == ()  # the last is meant


@pytest.mark.parametrize("data", [b"", b"\x08\x08", b"\x72\xff", b"\x72\x0f\n\x0cboxship.twin\x12\x01{"])
def test_a_file_that_says_nothing_is_no_twin(data: bytes) -> None:
    with pytest.raises(BoxError) as caught:
        OnnxTwin.of_file(data)
    assert caught.value.code == "twin.damaged"


def test_text_goes_into_no_network(tmp_path: Path) -> None:
    model = exported(own_nets.Seen(), {"image": IMAGES}, tmp_path)
    with pytest.raises(NoTwinError, match="no numbers"):
        model.to_onnx(contract_of(image="text"))


def test_a_keras_model_on_torch_has_one_too(tmp_path: Path) -> None:
    code = """
import sys, keras, numpy as np
from boxship.adapters.keras import KerasAdapter
from boxship.adapters.onnx import OnnxAdapter
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from pathlib import Path
a, b = keras.Input((8, 8, 1), name="image"), keras.Input((2,), name="more")
x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="gelu")(a))
out = {"zeta": keras.layers.Dense(3)(keras.layers.Concatenate()([x, b])), "alpha": x}
folder = Path(sys.argv[1])
model = KerasAdapter().load(KerasAdapter().write(keras.Model([a, b], out), folder))
fields = Field("image", type="float32[8,8,1]"), Field("more", type="float32[2]")
path = folder / "model.onnx"
path.write_bytes(model.to_onnx(Contract(fields, (Output("prediction", "float32"),))))
rng = np.random.default_rng(0)
rows = Table.of({"image": rng.random((7, 8, 8, 1), np.float32), "more": rng.random((7, 2), np.float32)})
for one, other in zip(model.predict(rows), OnnxAdapter().load(path).predict(rows), strict=True):
    np.testing.assert_allclose(one.values, other.values, rtol=1e-5, atol=1e-6)
"""
    surroundings = {**os.environ, "KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
