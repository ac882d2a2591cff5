"""Twins of PyTorch's layers answer as the programs do; what is not known has none, and says so."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import datasets
from sklearn.preprocessing import scale
from torch import nn

from boxship.adapters.tensors import TensorModel
from boxship.adapters.torch import TorchAdapter
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError
from contract.onnx_asked import held

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
WINE = scale(datasets.load_wine().data).astype("f4")
TABLE = Table.of({f"c{place}": WINE[:, place] for place in range(13)})
IMAGES = Table.of({"image": datasets.load_digits().images[:300].astype("u1")})


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(WINE.mean(0)))
        self.line = nn.Linear(13, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.line((x - self.mean) / 4 * 2 + 1).squeeze(1)


class Branched(nn.Module):
    """Two ways from one place, met again in each way that is known."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(13, 9), nn.Linear(13, 9)
        self.level, self.last = nn.LayerNorm(9), nn.Linear(31, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        left, right = self.left(x).relu(), self.level(self.right(x))
        met = left + right * left - torch.maximum(left, torch.minimum(right, left))
        return self.last(torch.cat([x, met, 1 - right], 1)).relu_()


class Shared(nn.Module):
    """What is changed in place is asked again, in another shape."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = x + 1
        return first.view(-1, 13).relu_() + first


class Embedded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.town, self.days, self.last = (
            nn.Embedding(7, 3, padding_idx=0),
            nn.Embedding(5, 2),
            nn.Linear(9, 2),
        )

    def forward(self, town: torch.Tensor, days: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.cat([self.town(town), self.days(days).flatten(1), x], 1))


def loaded(module: nn.Module, example: torch.Tensor, folder: Path) -> TensorModel:
    torch.manual_seed(0)
    for part in module.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
        if isinstance(part, nn.BatchNorm1d):
            part.running_mean, part.running_var = (
                torch.rand(part.num_features),
                torch.rand(part.num_features) + 1,
            )
    rows = torch.export.Dim("rows")
    program = torch.export.export(module.eval(), (example,), dynamic_shapes=({0: rows},))
    return TorchAdapter().load(TorchAdapter().write(program, folder))


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(13, 3),
        nn.Sequential(nn.BatchNorm1d(13), nn.Linear(13, 9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 3), nn.Softmax(1)),
        nn.Sequential(nn.Linear(13, 9, bias=False), nn.SiLU(), nn.Linear(9, 9), nn.LeakyReLU(0.2), nn.Linear(9, 2)),
        nn.Sequential(nn.Linear(13, 9), nn.Tanh(), nn.Linear(9, 9), nn.ELU(), nn.Linear(9, 1), nn.Sigmoid()),
        nn.Sequential(nn.Linear(13, 9), nn.Softplus(), nn.BatchNorm1d(9, affine=False), nn.LogSoftmax(-1)),
        nn.Sequential(nn.Linear(13, 9), nn.GELU(), nn.Linear(9, 9), nn.GELU("tanh"), nn.LayerNorm(9), nn.Linear(9, 2)),
        nn.Sequential(nn.Linear(13, 9), nn.ReLU6(), nn.Hardtanh(-0.5, 2), nn.Linear(9, 9), nn.PReLU(9), nn.PReLU()),
        nn.Sequential(nn.Linear(13, 9), nn.SELU(), nn.Linear(9, 9), nn.Mish(), nn.Linear(9, 9), nn.Hardswish()),
        nn.Sequential(nn.Linear(13, 9), nn.Hardsigmoid(), nn.LayerNorm(9, elementwise_affine=False)),
        Scaled(),
        Branched(),
    ],
)  # fmt: skip
def test_layers_over_columns(module: nn.Module, tmp_path: Path) -> None:
    model = loaded(module, torch.zeros(2, 13), tmp_path)
    check_twin(model, TABLE, rows=2000)
    held(model, TABLE, rows=100)


@pytest.mark.parametrize("wide", [5, 8, 16, 20])
def test_rows_that_are_levelled_and_too_large_for_it(wide: int, tmp_path: Path) -> None:
    """PyTorch answers some with its shifts and some with NaN, by how many columns it takes at once."""
    model = loaded(nn.Sequential(nn.LayerNorm(wide), nn.Linear(wide, 2)), torch.zeros(2, wide), tmp_path)
    rows = np.random.default_rng(wide).normal(size=(150, wide)).astype("f4")
    tables = Table.of({"x": rows}), Table.of({f"c{place}": rows[:, place] for place in range(wide)})
    for table in tables:
        check_twin(model, table, rows=100)
    held(model, tables[0], rows=100)
    far = Table.of({"x": rows * np.logspace(17, 38, 150, dtype="f4")[:, None]})
    check_twin(model, far, rows=100)


def test_no_rows_are_no_answers(tmp_path: Path) -> None:
    model = loaded(nn.Linear(13, 3), torch.zeros(2, 13), tmp_path)
    fields = tuple(Field(name, "float32") for name in TABLE.names)
    program = model.lower(Contract(fields, (Output("prediction", "float32[3]"),)))
    assert program.run(TABLE.between(0, 0))[0][0].shape == (0, 3)


def test_layers_over_images_of_bytes(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))
    check_twin(loaded(module, torch.zeros(2, 1, 8, 8), tmp_path), IMAGES, rows=300)


def test_columns_of_other_kinds(tmp_path: Path) -> None:
    """Integers that single precision cannot hold are refused by both."""
    rng = np.random.default_rng(0)
    table = Table.of({"n": rng.integers(-5, 9, 200), "yes": rng.random(200) < 0.5, "x": rng.normal(size=200)})
    check_twin(loaded(nn.Linear(3, 2), torch.zeros(2, 3), tmp_path), table, rows=500)


def test_places_that_are_looked_up_and_several_inputs(tmp_path: Path) -> None:
    """A place that the table does not have is refused by both."""
    rng = np.random.default_rng(0)
    table = Table.of(
        {"x": WINE[:, :2], "days": rng.integers(0, 5, (178, 2)), "town": rng.integers(0, 7, 178)}
    )
    given = (torch.zeros(2, dtype=torch.int64), torch.zeros(2, 2, dtype=torch.int64), torch.zeros(2, 2))
    rows = torch.export.Dim("rows")
    program = torch.export.export(Embedded().eval(), given, dynamic_shapes=({0: rows},) * 3)
    model = TorchAdapter().load(TorchAdapter().write(program, tmp_path))
    check_twin(model, table, rows=300)
    held(model, table, rows=100)


@pytest.mark.parametrize(
    ("module", "shape", "why"),
    [
        (nn.Conv2d(1, 2, 3), (2, 1, 8, 8), "conv2d"),
        (nn.Softplus(beta=2), (2, 13), "softplus"),
        (nn.LayerNorm((8, 8)), (2, 8, 8), "levels rows"),
        (nn.Linear(8, 2), (2, 8, 8), "shape"),
        (nn.Softmax(1), (2, 8, 8), "over arrays|softmax"),
        (Shared(), (2, 13), "in place"),
        (nn.Linear(13, 2, dtype=torch.float64), (2, 13), "single precision"),
    ],
)
def test_others_have_none(module: nn.Module, shape: tuple[int, ...], why: str, tmp_path: Path) -> None:
    kind = (
        torch.float64 if getattr(module, "weight", torch.zeros(1)).dtype == torch.float64 else torch.float32
    )
    model = loaded(module, torch.zeros(shape, dtype=kind), tmp_path)
    sizes = ",".join(map(str, shape[1:]))
    contract = Contract((Field("x", f"float32[{sizes}]"),), (Output("prediction", "float32"),))
    with pytest.raises(NoTwinError, match=why):
        model.lower(contract)


def test_an_onnx_file_over_images_answers_as_the_twin(tmp_path: Path) -> None:
    images = nn.Sequential(nn.Flatten(), nn.Linear(64, 9), nn.LeakyReLU(0.2), nn.Linear(9, 1), nn.Tanh())
    held(loaded(images, torch.zeros(2, 8, 8), tmp_path), IMAGES)
