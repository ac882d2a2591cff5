"""Keras models keep what every adapter promises; code in their files is refused unread."""

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from sklearn import datasets

from boxship import frames
from boxship._pack.source import read_source
from boxship.adapters import keras_backend
from boxship.adapters.keras import KerasAdapter
from boxship.adapters.keras_file import own_modules
from boxship.adapters.look import look
from boxship.errors import BoxshipError
from boxship.testing.adapters import check_adapter, check_answers, check_writer, described_of

# Keras's own, when it saves
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning", "ignore:You are saving"
)
DIGITS = frames.read(datasets.load_digits(return_X_y=True)[0][:40])


def net() -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 16),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, "softmax"),
        ]
    )


def pair(outputs: str) -> Any:
    keras.utils.set_random_seed(0)
    image, token = keras.Input((3, 4), name="image"), keras.Input((), dtype="int32", name="token")
    word = layers.Embedding(5, 2)(token)
    both = layers.Concatenate()([layers.Flatten()(image), word])
    given = {"one": layers.Dense(1, name="a")(both), "many": layers.Dense(3, name="b")(both)}
    return keras.Model([image, token], given if outputs == "dict" else list(given.values()))


def saved(model: Any, folder: Path) -> Path:
    model.save(folder / "model.keras")
    return folder / "model.keras"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BoxshipError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


def test_a_model_answers_as_itself(tmp_path: Path) -> None:
    model = net()
    loaded = check_adapter(KerasAdapter(), saved(model, tmp_path), DIGITS, tolerance=1e-6)
    images = DIGITS.block(DIGITS.names, "float32").reshape(-1, 8, 8, 1)
    check_answers(loaded, DIGITS, np.asarray(model(images, training=False)), tolerance=1e-6)


@pytest.mark.parametrize("outputs", ["dict", "list"])
def test_several_inputs_go_by_name(outputs: str, tmp_path: Path) -> None:
    model = pair(outputs)
    images = np.random.default_rng(0).normal(size=(5, 3, 4)).astype("f4")
    table = frames.read({"token": np.arange(5), "image": images})
    loaded = check_adapter(KerasAdapter(), saved(model, tmp_path), table, tolerance=1e-6)
    described = described_of(loaded, table)
    assert described.names == ("image", "token")
    names = ("one", "many") if outputs == "dict" else ("a", "b")
    assert [(one.name, one.type) for one in described.outputs] == [
        (names[0], "float32"),
        (names[1], "float32[3]"),
    ]
    expected = model([images, np.arange(5)], training=False)
    first = expected["one"] if outputs == "dict" else expected[0]
    np.testing.assert_allclose(loaded.predict(table)[0].values, np.asarray(first)[:, 0], rtol=1e-6, atol=1e-6)


def test_the_same_model_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    path = check_writer(KerasAdapter(), keras.saving.load_model, net(), tmp_path)
    check_adapter(KerasAdapter(), path, DIGITS, tolerance=1e-6)


def test_the_backend_is_kept_and_no_other_taken(tmp_path: Path) -> None:
    path = saved(net(), tmp_path)
    settled = KerasAdapter().load(path).settle(DIGITS, nullable=(), units={})
    assert settled.form == "jax"
    (tmp_path / "rows.json").write_text("torch")
    assert refused(lambda: KerasAdapter().load(path)) == "adapter.other_backend"


@pytest.mark.parametrize(
    ("installed", "environ", "expected"),
    [
        (["keras", "jax"], {}, "jax"),
        (["jax", "torch"], {"KERAS_BACKEND": "torch"}, "torch"),
        (["jax", "tensorflow"], {}, None),
        (["jax"], {"KERAS_BACKEND": "torch"}, None),
        ([], {}, None),
    ],
)
def test_the_backend_is_what_its_user_chose(
    installed: Any, environ: Any, expected: Any, tmp_path: Path
) -> None:
    surroundings = {"HOME": str(tmp_path), **environ}
    if expected:
        assert keras_backend.needed(installed, surroundings) == (expected,)
    else:
        assert refused(lambda: keras_backend.needed(installed, surroundings)) == "adapter.no_backend"


def test_the_surroundings_are_left_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with keras_backend.chosen():
        assert os.environ["KERAS_BACKEND"] == "jax"
    assert os.environ["KERAS_BACKEND"] == "jax"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND")
    with keras_backend.chosen():
        assert os.environ["KERAS_BACKEND"] == "torch"
    assert "KERAS_BACKEND" not in os.environ


def test_the_file_of_keras_names_the_backend(tmp_path: Path) -> None:
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"backend": "torch"}')
    surroundings = {"HOME": str(tmp_path)}
    assert keras_backend.needed(["jax", "torch"], surroundings) == ("torch",)
    assert keras_backend.needed(["jax", "torch"], {**surroundings, "KERAS_BACKEND": "jax"}) == ("jax",)
    assert keras_backend.needed(["jax"], surroundings) == ("jax",)  # Keras writes tensorflow there by itself


def test_layers_that_hold_code_are_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x * 2)])
    assert refused(lambda: look(saved(model, tmp_path))) == "model.unsafe_archive"


def test_a_class_of_ones_own_is_named_and_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_for_keras.py").write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable('mine')\n"
        "class Twice(keras.layers.Layer):\n"
        "    def call(self, x):\n        return 2 * x\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import mine_for_keras  # type: ignore[import-not-found]  # written above

    path = saved(keras.Sequential([keras.Input((4,)), mine_for_keras.Twice()]), tmp_path)
    assert own_modules(path) == ("mine_for_keras",)
    (use,) = (one for one in look(path).uses if one.called)
    assert (use.module, use.name) == ("mine_for_keras", "Twice")
    table = frames.read(np.arange(8.0).reshape(2, 4))
    assert KerasAdapter().load(path).predict(table)[0].values.tolist() == [[0, 2, 4, 6], [8, 10, 12, 14]]
    keras.saving.get_custom_objects().clear()
    del sys.modules["mine_for_keras"]


def changed(path: Path, change: Callable[[dict[str, Any]], None], **more: bytes) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                plain = json.loads(data)
                change(plain)
                data = json.dumps(plain).encode()
            new.writestr(name, more.pop(name, data))
        for name, data in more.items():
            new.writestr(name, data)
    path.write_bytes(out.getvalue())
    return path


def _layer(**what: Any) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["config"]["layers"][1].update(what)


def test_names_of_others_are_uses(tmp_path: Path) -> None:
    path = changed(saved(net(), tmp_path), _layer(module="os", class_name="system", registered_name=None))
    assert ("os", "system") in {(use.module, use.name) for use in look(path).uses}


def _inner(**what: Any) -> Callable[[dict[str, Any]], None]:
    """A model in the model, compiled with that loss: of it Keras makes what training needs."""
    loss = {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}, **what}
    inner = {"module": "keras", "class_name": "Sequential", "config": {"layers": []}, "registered_name": None}
    return lambda config: config["config"]["layers"].append({**inner, "compile_config": {"loss": loss}})


def _function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_inner(module="keras.layers", class_name="TFSMLayer"), "model.unsafe_archive"),
        (_inner(**_function("keras.utils", "get_file")), "model.unsafe_archive"),
        (_layer(**_function("keras.layers", "Lambda")), "model.unsafe_archive"),
        (_layer(module="keras.utils", class_name="FeatureSpace"), "model.unsafe_archive"),
        (_layer(module="keras.src.saving.saving_lib", class_name="load_model"), "model.unsafe_archive"),
        (_layer(module="keras.src.utils.file_utils", class_name="get_file"), "model.unsafe_archive"),
        (_layer(module="keras.applications.resnet", class_name="ResNet101"), "model.unsafe_archive"),
        (
            _layer(module="keras.layers", class_name="StringLookup", config={"vocabulary": "/etc/passwd"}),
            "model.external_data",
        ),
        (_inner(**_function("builtins", "eval")), "model.unsafe_global"),
        (_inner(**_function("os", "system")), "model.unsafe_global"),
        (_inner(module="mine", class_name="Loss"), "model.unsafe_global"),
        (_layer(module="builtins", class_name="exec"), "model.unsafe_global"),
        (_layer(module="keras_hub.models", class_name="Backbone"), "model.unsafe_global"),
        (_layer(module="kerasx.layers", class_name="Dense"), "model.unsafe_global"),
        (_layer(module=["keras"], class_name="Dense"), "model.unsafe_global"),
    ],
)
def test_what_keras_would_make_is_looked_at_wherever_it_stands(
    change: Any, code: str, tmp_path: Path
) -> None:
    path = changed(saved(net(), tmp_path), change)
    assert refused(lambda: read_source(path, trust=())) == code


def test_what_training_needs_is_no_part_of_the_model_itself(tmp_path: Path) -> None:
    """Keras is told not to make it, so losses of one's own need no code."""
    path = changed(
        saved(net(), tmp_path), lambda config: config.update(compile_config={"loss": _function("mine", "f")})
    )
    assert read_source(path, trust=()).adapter == "keras"


def test_models_in_models_are_honest_compiled_or_not(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2, kernel_regularizer="l2")])
    inner.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)), "mse", ["mae"]
    )
    rows = keras.Input((4,))
    summed = keras.ops.expand_dims(
        keras.ops.mean(layers.Bidirectional(layers.GRU(2))(inner(rows)[:, None]), 1), 1
    )
    model = keras.Model(rows, layers.Activation(keras.ops.tanh)(summed))
    path = saved(model, tmp_path)
    assert read_source(path, trust=()).adapter == "keras"
    rows_of_data = np.arange(8.0).reshape(2, 4)
    expected = np.asarray(model(rows_of_data))[:, 0]
    check_answers(KerasAdapter().load(path), frames.read(rows_of_data), expected, tolerance=1e-6)


def test_a_model_of_a_keras_to_come_answers_or_is_told(tmp_path: Path) -> None:
    """Layers that are the same are the same; one that is not there yet is named."""
    version = b'{"keras_version": "99.0.0", "date_saved": "2040-01-01@00:00:00"}'
    path = changed(saved(net(), tmp_path), lambda _: None, **{"metadata.json": version})
    images = DIGITS.block(DIGITS.names, "float32").reshape(-1, 8, 8, 1)
    check_answers(KerasAdapter().load(path), DIGITS, np.asarray(net()(images)), tolerance=1e-6)
    with pytest.raises(BoxshipError, match="Unheard") as caught:
        KerasAdapter().load(changed(path, _layer(class_name="Unheard")))
    assert caught.value.code == "model.unreadable"


@pytest.mark.parametrize("name", ["../escape", "assets/../../escape", "more.pkl"])
def test_parts_that_keras_does_not_write_are_refused(name: str, tmp_path: Path) -> None:
    path = changed(saved(net(), tmp_path), lambda _: None, **{name: b""})
    assert refused(lambda: look(path)) == "model.unsafe_archive"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *((kind, "model.external_data") for kind in ("link", "soft", "data", "virtual", "reference", "text")),
        ("huge", "model.too_large"),
    ],
)
def test_weights_that_are_not_in_the_file_are_refused(kind: str, code: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        weights["loop"] = weights["/"]
        if kind == "link":
            weights["vars"] = h5py.ExternalLink("secret.h5", "/")
        elif kind == "soft":
            weights["vars"] = h5py.SoftLink("/x")
        elif kind == "data":
            weights.create_dataset("vars/0", (1,), "f8", external=[(str(tmp_path / "secret"), 0, 8)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((1,), "f8")
            layout[0] = h5py.VirtualSource("secret.h5", "x", (1,))[0]
            weights.create_virtual_dataset("vars/0", layout)
        elif kind == "huge":
            weights.create_dataset("vars/0", (1 << 40,), "f8", chunks=(1 << 10,))
        else:
            dtype = h5py.ref_dtype if kind == "reference" else h5py.string_dtype()
            weights.create_dataset("vars/0", (1,), dtype)
    path = changed(saved(net(), tmp_path), lambda _: None, **{"model.weights.h5": file.getvalue()})
    assert refused(lambda: KerasAdapter().load(path)) == code


@pytest.mark.filterwarnings("ignore:.*stateful")
def test_a_model_that_remembers_rows_is_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input(batch_shape=(1, 3, 2)), layers.LSTM(2, stateful=True)])
    loaded = KerasAdapter().load(saved(model, tmp_path))
    table = frames.read({"x": np.ones((4, 3, 2), np.float32)})
    assert refused(lambda: described_of(loaded, table)) == "model.keeps_state"


def test_a_model_without_inputs_is_refused(tmp_path: Path) -> None:
    assert refused(lambda: KerasAdapter().write(layers.Dense(1), tmp_path)) == "model.not_writable"
    model = keras.Sequential([layers.Dense(1)])
    assert refused(lambda: KerasAdapter().load(saved(model, tmp_path))) == "model.not_built"


def test_cut_files_are_refused(tmp_path: Path) -> None:
    path = saved(net(), tmp_path)
    data = path.read_bytes()
    for length in range(0, len(data), 1501):
        path.write_bytes(data[:length])
        assert refused(lambda: look(path)) == ("model.unknown_type" if 0 < length <= 3 else "model.damaged")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    path = changed(saved(net(), tmp_path), lambda _: None, **{"model.weights.h5": b"no weights"})
    assert refused(lambda: KerasAdapter().load(path)) == "model.damaged"
