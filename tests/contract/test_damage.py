"""A file that is cut, or has a bit flipped, is told by a code and its name, or answers; nothing ends the process."""

import io
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import joblib
import keras
import lightgbm
import numpy as np
import pytest
import safetensors.torch
import skl2onnx
import skops.io
import statsmodels.api as sm
import torch
import xgboost
from catboost import CatBoostClassifier
from jax import export
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree

from boxship.adapters.entry import write_entry
from boxship.adapters.look import look
from boxship.errors import BoxError
from boxship.runner.load import load_model
from contract import own_nets

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
FOREST = RandomForestClassifier(3, random_state=0).fit(X, Y)
FLIPS = 64
Found = dict[str, list[dict[str, int]]]
pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks, when they save
# codes that a cut file may have: its start tells its type, or it is empty
CUT = {"model.damaged", "model.unknown_type", "model.not_a_pickle", "model.unreadable"}


def compressed() -> bytes:
    out = io.BytesIO()
    joblib.dump(HistGradientBoostingClassifier(max_iter=2).fit(X, Y), out, compress=3)
    return out.getvalue()


def archived() -> bytes:
    out = io.BytesIO()
    rows = ({0: torch.export.Dim("rows")},)
    torch.export.save(
        torch.export.export(torch.nn.Linear(3, 2).eval(), (torch.zeros(2, 3),), dynamic_shapes=rows), out
    )
    return out.getvalue()


def scripted() -> bytes:
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(own_nets.Line()), out)
    return out.getvalue()


def weights(folder: Path, suffix: str) -> bytes:
    (folder / suffix).mkdir()
    write_entry("own_nets:Line", folder / suffix)
    out, held = io.BytesIO(), own_nets.Line().state_dict()
    if suffix == "safetensors":
        return safetensors.torch.save(held)
    torch.save(held, out)
    return out.getvalue()


def of_keras(folder: Path) -> bytes:
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(folder / "a.keras")
    return (folder / "a.keras").read_bytes()


def of_jax() -> bytes:
    (rows,) = export.symbolic_shape("rows")
    shape = jax.ShapeDtypeStruct((rows, 3), np.float32)
    return bytes(export.export(jax.jit(lambda x: x.sum(1)))(shape).serialize())


def of_catboost(folder: Path, form: str) -> bytes:
    model = CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False).fit(X, Y)
    model.save_model(str(folder / "a"), format=form)
    return (folder / "a").read_bytes()


def of_lightgbm() -> bytes:
    model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, min_child_samples=5).fit(X, Y)
    return model.booster_.model_to_string().encode()


def of_onnx() -> bytes:
    return skl2onnx.to_onnx(FOREST, X[:1].astype("f4"), options={"zipmap": False}).SerializeToString()


def of_xgboost(form: str) -> bytes:
    return bytes(xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, Y).get_booster().save_raw(form))


FILES: dict[str, Any] = {
    ".joblib": lambda _: compressed(),
    ".pkl": lambda _: pickle.dumps(FOREST),
    ".pickle": lambda _: pickle.dumps(sm.OLS(X[:, 0], X).fit()),
    ".skops": lambda _: skops.io.dumps(FOREST),
    ".json": lambda _: of_xgboost("json"),
    ".ubj": lambda _: of_xgboost("ubj"),
    ".txt": lambda _: of_lightgbm(),
    ".onnx": lambda _: of_onnx(),
    ".pt2": lambda _: archived(),
    ".keras": of_keras,
    ".pt": lambda _: scripted(),
    ".pth": lambda folder: weights(folder, "pth"),
    ".safetensors": lambda folder: weights(folder, "safetensors"),
}
# What reads these looks at little, and ends the process over some bits: that is the room's to tell, as `room.died`.
ONLY_CUT: dict[str, Any] = {".cbm": lambda folder: of_catboost(folder, "cbm"), ".jax": lambda _: of_jax()}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What came of the cuts and of the flips of each."""
    folder = tmp_path_factory.mktemp("spoilt")
    for stem, files in (("whole", FILES), ("cut", ONLY_CUT)):
        for suffix, make in files.items():
            (folder / f"{stem}{suffix}").write_bytes(make(folder))
    command = [sys.executable, Path(__file__).with_name("spoil.py"), folder, str(FLIPS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: Found = json.loads((folder / "found.json").read_text())
    return found


@pytest.mark.parametrize("suffix", [*FILES, *ONLY_CUT])
def test_what_is_cut_is_never_taken_for_whole(suffix: str, found: Found) -> None:
    assert set(found[suffix][0]) <= CUT
    assert sum(found[suffix][0].values()) == 16


@pytest.mark.parametrize("suffix", FILES)
def test_flipped_bits_are_told_or_answered(suffix: str, found: Found) -> None:
    """With the file's name, and a hint."""
    codes = found[suffix][1]
    strange = [one for one in codes if one != "ok" and not one.startswith(("model.", "proof.missing_module"))]
    assert strange == []
    assert sum(codes.values()) == FLIPS


@pytest.mark.parametrize("child", [0, 1, 999, -7])
def test_a_tree_that_would_never_end_is_damaged(child: int, tmp_path: Path) -> None:
    """scikit-learn follows its nodes without looking."""
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    tree = forest.estimators_[1].tree_
    state = tree.__getstate__()
    state["nodes"]["right_child"][0] = child
    tree.__setstate__(state)
    joblib.dump(forest, tmp_path / "model.joblib")
    with pytest.raises(BoxError) as caught:
        load_model("sklearn", tmp_path / "model.joblib", None, trust=())
    assert caught.value.code == "model.damaged"
    assert "model.joblib" in caught.value.message


def _of_tree() -> Any:
    """Its compiled part says of itself that it has as many."""
    model = DecisionTreeRegressor(max_depth=2).fit(X, Y)
    state = model.tree_.__getstate__()
    state["nodes"]["feature"][0] = 2**30
    model.tree_ = Tree(2**31 - 1, np.array([1], dtype=np.intp), 1)
    model.tree_.__setstate__(state)
    return model


def _of_histograms() -> Any:
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    model._predictors[1][0].nodes["feature_idx"][0] = 2**30
    return model


@pytest.mark.parametrize("make", [_of_tree, _of_histograms])
@pytest.mark.parametrize("inside", [False, True])
def test_a_tree_asks_for_the_features_of_its_estimator(make: Any, inside: bool, tmp_path: Path) -> None:
    model = Pipeline([("model", make())]) if inside else make()
    joblib.dump(model, tmp_path / "model.joblib")
    with pytest.raises(BoxError) as caught:
        load_model("sklearn", tmp_path / "model.joblib", None, trust=())
    assert caught.value.code == "model.damaged"


def _pickled_lightgbm() -> Any:
    model = lightgbm.LGBMRegressor(n_estimators=1, num_leaves=4, verbose=-1, min_child_samples=5).fit(
        X, X[:, 0]
    )
    state = model.booster_.__getstate__()
    was = re.search("left_child=(.*)", state["_handle"])
    assert was
    far = "9".join([""] * (len(was[1]) - 3)) + " 1 1"  # as long as it was
    spoilt = lightgbm.Booster.__new__(lightgbm.Booster)
    state["_handle"] = state["_handle"].replace(was[0], f"left_child={far}")
    spoilt.__setstate__(state)
    model._Booster = spoilt
    return model


def _pickled_xgboost() -> Any:
    model = xgboost.XGBRegressor(n_estimators=1, max_depth=2, n_jobs=1).fit(X, X[:, 0])
    state = model.get_booster().__getstate__()
    at = state["handle"].index(b"split_indices") + len("split_indices[$l#L") + 8
    state["handle"][at : at + 4] = (2**30).to_bytes(4, "big")
    spoilt = xgboost.Booster()
    spoilt.__setstate__(state)
    model._Booster = spoilt
    return model


class Holds:
    """A class of one's own, around a model."""

    def __init__(self, model: Any) -> None:
        self.model = model


def _more_trees(data: bytes) -> bytes:
    at = data.rindex(b"num_trees")  # behind how it was set up
    at += len("num_treesSL") + 8
    return data[:at] + b"2" + data[at + 1 :]


def _far_child(data: bytes) -> bytes:
    at = data.index(b"left_child=") + len("left_child=")
    return data[:at] + b"9" + data[at + 1 :]


BOOSTERS: Any = {
    "xgboost": (lambda: xgboost.XGBRegressor(n_estimators=1, max_depth=2, n_jobs=1), _more_trees),
    "lightgbm": (lambda: lightgbm.LGBMRegressor(n_estimators=1, min_child_samples=5, verbose=-1), _far_child),
}


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("around", [lambda model: model, lambda model: Pipeline([("model", model)]), Holds])
@pytest.mark.parametrize("name", BOOSTERS)
def test_no_library_reads_a_booster_that_was_not_looked_through(
    name: str, around: Any, protocol: int, tmp_path: Path
) -> None:
    """The file alone tells it, wherever in it the booster lies."""
    make, spoil = BOOSTERS[name]
    data = pickle.dumps(around(make().fit(X, X[:, 0])), protocol)
    path = tmp_path / "model.pkl"
    path.write_bytes(data)
    look(path)
    path.write_bytes(spoil(data))
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.damaged"
    assert "model.pkl" in caught.value.message


@pytest.mark.parametrize("name", BOOSTERS)
def test_a_booster_that_cannot_be_looked_through_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(BOOSTERS[name][0]().fit(X, X[:, 0]), 0))
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.unsupported_pickle"


@pytest.mark.parametrize(
    ("adapter", "make"), [("lightgbm", _pickled_lightgbm), ("xgboost", _pickled_xgboost)]
)
@pytest.mark.parametrize("inside", [False, True])
def test_boosters_in_pickles_are_looked_through(
    adapter: str, make: Any, inside: bool, tmp_path: Path
) -> None:
    model = Pipeline([("model", make())]) if inside else make()
    joblib.dump(model, tmp_path / "model.joblib")
    with pytest.raises(BoxError) as caught:
        load_model("sklearn" if inside else adapter, tmp_path / "model.joblib", None, trust=())
    assert caught.value.code == "model.damaged"
    assert "model.joblib" in caught.value.message
