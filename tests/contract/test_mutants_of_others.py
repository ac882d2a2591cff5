"""A twin of a booster or a network with one wrong number is found out, as one of scikit-learn's is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import keras
import lightgbm
import numpy as np
import pandas as pd
import pytest
import torch
import xgboost

from boxship import frames
from boxship.adapters import Model
from boxship.adapters.catboost import CatBoostModel
from boxship.adapters.keras import KerasAdapter
from boxship.adapters.lightgbm import LightGBMModel
from boxship.adapters.torch import TorchAdapter
from boxship.adapters.xgboost import XGBoostModel
from boxship.twin.forest import SET, Forest
from contract.mutants import Packed

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*LeafSpec:FutureWarning", "ignore:__array__ implementation:DeprecationWarning"
)
RNG = np.random.default_rng(0)
ROWS = 300
NUMBERS = pd.DataFrame(
    {"age": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(40, 10, ROWS)), "size": RNG.normal(size=ROWS)}
)
FRAME = NUMBERS.assign(city=pd.Categorical(RNG.choice(["Bern", "Oslo", "Rome", "Turin"], ROWS)))
OF_CITY = FRAME["city"].map({"Bern": 30, "Oslo": 0, "Rome": -30, "Turin": 5}).astype(float)
NUMBER = (FRAME["age"].fillna(70) + OF_CITY + 9 * FRAME["size"]).to_numpy()
TWO, THREE = (NUMBER > 40).astype(int), np.digitize(NUMBER, [25, 55])
ARRAY = RNG.normal(size=(ROWS, 3)).astype("f4")

XGBOOST: Any = {
    "n_estimators": 3,
    "max_depth": 3,
    "enable_categorical": True,
    "max_cat_to_onehot": 1,
    "n_jobs": 1,
}
LIGHTGBM: Any = {"n_estimators": 3, "num_leaves": 8, "min_data_per_group": 5, "cat_smooth": 1, "n_jobs": 1,
                 "verbose": -1}  # fmt: skip
CATBOOST: Any = {"iterations": 3, "depth": 3, "verbose": 0, "thread_count": 1, "allow_writing_files": False}

BOOSTERS: dict[str, Callable[[], Model]] = {
    "xgboost": lambda: XGBoostModel.of(xgboost.XGBRegressor(**XGBOOST).fit(FRAME, NUMBER)),
    "xgboost two": lambda: XGBoostModel.of(xgboost.XGBClassifier(**XGBOOST).fit(FRAME, TWO)),
    "lightgbm": lambda: LightGBMModel.of(lightgbm.LGBMRegressor(**LIGHTGBM).fit(FRAME, NUMBER)),
    "lightgbm three": lambda: LightGBMModel.of(lightgbm.LGBMClassifier(**LIGHTGBM).fit(FRAME, THREE)),
}
OF_NUMBERS: dict[str, Callable[[], Model]] = {
    "catboost": lambda: CatBoostModel(catboost.CatBoostRegressor(**CATBOOST).fit(NUMBERS, NUMBER)),
    "catboost three": lambda: CatBoostModel(
        catboost.CatBoostClassifier(grow_policy="Lossguide", **CATBOOST).fit(NUMBERS, THREE)
    ),
}


@pytest.mark.parametrize("name", BOOSTERS)
def test_of_categories_and_numbers(name: str) -> None:
    packed = Packed(BOOSTERS[name](), frames.read(FRAME))
    (forest,) = (line.step for line in packed.program.lines if isinstance(line.step, Forest))
    assert (forest.nodes["flags"] & SET).any()
    assert packed.unseen() == []


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_of_numbers(name: str) -> None:
    assert Packed(OF_NUMBERS[name](), frames.read(NUMBERS)).unseen() == []


def test_of_layers_of_torch(tmp_path: Path) -> None:
    torch.manual_seed(0)
    normal = torch.nn.BatchNorm1d(3)
    normal.running_mean, normal.running_var = torch.rand(3), torch.rand(3) + 1
    layers = (torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 4), torch.nn.LeakyReLU(0.2))
    net = torch.nn.Sequential(normal, *layers, torch.nn.Linear(4, 3), torch.nn.Softmax(1)).eval()
    rows = torch.export.Dim("rows")
    program = torch.export.export(net, (torch.zeros(2, 3),), dynamic_shapes=({0: rows},))
    model = TorchAdapter().load(TorchAdapter().write(program, tmp_path))
    assert Packed(model, frames.read(ARRAY)).unseen() == []


def test_of_layers_of_keras(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(5, "silu"), keras.layers.Dense(4, "elu"), keras.layers.Dense(1, "softplus")]
    keras.Sequential([keras.Input((3,)), keras.layers.Rescaling(0.5, 1), *layers]).save(
        tmp_path / "model.keras"
    )
    assert Packed(KerasAdapter().load(tmp_path / "model.keras"), frames.read(ARRAY)).unseen() == []
