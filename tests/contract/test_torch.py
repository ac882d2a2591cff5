"""Exported programs keep what every adapter promises; archives that would run something are refused unread."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets
from torch.export import Dim

from boxship import frames
from boxship.adapters.look import look
from boxship.adapters.torch import TorchAdapter
from boxship.errors import BoxError, BoxshipError
from boxship.testing.adapters import check_adapter, check_answers, check_writer, described_of

ROWS = {0: Dim("rows")}
DIGITS = frames.read(datasets.load_digits(return_X_y=True)[0][:40])
# torch's own, of its own copy of a program
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")


class Net(torch.nn.Module):
    """A small network over pictures, with all that is different in training."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 3, 3)
        self.norm = torch.nn.BatchNorm2d(3)
        self.drop = torch.nn.Dropout(0.5)
        self.line = torch.nn.Linear(3 * 36, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm(self.conv(x / 16)))
        return torch.softmax(self.line(self.drop(x.flatten(1))), dim=-1)


class Pair(torch.nn.Module):
    """Two inputs of two kinds, two answers by name."""

    def forward(self, image: torch.Tensor, token: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"mean": image.mean((1, 2)) + token, "large": image > 1}


def exported(model: torch.nn.Module, *args: torch.Tensor, rows: Any = ROWS, train: bool = False) -> Any:
    torch.manual_seed(0)
    return torch.export.export(
        model.train(train), args, dynamic_shapes=tuple(rows for _ in args) if rows else None
    )


def net(**how: Any) -> Any:
    torch.manual_seed(1)
    return exported(Net(), torch.zeros(2 if how.get("rows", ROWS) else 1, 1, 8, 8), **how)


def saved(program: Any, folder: Path) -> Path:
    torch.export.save(program, folder / "model.pt2")
    return folder / "model.pt2"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BoxshipError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


def expected(program: Any) -> Any:
    images = torch.tensor(DIGITS.block(DIGITS.names, "float32")).reshape(-1, 1, 8, 8)
    with torch.no_grad():
        return program.module()(images).numpy()


def test_a_program_answers_as_itself(tmp_path: Path) -> None:
    program = net()
    loaded = check_adapter(TorchAdapter(), saved(program, tmp_path), DIGITS, tolerance=1e-6)
    (output,) = described_of(loaded, DIGITS).outputs
    assert (output.name, output.type) == ("prediction", "float32[10]")
    check_answers(loaded, DIGITS, expected(program), tolerance=1e-6)


def test_a_program_for_one_row_is_asked_row_by_row(tmp_path: Path) -> None:
    loaded = check_adapter(TorchAdapter(), saved(net(rows=None), tmp_path), DIGITS)
    check_answers(loaded, DIGITS, expected(net()), tolerance=1e-6)


def test_several_inputs_go_by_name_and_outputs_by_key(tmp_path: Path) -> None:
    program = exported(Pair(), torch.zeros(2, 3, 4), torch.zeros(2, dtype=torch.int64))
    rng = np.random.default_rng(0)
    images = rng.normal(size=(5, 3, 4)).astype("f4")
    table = frames.read({"image": images, "token": np.arange(5)})
    loaded = check_adapter(TorchAdapter(), saved(program, tmp_path), table, tolerance=1e-6)
    described = described_of(loaded, table)
    assert described.names == ("image", "token")
    assert [(one.name, one.type) for one in described.outputs] == [
        ("mean", "float32"),
        ("large", "bool[3,4]"),
    ]
    sums = images.mean((1, 2)) + np.arange(5)
    np.testing.assert_allclose(loaded.predict(table)[0].values, sums, rtol=1e-6, atol=1e-6)


def test_the_same_program_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    path = check_writer(TorchAdapter(), torch.export.load, net(), tmp_path)
    look(path)
    assert b"test_torch" not in path.read_bytes()  # nor where its sources lie
    check_answers(TorchAdapter().load(path), DIGITS, expected(net()), tolerance=1e-6)


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys, torch; from pathlib import Path; from boxship.adapters.torch import TorchAdapter; "
        "TorchAdapter().write(torch.export.load(sys.argv[1]), Path(sys.argv[2]))"
    )
    path = TorchAdapter().write(net(), tmp_path)
    (tmp_path / "other").mkdir()
    command = [sys.executable, "-c", code, path, tmp_path / "other"]
    subprocess.run(
        command, check=True, env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(Path("src").absolute())}
    )
    assert (tmp_path / "other" / "model.pt2").read_bytes() == path.read_bytes()


def test_what_was_exported_for_training_is_refused(tmp_path: Path) -> None:
    for place, program in enumerate(
        (net(train=True), exported(torch.nn.Dropout(), torch.zeros(2, 3), train=True))
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert (
            refused(lambda at=folder, one=program: TorchAdapter().load(saved(one, at))) == "model.train_mode"
        )


class Draws(torch.nn.Module):
    """What attention and dropout are for answering draws nothing; what draws by itself does."""

    def __init__(self, *, noise: bool) -> None:
        super().__init__()
        self.layer = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        self.noise = noise

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer(x)
        return x + torch.rand_like(x) if self.noise else x


def test_programs_that_draw_are_refused(tmp_path: Path) -> None:
    table = frames.read({"x": np.ones((3, 5, 4), np.float32)})
    quiet = saved(exported(Draws(noise=False), torch.zeros(2, 5, 4)), tmp_path)
    check_adapter(TorchAdapter(), quiet, table, tolerance=1e-5)
    noisy = saved(exported(Draws(noise=True), torch.zeros(2, 5, 4)), tmp_path)
    assert refused(lambda: TorchAdapter().load(noisy)) == "model.random"


class Beside(torch.nn.Module):
    """A tensor of few digits, and something that is none."""

    def __init__(self, beside: object) -> None:
        super().__init__()
        self.beside = beside

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, object]:
        return x.sum(1).bfloat16(), self.beside


def test_what_is_none_is_no_output_and_no_tensor_is_refused(tmp_path: Path) -> None:
    rows = frames.read(np.float32([[1, 0.5], [2, 2], [4, 257]]))
    loaded = check_adapter(TorchAdapter(), saved(exported(Beside(None), torch.zeros(2, 2)), tmp_path), rows)
    assert [(one.name, one.type) for one in described_of(loaded, rows).outputs] == [("prediction", "float32")]
    check_answers(loaded, rows, np.array([1.5, 4, 260], np.float32))
    number = TorchAdapter().load(saved(exported(Beside(3), torch.zeros(2, 2)), tmp_path))
    assert refused(lambda: described_of(number, rows)) == "model.wrong_type"


def test_modules_are_told_how_to_be_exported(tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        TorchAdapter().write(Net(), tmp_path)
    assert caught.value.code == "model.not_exported"
    assert "torch.export.export" in caught.value.hint


def changed(path: Path, change: Callable[[dict[str, Any]], None], part: str = "models/model.json") -> Path:
    """The archive with one of its texts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(part):
                plain = json.loads(data)
                change(plain)
                data = json.dumps(plain).encode()
            new.writestr(name, data)
    path.write_bytes(out.getvalue())
    return path


def _first(program: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = program["graph_module"]["graph"]["nodes"][0]
    return found


def _target(value: str) -> Callable[[dict[str, Any]], None]:
    return lambda program: _first(program).update(target=value)


def _size(value: str) -> Callable[[dict[str, Any]], None]:
    def change(program: dict[str, Any]) -> None:
        size = program["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][0]
        size["as_expr"]["expr_str"] = value

    return change


def _named(program: dict[str, Any]) -> None:
    program["graph_module"]["graph"]["inputs"][-1]["as_tensor"]["name"] = "x=print(1)"


def _tree(program: dict[str, Any]) -> None:
    signature = program["graph_module"]["module_call_graph"][0]["signature"]
    context = '{\\"default_factory_module\\": \\"os\\", \\"default_factory_name\\": \\"abort\\"}'
    signature["in_spec"] = (
        f'[1, {{"type": "collections.defaultdict", "context": "{context}", "children_spec": []}}]'
    )


def _device(program: dict[str, Any]) -> None:
    program["graph_module"]["graph"]["tensor_values"]["x"]["device"]["type"] = "cuda"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_target("torch.hub.load"), "model.unknown_operator"),
        (_target("torch.ops.aten.from_file.default"), "model.unknown_operator"),
        (_target("torch.ops.load_library"), "model.unknown_operator"),
        (_target("_operator.call"), "model.unknown_operator"),
        (_target("os.system"), "model.unknown_operator"),
        (_size("__import__('os').abort()"), "model.unsafe_archive"),
        (_size("Symbol('s77').__class__"), "model.unsafe_archive"),
        (_size("[1 for _ in (1,)]"), "model.unsafe_archive"),
        (_size("exec('1')"), "model.unsafe_archive"),
        (_size("Symbol('os')"), "model.unsafe_archive"),
        (_size("Symbol"), "model.unsafe_archive"),
        (_named, "model.unsafe_archive"),
        (_tree, "model.unsafe_archive"),
        (_device, "model.other_device"),
    ],
)
def test_programs_that_would_run_something_are_refused(change: Any, code: str, tmp_path: Path) -> None:
    path = changed(saved(net(), tmp_path), change)
    assert refused(lambda: look(path)) == code
    assert refused(lambda: TorchAdapter().load(path)) == code


def test_a_program_of_a_torch_to_come_is_told(tmp_path: Path) -> None:
    path = changed(saved(net(), tmp_path), lambda program: program["schema_version"].update(major=99))
    assert refused(lambda: TorchAdapter().load(path)) == "model.unreadable"


@pytest.mark.parametrize("name", ["metadata", "guards_code", "torch_version"])
def test_no_name_of_an_input_hides_its_sizes(name: str, tmp_path: Path) -> None:
    """They stand under that name, and other parts of a program that are called so hold nothing to look at."""
    scope: dict[str, Any] = {"torch": torch}
    exec(f"class Sum(torch.nn.Module):\n  def forward(self, {name}): return {name}.sum(1)", scope)  # noqa: S102

    def evil(program: dict[str, Any]) -> None:
        size = program["graph_module"]["graph"]["tensor_values"][name]["sizes"][0]
        size["as_expr"]["expr_str"] = "print(1) or Symbol('s77')"

    path = changed(saved(exported(scope["Sum"](), torch.zeros(3, 2)), tmp_path), evil)
    assert refused(lambda: look(path)) == "model.unsafe_archive"
    assert refused(lambda: TorchAdapter().load(path)) == "model.unsafe_archive"


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    def pickled(config: dict[str, Any]) -> None:
        config["config"]["conv.weight"]["use_pickle"] = True

    path = changed(saved(net(), tmp_path), pickled, "model_weights_config.json")
    assert refused(lambda: look(path)) == "model.unsafe_archive"


@pytest.mark.parametrize(
    "name", ["data/aotinductor/model/a.so", "data/constants/opaque_obj_0", "data/weights/model.pt"]
)
def test_parts_that_are_not_known_are_refused(name: str, tmp_path: Path) -> None:
    path = saved(net(), tmp_path)
    with zipfile.ZipFile(path, "a") as members:
        members.writestr(f"model/{name}", b"")
    assert refused(lambda: look(path)) == "model.unsafe_archive"


def test_samples_are_not_unpickled(tmp_path: Path) -> None:
    path, out = saved(net(), tmp_path), io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            is_sample = name.endswith("sample_inputs/model.pt")
            new.writestr(name, b"cos\nabort\n(tR." if is_sample else old.read(name))
    path.write_bytes(out.getvalue())
    look(path)
    check_answers(TorchAdapter().load(path), DIGITS, expected(net()), tolerance=1e-6)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return saved(net(), tmp_path_factory.mktemp("whole")).read_bytes()


def test_cut_archives_are_refused(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        assert refused(lambda: look(path)) == ("model.unknown_type" if 0 < length <= 3 else "model.damaged")


@given(st.lists(st.tuples(st.integers(0), st.integers(1, 255)), min_size=1, max_size=4))
def test_spoilt_archives_are_looked_at(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, spoilt: list[tuple[int, int]]
) -> None:
    data = bytearray(whole)
    for place, change in spoilt:
        data[place % len(data)] ^= change
    path = tmp_path_factory.mktemp("spoilt") / "model.pt2"
    path.write_bytes(data)
    try:
        look(path)
        code = "model."
    except BoxshipError as error:
        code = error.code
    assert code.startswith("model.")
