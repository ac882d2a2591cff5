"""Twins of rows of Keras's layers answer as the models do; what is not known has none, and says so."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn import datasets
from sklearn.preprocessing import scale

from boxship.adapters.keras import KerasAdapter
from boxship.adapters.tensors import TensorModel
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError
from contract.onnx_asked import held

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning", "ignore:You are saving"
)
WINE = scale(datasets.load_wine().data).astype("f4")
TABLE = Table.of({f"c{place}": WINE[:, place] for place in range(13)})
IMAGES = Table.of({"image": datasets.load_digits().images[:300].astype("u1")})


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Layers draw their seeds when they are written down, long before they have weights."""
    keras.utils.set_random_seed(0)


def loaded(stack: list[Any], shape: tuple[int, ...], folder: Path) -> TensorModel:
    model = keras.Sequential([keras.Input(shape), *stack])
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_mean.assign(np.linspace(-1, 1, layer.moving_mean.shape[0]))
    model.save(folder / "model.keras")
    return KerasAdapter().load(folder / "model.keras")


@pytest.mark.parametrize(
    "stack",
    [
        lambda: [layers.Dense(9, "relu"), layers.Dropout(0.5), layers.Dense(3, "softmax")],
        lambda: [
            layers.BatchNormalization(),
            layers.Dense(9),
            layers.LeakyReLU(),
            layers.Dense(1, "sigmoid"),
        ],
        lambda: [
            layers.Rescaling(0.5, 1),
            layers.Dense(9, "silu"),
            layers.Activation("tanh"),
            layers.Softmax(),
        ],
        lambda: [
            layers.Dense(9, "mish"),
            layers.Dense(9, "hard_silu"),
            layers.ReLU(max_value=6.0),
            layers.Dense(9, "hard_sigmoid"),
            layers.LayerNormalization(center=False),
            layers.PReLU(),
            layers.ELU(),
            layers.Dense(2),
        ],
    ],
)
def test_layers_over_columns(stack: Any, tmp_path: Path) -> None:
    check_twin(loaded(stack(), (13,), tmp_path), TABLE, rows=1000)


@pytest.mark.parametrize("wide", [5, 8])
def test_rows_that_are_levelled_and_too_large_for_it(wide: int, tmp_path: Path) -> None:
    stack = [layers.LayerNormalization(), layers.Dense(2)]
    rows = np.random.default_rng(0).normal(size=(150, wide)).astype("f4")
    check_twin(loaded(stack, (wide,), tmp_path), Table.of({"x": rows}), rows=300)


def test_columns_made_normal_first(tmp_path: Path) -> None:
    rows = datasets.load_wine().data.astype("f4")
    normal = layers.Normalization()
    normal.adapt(rows)
    table = Table.of({f"c{place}": rows[:, place] for place in range(13)})
    check_twin(loaded([normal, layers.Dense(8, "relu"), layers.Dense(1)], (13,), tmp_path), table, rows=500)


def test_layers_over_images_of_bytes(tmp_path: Path) -> None:
    stack = [layers.Rescaling(1 / 16), layers.Flatten(), layers.Dense(20, "elu"), layers.Dense(10)]
    check_twin(loaded(stack, (8, 8), tmp_path), IMAGES, rows=300)


@pytest.mark.parametrize(
    ("stack", "why"),
    [
        (lambda: [layers.Dense(4, "glu"), layers.Dense(1)], "glu"),
        (lambda: [layers.Reshape((13, 1)), layers.Conv1D(2, 3), layers.Flatten()], "Conv1D"),
        (lambda: [layers.ReLU(threshold=1.0)], "bent"),
        (lambda: [layers.Reshape((13, 1)), layers.LayerNormalization(), layers.Flatten()], "levels rows"),
        (lambda: [layers.Dense(4, dtype="mixed_float16")], "single precision"),
    ],
)
def test_others_have_none(stack: Any, why: str, tmp_path: Path) -> None:
    contract = Contract((Field("x", "float32[13]"),), (Output("prediction", "float32"),))
    with pytest.raises(NoTwinError, match=why):
        loaded(stack(), (13,), tmp_path).lower(contract)


def test_layers_in_a_row_by_function(tmp_path: Path) -> None:
    given = keras.Input((13,))
    model = keras.Model(given, layers.Dense(3, "softplus")(layers.Dense(5, "relu")(given)))
    model.save(tmp_path / "model.keras")
    check_twin(KerasAdapter().load(tmp_path / "model.keras"), TABLE, rows=500)


def saved(model: Any, folder: Path) -> TensorModel:
    model.save(folder / "model.keras")
    return KerasAdapter().load(folder / "model.keras")


def test_layers_that_branch_and_are_shared(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    given = keras.Input((13,))
    shared, inner = layers.Dense(13, "gelu"), keras.Sequential([keras.Input((13,)), layers.Dense(13, "selu")])
    one = shared(given)
    two = layers.LayerNormalization()(layers.Subtract()([shared(one), inner(given)]))
    three = layers.Maximum()([one, layers.Minimum()([two, given, one]), layers.Multiply()([one, two])])
    met = layers.Concatenate()([layers.Add()([one, two, given]), three, layers.PReLU()(two)])
    model = saved(keras.Model(given, layers.Dense(2)(met)), tmp_path)
    check_twin(model, TABLE, rows=500)
    held(model, TABLE, rows=100)


def test_places_that_are_looked_up_and_several_inputs(tmp_path: Path) -> None:
    """Below zero they count from the end; what is not there has no numbers."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    town, numbers = keras.Input((1,), dtype="int32", name="town"), keras.Input((4,), name="numbers")
    met = layers.Concatenate()([layers.Flatten()(layers.Embedding(7, 3)(town)), numbers])
    model = saved(keras.Model([town, numbers], layers.Dense(2)(met)), tmp_path)
    table = Table.of({"numbers": WINE[:, :4], "town": rng.integers(-9, 9, 178).astype("i4")})
    check_twin(model, table, rows=300)
    held(model, table, rows=100)


def test_what_is_called_in_a_way_of_its_own_has_none(tmp_path: Path) -> None:
    given = keras.Input((13,))
    normal = layers.BatchNormalization()(given, training=True)
    model = saved(keras.Model(given, layers.Dense(1)(normal)), tmp_path)
    with pytest.raises(NoTwinError, match="called in a way of its own"):
        model.lower(Contract((Field("x", "float32[13]"),), (Output("prediction", "float32"),)))


def test_an_onnx_file_of_it_answers_as_the_twin(tmp_path: Path) -> None:
    stack = [layers.BatchNormalization(), layers.Dense(9, "relu"), layers.Dense(3, "softmax")]
    held(loaded(stack, (13,), tmp_path), TABLE)
