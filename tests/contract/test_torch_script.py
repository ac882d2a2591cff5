"""TorchScript keeps what every adapter promises; what reaches out of the process is refused before it is loaded."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from boxship import frames
from boxship.adapters.entry import write_entry
from boxship.adapters.look import look
from boxship.adapters.torch import TorchAdapter
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.testing.adapters import check_adapter, described_of
from contract import own_nets

ROWS = np.random.default_rng(0).normal(size=(20, 64)).astype(np.float32)
# torch's own: torch.export comes after TorchScript
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning", "ignore:.*torch.export:")


def digits() -> torch.nn.Module:
    torch.manual_seed(0)
    return own_nets.Digits()


def saved(module: Any, folder: Path) -> Path:
    torch.jit.save(module, folder / "model.pt")
    return folder / "model.pt"


MADE: dict[str, Callable[[], Any]] = {
    "scripted": lambda: torch.jit.script(digits()),  # in training, until it is loaded
    "traced": lambda: torch.jit.trace(digits().eval(), (torch.zeros(2, 64),)),
    "frozen": lambda: torch.jit.freeze(torch.jit.script(digits().eval())),
}


@pytest.mark.parametrize("form", MADE)
def test_it_answers_as_the_module(form: str, tmp_path: Path) -> None:
    path = saved(MADE[form](), tmp_path)
    assert look(path).root == "torch.jit.ScriptModule"
    loaded = check_adapter(TorchAdapter(), path, frames.read(ROWS), tolerance=1e-5)
    assert described_of(loaded, frames.read(ROWS)).outputs[0].type == "float32[10]"
    expected = digits().eval()(torch.from_numpy(ROWS)).detach().numpy()
    np.testing.assert_allclose(loaded.predict(frames.read(ROWS))[0].values, expected, rtol=0, atol=1e-5)


def test_integers_are_looked_up_and_tensors_go_by_name(tmp_path: Path) -> None:
    words = np.random.default_rng(0).integers(0, 20, (30, 5))
    table = frames.read(words)
    check_adapter(TorchAdapter(), saved(torch.jit.script(own_nets.Words()), tmp_path), table, tolerance=1e-6)
    left, right = np.random.default_rng(0).normal(size=(2, 30, 3))
    table = Table.of({"right": right, "left": left})
    two = check_adapter(
        TorchAdapter(), saved(torch.jit.script(own_nets.Two()), tmp_path), table, tolerance=1e-12
    )
    assert two.describe().names == ("left", "right")
    assert [one.name for one in described_of(two, table).outputs] == ["sum", "most"]


class Maps(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_file("/etc/hostname", False, 1)


class Forks(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.jit.wait(torch.jit.fork(torch.neg, x))


class OnAGpu(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.zeros(1, device="cuda")


class TakesANumber(torch.nn.Module):
    def forward(self, x: torch.Tensor, scale: float) -> torch.Tensor:
        return x * scale


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BoxError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    ("module", "code"),
    [
        (Maps(), "model.unsafe_archive"),
        (Forks(), "model.unsafe_archive"),
        (OnAGpu(), "model.other_device"),
    ],
    ids=lambda one: type(one).__name__ if hasattr(one, "forward") else one,
)
def test_what_reaches_out_is_refused_unread(module: Any, code: str, tmp_path: Path) -> None:
    path = saved(torch.jit.script(module), tmp_path)
    assert refused(lambda: look(path)) == code


@pytest.mark.parametrize(
    "line",
    [
        'torch.save(rows, "f")',
        'rows.save("f")',
        'x = getattr(rows, "\\x73ave")',
        'x = getattr(torch, "sa" "ve")(rows, "f")',
        'x = getattr(torch, "sa"  # this\n  "ve")(rows, "f")',
        """x = getattr(torch, 'sa'"ve")(rows, "f")""",
        'x = getattr (torch, "neg")(rows)',
        "x = getattr(torch, name)(rows)",
        "x = ops.c10d.barrier(rows)",
        "x = ops . # prim.\n  c10d.barrier(rows)",
        "x = __torch__.torch.classes.own.Thing()",
        "x = __torch__.torch.  # torch\n  classes.own.Thing()",
    ],
)
def test_code_is_looked_at_word_by_word(line: str, tmp_path: Path) -> None:
    path = saved(torch.jit.script(digits().eval()), tmp_path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            is_code = name.endswith("own_nets.py")
            new.writestr(
                name, data + f"\ndef other(rows: Tensor) -> Tensor:\n  {line}\n".encode() if is_code else data
            )
    assert refused(lambda: look(path)) == "model.unsafe_archive"


def test_parts_that_are_not_known_are_refused(tmp_path: Path) -> None:
    path = saved(torch.jit.script(digits().eval()), tmp_path)
    with zipfile.ZipFile(path, "a") as members:
        members.writestr("model/other.so", b"")
    assert refused(lambda: look(path)) == "model.unsafe_archive"


def test_a_program_that_takes_more_than_rows_is_refused(tmp_path: Path) -> None:
    path = saved(torch.jit.script(TakesANumber()), tmp_path)
    assert refused(lambda: TorchAdapter().load(path)) == "model.unsupported_input"


def test_a_program_that_remembers_rows_is_refused(tmp_path: Path) -> None:
    loaded = TorchAdapter().load(saved(torch.jit.script(own_nets.Counts()), tmp_path))
    assert refused(lambda: described_of(loaded, frames.read(ROWS))) == "model.keeps_state"


def test_code_beside_a_program_is_refused(tmp_path: Path) -> None:
    path = saved(torch.jit.script(digits().eval()), tmp_path)
    write_entry("contract.own_nets:Digits", tmp_path)
    assert refused(lambda: TorchAdapter().load(path)) == "model.other_weights"


def test_a_program_in_memory_is_told_how_to_be_saved(tmp_path: Path) -> None:
    made = torch.jit.script(digits().eval())
    assert refused(lambda: TorchAdapter().write(made, tmp_path)) == "model.not_writable"


def test_a_cut_archive_is_told(tmp_path: Path) -> None:
    path = saved(torch.jit.script(digits().eval()), tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(lambda: look(path)) == "model.damaged"
