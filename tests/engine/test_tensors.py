"""Images, sound, embeddings, texts and nested records go through pack and call, with small real models."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import joblib
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn import datasets
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import boxship
from boxship.errors import UsageError
from boxship.settings import Settings
from contract import own_nets
from desk import Desk

IMAGES, DIGITS = datasets.load_digits(return_X_y=True)
CLASSES = '[outputs.prediction]\nclasses = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]\n'


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One home, so that there is one room for each framework."""
    return Settings(home=tmp_path_factory.mktemp("home"))


def linear(shape: list[int], weights: Any, *, softmax: bool) -> Any:
    """A layer over rows of that shape, whatever their kind."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["scores" if softmax else "y"]),
    ]
    nodes += [helper.make_node("Softmax", ["scores"], ["y"])] if softmax else []
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", weights.shape[1]])],
        [numpy_helper.from_array(weights.astype("f4"), "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_images(settings: Settings, tmp_path: Path) -> None:
    """From files, as pixels of one byte; the contract file makes a classifier of the scores."""
    fitted = LogisticRegression(max_iter=3000).fit(IMAGES, DIGITS)
    onnx.save(linear([1, 8, 8], fitted.coef_.T, softmax=True), tmp_path / "model.onnx")
    images = IMAGES.reshape(-1, 8, 8).astype(np.uint8)
    np.savez(tmp_path / "train.npz", image=images, digit=DIGITS)
    (tmp_path / "contract.toml").write_text(CLASSES)
    desk = Desk(settings.home, tmp_path)
    done = desk.run(
        *("pack", "model.onnx", "--data", "train.npz", "--target", "digit", "--name", "digits"),
        *("--contract", "contract.toml", "--json"),
    )
    assert done.status == 0, done
    assert done.json["twin"], done
    np.savez(tmp_path / "rows.npz", image=images[:20])
    by_file = desk.run("call", "digits", "--rows", "rows.npz", "--json").json
    answers = boxship.call("digits", {"image": images[:20]}, settings=settings)
    assert by_file == answers
    assert [int(one["prediction"]) for one in answers] == (IMAGES[:20] @ fitted.coef_.T).argmax(1).tolist()
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1)
    bad = boxship.call("digits", {"image": images[0, 1:]}, settings=settings)
    assert bad["reasons"][0]["code"] == "contract.wrong_type"


def test_sound_and_embeddings(settings: Settings) -> None:
    """A vector a row in, a vector a row out."""
    rng = np.random.default_rng(0)
    sound, weights = rng.normal(size=(200, 160)).astype("f4"), rng.normal(size=(160, 12))
    model = linear([160], weights, softmax=False)
    boxship.pack(model, {"sound": sound}, name="embed", settings=settings)
    answers = boxship.call("embed", {"sound": sound[:3]}, settings=settings)
    found = np.array([one["prediction"] for one in answers])
    np.testing.assert_allclose(found, sound[:3] @ weights.astype("f4"), rtol=1e-5, atol=1e-5)
    one = boxship.call("embed", {"sound": sound[0].tolist()}, settings=settings)
    np.testing.assert_allclose(one["prediction"], found[0], rtol=1e-5, atol=1e-5)


def test_a_class_too_few_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "contract.toml").write_text('[outputs.prediction]\nclasses = ["a", "b"]\n')
    rows = np.random.default_rng(0).normal(size=(50, 160)).astype("f4")
    with pytest.raises(UsageError) as caught:
        boxship.pack(
            linear([160], np.ones((160, 12)), softmax=False),
            {"sound": rows},
            name="few",
            contract=tmp_path / "contract.toml",
            settings=settings,
        )
    assert caught.value.code == "contract.wrong_classes"


def test_texts_and_nested_records(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a step of one's own, which makes numbers of objects and lists."""
    (tmp_path / "basket.py").write_text(
        "import numpy as np\n\n\ndef features(rows):\n"
        "    items = [row['items'] for row in rows.iloc[:, 0]]\n"
        "    return np.array([[len(one), sum(item['price'] for item in one)] for one in items])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import basket  # type: ignore[import-not-found]  # written above

    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    baskets = [
        {"items": [{"price": float(price)} for price in rng.integers(1, 9, count)], "shop": "a"}
        for count in rng.integers(1, 5, 200)
    ]
    large = np.array([len(one["items"]) > 2 for one in baskets])
    frame = pandas.DataFrame({"basket": baskets})
    model = make_pipeline(FunctionTransformer(basket.features), LogisticRegression()).fit(frame, large)
    joblib.dump(model, tmp_path / "model.joblib")
    del sys.modules["basket"]
    boxship.pack(
        tmp_path / "model.joblib",
        frame,
        large,
        name="basket",
        code=[tmp_path / "basket.py"],
        golden=[{"basket": one} for one in baskets[:20]],
        settings=settings,
    )
    answers = boxship.call("basket", [{"basket": one} for one in baskets[:5]], settings=settings)
    assert [one["prediction"] for one in answers] == model.predict(frame[:5]).tolist()


def test_texts(settings: Settings) -> None:
    texts = [f"{word} day number {place}" for place in range(100) for word in ("good", "bad")]
    target = ["yes", "no"] * 100
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, target)
    boxship.pack(model, {"text": texts}, target, name="texts", settings=settings)
    assert boxship.call("texts", {"text": "a good one"}, settings=settings)["prediction"] == "yes"


def test_a_program_of_torch(settings: Settings) -> None:
    """Its lock holds the build of torch that is here."""
    layer = torch.nn.Linear(64, 10).eval()
    rows = torch.export.Dim("rows")
    program = torch.export.export(layer, (torch.zeros(2, 64),), dynamic_shapes=({0: rows},))
    boxship.pack(program, IMAGES, DIGITS, name="program", settings=settings)
    answer = boxship.call("program", IMAGES[:1], settings=settings)[0]
    expected = layer(torch.tensor(IMAGES[:1], dtype=torch.float32))[0].tolist()
    assert answer["prediction"] == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert f"torch=={torch.__version__}" in boxship.open("program", settings=settings).lock


def test_a_network_of_images_answers_without_torch(settings: Settings, tmp_path: Path) -> None:
    """Its twin is an ONNX file, in a room of its own; a file of another network is found out."""
    torch.manual_seed(0)
    network, pictures = own_nets.Seen().eval(), (IMAGES / 16).astype("f4").reshape(-1, 1, 8, 8)
    given, sizes = (torch.from_numpy(pictures[:2]),), ({0: torch.export.Dim("rows")},)
    program = torch.export.export(network, given, dynamic_shapes=sizes)
    packed = boxship.pack(program, {"image": pictures}, name="seen", twin="only", settings=settings)
    assert packed.twin is not None
    assert packed.twin.parts["near"].rows > 1000
    assert packed.onnx is not None
    said = {one.key: one.value for one in onnx.load(packed.onnx).metadata_props}
    assert said["boxship.box"] == str(packed.digest)
    again = boxship.pack(program, {"image": pictures}, name="seen", settings=settings)
    assert (again.known, again.twin, again.onnx) == (True, packed.twin, packed.onnx)
    desk = Desk(settings.home, tmp_path)
    np.savez(tmp_path / "rows.npz", image=pictures[:20])
    code = (
        "import boxship, sys; answers = boxship.call('seen', 'rows.npz')\n"
        "print([one['prediction'] for one in answers], 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=desk.environment(), capture_output=True, check=True
    )
    found, _, torch_is_there = done.stdout.decode().rpartition(" ")
    assert torch_is_there.strip() == "False"
    expected = network(torch.from_numpy(pictures[:20])).detach().numpy()
    np.testing.assert_allclose(json.loads(found), expected, rtol=1e-5, atol=1e-6)
    assert desk.run("inspect", "seen", "--json").json["onnx"][0]["path"] == str(packed.onnx)
    assert desk.run("check", "seen", "--json").json["twin"]["parts"]["alone"]["labels"] == 0
    _lay_another(packed.onnx)
    assert desk.run("check", "seen", "--json").error["code"] == "twin.differs"
    packed.onnx.write_bytes(b"\x08\x0a")
    done = desk.run("call", "seen", "--rows", "rows.npz", "--json")
    assert "the twin is not used" in done.err
    np.testing.assert_allclose([one["prediction"] for one in done.json], expected, rtol=1e-5, atol=1e-6)


def _lay_another(file: Path) -> None:
    """The same file but for one number."""
    model = onnx.load(file)
    weights = next(one for one in model.graph.initializer if "out.weight" in one.name)
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * np.float32(1.01), weights.name))
    data = model.SerializeToString()
    file.unlink()
    file.with_name(f"{hashlib.sha256(data).hexdigest()}.onnx").write_bytes(data)


def test_a_function_of_jax(settings: Settings) -> None:
    weights = np.linspace(-1, 1, 64, dtype="f4")
    (rows,) = jax.export.symbolic_shape("rows")
    shape = jax.ShapeDtypeStruct((rows, 64), "float32")
    exported = jax.export.export(jax.jit(lambda image: image @ weights))(shape)
    boxship.pack(exported, IMAGES, DIGITS, name="jax", settings=settings)
    answer = boxship.call("jax", IMAGES[:1], settings=settings)[0]
    assert answer["prediction"] == pytest.approx(float(IMAGES[0] @ weights), rel=1e-5, abs=1e-4)
    assert "flatbuffers==" in boxship.open("jax", settings=settings).lock


MAKE = """
import keras
inputs = keras.Input((64,))
keras.Model(inputs, keras.layers.Dense(10, "softmax")(inputs)).save("model.keras")
"""


def test_a_model_of_keras(settings: Settings, tmp_path: Path) -> None:
    """Its lock holds the backend that was chosen, and its room runs on that."""
    np.savez(tmp_path / "train.npz", x=IMAGES, digit=DIGITS)
    desk = Desk(settings.home, tmp_path, {"KERAS_BACKEND": "jax"})
    command = [sys.executable, "-W", "ignore", "-c", MAKE]
    subprocess.run(command, cwd=tmp_path, env=desk.environment(), check=True)
    words = ("pack", "model.keras", "--data", "train.npz", "--target", "digit", "--name", "keras", "--json")
    done = desk.run(*words)
    assert done.status == 0, done
    box = boxship.open("keras", settings=settings)
    assert "\njax==" in box.lock
    assert "torch" not in box.lock
    assert (box.model_file.parent / "rows.json").read_text() == "jax"
    other = desk.run(*words, KERAS_BACKEND="theano")  # the same inputs, and yet another box
    assert other.error["code"] == "adapter.no_backend"
