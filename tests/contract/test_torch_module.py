"""Weights with their code keep what every adapter promises; files of safetensors that lie are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn import datasets

from boxship import frames
from boxship.adapters.entry import write_entry
from boxship.adapters.look import look, look_beside
from boxship.adapters.python import PythonAdapter
from boxship.adapters.torch import TorchAdapter
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.testing.adapters import check_adapter, check_answers, described_of
from contract import own_nets

DIGITS = datasets.load_digits(return_X_y=True)[0][:40]


def saved(module: torch.nn.Module, call: str, folder: Path) -> Path:
    save_file(module.state_dict(), folder / "model.safetensors")
    write_entry(f"contract.own_nets:{call}", folder)
    return folder / "model.safetensors"


@pytest.fixture
def digits() -> own_nets.Digits:
    torch.manual_seed(0)
    module = own_nets.Digits()
    module(torch.from_numpy(DIGITS.astype(np.float32)))  # the norm learns
    return module.eval()


def test_it_answers_as_the_module(digits: own_nets.Digits, tmp_path: Path) -> None:
    path = saved(digits, "Digits", tmp_path)
    loaded = check_adapter(TorchAdapter(), path, frames.read(DIGITS), tolerance=1e-5)
    expected = digits(torch.from_numpy(DIGITS.astype(np.float32))).detach().numpy()
    assert described_of(loaded, frames.read(DIGITS)).outputs[0].type == "float32[10]"
    np.testing.assert_allclose(loaded.predict(frames.read(DIGITS))[0].values, expected, rtol=0, atol=1e-5)


def test_integers_are_looked_up(tmp_path: Path) -> None:
    words = own_nets.Words().eval()
    rows = np.random.default_rng(0).integers(0, 20, (30, 5))
    loaded = check_adapter(TorchAdapter(), saved(words, "Words", tmp_path), frames.read(rows), tolerance=1e-6)
    check_answers(
        loaded, frames.read(rows), words(torch.from_numpy(rows)).detach().numpy()[:, 0], tolerance=1e-6
    )


def test_several_tensors_by_name(tmp_path: Path) -> None:
    two = own_nets.Two().eval()
    left, right = np.random.default_rng(0).normal(size=(2, 30, 3))
    table = Table.of({"right": right, "left": left})
    loaded = check_adapter(TorchAdapter(), saved(two, "Two", tmp_path), table, tolerance=1e-12)
    assert loaded.describe().names == ("left", "right")
    assert [(one.name, one.type) for one in described_of(loaded, table).outputs] == [
        ("sum", "float64"),
        ("most", "float64[3]"),
    ]
    np.testing.assert_array_equal(loaded.predict(table)[1].values, np.maximum(left, right))


def test_what_is_none_is_no_output_and_no_tensor_is_refused(tmp_path: Path) -> None:
    rows = Table.of({"a": np.float32([1, 2, 4]), "b": np.float32([0.5, 2, 257])})
    loaded = check_adapter(
        TorchAdapter(), saved(own_nets.none_beside(), "none_beside", tmp_path), rows, tolerance=0
    )
    assert [(one.name, one.type) for one in described_of(loaded, rows).outputs] == [("prediction", "float32")]
    check_answers(loaded, rows, np.array([1.5, 4, 260], np.float32))  # as bfloat16 has them
    other = TorchAdapter().load(saved(own_nets.number_beside(), "number_beside", tmp_path))
    with pytest.raises(BoxError) as caught:
        described_of(other, rows)
    assert caught.value.code == "model.wrong_type"


def test_a_module_that_changes_its_rows_is_none_the_worse(tmp_path: Path) -> None:
    net, rows = own_nets.WorksInPlace().eval(), DIGITS.astype(np.float32)
    expected = net(torch.tensor(rows)).detach().numpy()
    table = Table.of({"x": rows})
    loaded = check_adapter(TorchAdapter(), saved(net, "WorksInPlace", tmp_path), table, tolerance=1e-5)
    np.testing.assert_allclose(loaded.predict(table)[0].values, expected, rtol=0, atol=1e-5)


def test_a_module_by_itself_has_learnt_nothing(tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        PythonAdapter().load(write_entry("contract.own_nets:Digits", tmp_path))
    assert caught.value.code == "model.not_fitted"
    assert "--entry contract.own_nets:Digits" in caught.value.hint


def test_a_module_that_remembers_rows_is_refused(tmp_path: Path) -> None:
    loaded = TorchAdapter().load(saved(own_nets.Counts(), "Counts", tmp_path))
    with pytest.raises(BoxError) as caught:
        described_of(loaded, frames.read(DIGITS))
    assert caught.value.code == "model.keeps_state"


@pytest.mark.parametrize("rows", [5, 65])
@pytest.mark.parametrize("call", ["later_2", "later_3", "later_20", "later_tensor"])
def test_a_module_that_answers_otherwise_later_is_refused(call: str, rows: int, tmp_path: Path) -> None:
    """Also where the rows of its first calls are not asked for again by anyone, and however many they are."""
    module, table = getattr(own_nets, call)(), frames.read(np.resize(DIGITS / 1000, (rows, 64)))
    loaded = TorchAdapter().load(saved(module, call, tmp_path))
    with pytest.raises(BoxError) as caught:
        list(map(loaded.predict, [table] * 99))
    assert caught.value.code == "model.keeps_state"


def test_rows_that_change_their_values_are_no_change_of_the_module(tmp_path: Path) -> None:
    """The first ones are kept as they were, whatever becomes of their memory."""
    rows = np.ones((5, 64), np.float32)
    loaded = TorchAdapter().load(saved(own_nets.WorksInPlace(), "WorksInPlace", tmp_path))
    for _ in range(5):
        given = loaded.predict(Table.of({"x": rows}))[0].values
        rows *= 2
        given *= 2


@pytest.mark.parametrize(
    ("call", "code"),
    [("wide", "model.other_weights"), ("number", "model.not_a_model"), ("gone", "model.no_entry")],
)
def test_code_of_another_model(call: str, code: str, digits: own_nets.Digits, tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        TorchAdapter().load(saved(digits, call, tmp_path))
    assert caught.value.code == code


def test_weights_alone_are_no_model(digits: own_nets.Digits, tmp_path: Path) -> None:
    path = saved(digits, "Digits", tmp_path)
    assert [use.name for use in look_beside(path).uses] == ["Module", "Digits"]
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.no_entry"


def spoilt(path: Path, **changes: Any) -> None:
    """The same file with another header for one of its tensors."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["out.bias"].update(changes)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [11]},
        {"shape": [-10]},
        {"shape": [1 << 62, 1 << 62]},
        {"shape": 10},
        {"dtype": "F65"},
        {"dtype": None},
        {"data_offsets": [0, 40]},
        {"data_offsets": [0, 1 << 40]},
        {"data_offsets": [-40, 0]},
        {"data_offsets": "no"},
    ],
)
def test_headers_that_lie(changes: dict[str, Any], digits: own_nets.Digits, tmp_path: Path) -> None:
    path = saved(digits, "Digits", tmp_path)
    spoilt(path, **changes)
    with pytest.raises(BoxError) as caught:
        look_beside(path)
    assert caught.value.code == "model.damaged"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        (1 << 62).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{}x",
        (2).to_bytes(8, "little") + b"[]",
        (50).to_bytes(8, "little") + b'{"a":1,"a":2}'.ljust(50),
        (99999).to_bytes(8, "little") + b"[" * 99999,
    ],
)
def test_damaged_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.damaged"


def test_a_file_cut_short(digits: own_nets.Digits, tmp_path: Path) -> None:
    path = saved(digits, "Digits", tmp_path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(BoxError) as caught:
            look_beside(path)
        assert caught.value.code == "model.damaged"
