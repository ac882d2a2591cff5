"""Weights that `torch.save` wrote are read without unpickling them, for the processor, and filled into their code."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from boxship import frames, inspect
from boxship.adapters.entry import entry_beside, write_entry
from boxship.adapters.look import look, look_beside
from boxship.adapters.torch import TorchAdapter
from boxship.adapters.torch_weights_file import read_weights
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import BoxError, BoxshipError
from boxship.settings import Settings
from boxship.stores import LocalStore
from boxship.testing.adapters import check_adapter, described_of
from boxship.testing.models import number_contract
from contract import own_nets

ROWS = np.random.default_rng(0).normal(size=(20, 64)).astype(np.float32)


def digits() -> own_nets.Digits:
    torch.manual_seed(0)
    return own_nets.Digits().eval()


def saved(held: Any, folder: Path, name: str = "model.pt", **how: Any) -> Path:
    torch.save(held, folder / name, **how)
    write_entry("contract.own_nets:Digits", folder)
    return folder / name


def changed(path: Path, change: Callable[[bytes], bytes], part: str = "/data.pkl") -> Path:
    """The same archive with one part of it changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, change(data) if name.endswith(part) else data)
    return path


def on_a_gpu(data: bytes) -> bytes:
    return data.replace(b"\x03\x00\x00\x00cpu", b"\x06\x00\x00\x00cuda:0")


@pytest.mark.parametrize("name", ["model.pt", "model.pth"])
@pytest.mark.parametrize("nested", [None, "state_dict", "model"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_it_answers_as_the_module(nested: str | None, name: str, device: str, tmp_path: Path) -> None:
    module = digits()
    optimizer = torch.optim.Adam(module.parameters())
    held: Any = module.state_dict()
    if nested:
        held = {nested: held, "optimizer": optimizer.state_dict(), "epoch": 3, "loss": [0.5, None, True]}
    path = saved(held, tmp_path, name)
    if device == "cuda":
        assert b"cuda:0" in changed(path, on_a_gpu).read_bytes()
    assert look_beside(path).weights
    loaded = check_adapter(TorchAdapter(), path, frames.read(ROWS), tolerance=1e-5)
    expected = module(torch.from_numpy(ROWS)).detach().numpy()
    assert described_of(loaded, frames.read(ROWS)).outputs[0].type == "float32[10]"
    np.testing.assert_allclose(loaded.predict(frames.read(ROWS))[0].values, expected, rtol=0, atol=1e-5)


def test_values_lie_where_the_file_says(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.int16).reshape(4, 6)
    held = {
        "view": whole[1:3, ::2],
        "turned": whole.T,
        "none": torch.zeros(0, 3),
        "one": torch.tensor(2.5, dtype=torch.bfloat16),
        "weight": torch.nn.Parameter(torch.ones(2, dtype=torch.float64)),
    }
    found = read_weights(saved(held, tmp_path))
    for name, tensor in held.items():
        assert found[name].shape == tuple(tensor.shape)
        plain = tensor.detach().contiguous().view(torch.uint8) if tensor.dim() else tensor.view(torch.int16)
        assert bytes(found[name].data) == plain.numpy().tobytes()


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BoxError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    "held",
    [
        digits,
        lambda: {"weights": digits().state_dict()},
        lambda: {"state_dict": digits().state_dict(), "model": digits().state_dict()},
        lambda: torch.zeros(3),
        lambda: {"a": 1.0},
        dict,
        lambda: {"state_dict": digits().state_dict(), "by": np.float64(0.5)},
    ],
    ids=["module", "other name", "two", "tensor", "number", "empty", "numpy"],
)
def test_what_is_no_modules_weights_is_told(held: Callable[[], Any], tmp_path: Path) -> None:
    path = saved(held(), tmp_path)
    assert refused(lambda: look_beside(path)) == "model.not_exported"


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
def test_a_box_of_weights_says_what_it_executes(suffix: str, tmp_path: Path) -> None:
    """And is inspected, though its weights by themselves are no model."""
    path = saved(digits().state_dict(), tmp_path, f"model{suffix}")
    if suffix == ".safetensors":
        save_file(digits().state_dict(), path)
    settings, table = Settings(home=tmp_path / "home"), Table.of({"a": [1.0]})
    files: dict[str, bytes | Path] = {
        "contract.json": number_contract("a").to_bytes(),
        "profile.bin": Profile.of(table).to_bytes(),
        "golden.in": to_bytes(table),
        "card.json": b"{}",
        "lock.txt": b"",
        **{f"model/{one.name}": one for one in (path, entry_beside(path))},
    }
    store = LocalStore(settings.home / "store")
    with store.making() as folder:
        box = store.add(store.stage(folder, files, adapter="torch", python="3.11"), {})
    assert inspect(box, settings=settings)["executes"] == ["contract.own_nets.Digits"]


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    path = saved(digits().state_dict(), tmp_path)
    entry_beside(path).unlink()
    assert refused(lambda: look(path)) == "model.no_entry"


def test_files_of_before_the_archives_are_told(tmp_path: Path) -> None:
    path = saved(digits().state_dict(), tmp_path, _use_new_zipfile_serialization=False)
    assert refused(lambda: look_beside(path)) == "model.not_exported"


class Runs:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit(3)",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_would_run_something_is_not_unpickled(protocol: int, tmp_path: Path) -> None:
    path = saved(digits().state_dict(), tmp_path)
    changed(path, lambda _: pickle.dumps(OrderedDict(a=Runs()), protocol))
    assert refused(lambda: look_beside(path)) in ("model.not_exported", "model.damaged")


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("/byteorder", lambda _: b"big"),
        ("/data/0", lambda data: data[:-4]),
        ("/data.pkl", lambda data: data[:-40]),
        ("/data.pkl", lambda data: data.replace(b"K@", b"K\xff")),  # a larger shape than its values
        ("/data.pkl", lambda data: data.replace(b"FloatStorage", b"LongStorage\n" + b"c")),
        ("/data.pkl", lambda _: b"\x80\x02}q\x00."[:-1]),
    ],
)
def test_archives_that_lie_are_refused(part: str, change: Any, tmp_path: Path) -> None:
    path = changed(saved(digits().state_dict(), tmp_path), change, part)
    assert refused(lambda: look_beside(path)) in ("model.damaged", "model.not_exported")


@given(st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=1, max_size=4))
def test_spoilt_pickles_are_looked_at(
    tmp_path_factory: pytest.TempPathFactory, spoilt: list[tuple[int, int]]
) -> None:
    out = io.BytesIO()
    torch.save({"a": torch.ones(2, 3), "b": torch.zeros(1)}, out)

    def change(data: bytes) -> bytes:
        spoiling = bytearray(data)
        for place, by in spoilt:
            spoiling[place % len(data)] ^= by
        return bytes(spoiling)

    path = tmp_path_factory.mktemp("spoilt") / "model.pt"
    path.write_bytes(out.getvalue())
    code = "model."
    try:
        read_weights(changed(path, change))
    except BoxshipError as error:
        code = error.code
    assert code.startswith("model.")


def test_views_of_one_storage_hold_no_more_than_can_be_believed(tmp_path: Path) -> None:
    """One tensor under many names is stored once; many views of it would take many times the file."""
    one = torch.zeros(1000)
    torch.save({str(at): one for at in range(40)}, tmp_path / "shared.pt")
    assert len({id(tensor.data) for tensor in read_weights(tmp_path / "shared.pt").values()}) == 1
    torch.save({str(at): one[at:] for at in range(40)}, tmp_path / "views.pt")
    for read in (read_weights, look):
        with pytest.raises(BoxError) as caught:
            read(tmp_path / "views.pt")
        assert caught.value.code == "model.too_large"


def test_keys_that_take_forever_are_refused(tmp_path: Path) -> None:
    """A tuple of two times a tuple of two times a tuple: each level takes twice as long to be hashed."""
    key = b")q\x00" + b"h\x00\x86q\x00" * 60
    path = changed(saved({"a": torch.zeros(2)}, tmp_path), lambda _: b"\x80\x02}" + key + b"K\x01s.")
    with pytest.raises(BoxError) as caught:
        read_weights(path)
    assert caught.value.code == "model.damaged"
