"""XGBoost models keep what every adapter promises, answer what the original answers, and so do their twins."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.datasets import make_regression

from boxship import frames
from boxship._pack.learn import learn_contract, typed_inputs
from boxship._pack.wishes import Wishes
from boxship.adapters.look import look
from boxship.adapters.xgboost import XGBoostAdapter, XGBoostModel
from boxship.core.profile import Profile
from boxship.errors import BoxError, BoxshipError
from boxship.runner.load import load_model
from boxship.testing.adapters import check_adapter, check_answers, check_writer
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError, RefusedError

CANCER = datasets.load_breast_cancer(return_X_y=True)
WINE = datasets.load_wine(return_X_y=True)
SUGAR = datasets.load_diabetes(return_X_y=True)
SEVERAL = make_regression(200, 5, n_targets=3, random_state=0)
SMALL: dict[str, Any] = {"n_estimators": 15, "max_depth": 4, "n_jobs": 1, "random_state": 0}

CLASSIFIERS = [
    (xgboost.XGBClassifier(**SMALL), CANCER),
    (xgboost.XGBClassifier(**SMALL), WINE),
    (xgboost.XGBClassifier(booster="dart", rate_drop=0.3, **SMALL), CANCER),
    (xgboost.XGBClassifier(tree_method="exact", base_score=0.3, **SMALL), CANCER),
    (xgboost.XGBClassifier(early_stopping_rounds=2, **{**SMALL, "n_estimators": 60}), CANCER),
    (xgboost.XGBRFClassifier(**SMALL), WINE),
    (xgboost.XGBClassifier(num_parallel_tree=3, **SMALL), WINE),
]
REGRESSORS = [
    (xgboost.XGBRegressor(**SMALL), SUGAR),
    (xgboost.XGBRegressor(objective="reg:absoluteerror", grow_policy="lossguide", **SMALL), SUGAR),
    (xgboost.XGBRegressor(objective="count:poisson", **SMALL), SUGAR),
    (xgboost.XGBRegressor(booster="gblinear", n_estimators=9, n_jobs=1, random_state=0), SUGAR),
    (xgboost.XGBRegressor(**SMALL), SEVERAL),
    (xgboost.XGBRFRegressor(**SMALL), SUGAR),
]
NO_TWIN = ("dart", "gblinear")


def fitted(model: Any, data: tuple[Any, Any]) -> Any:
    given = {"eval_set": [data], "verbose": False} if model.get_params().get("early_stopping_rounds") else {}
    return model.fit(*data, **given)


def name(value: Any) -> str:
    return f"{type(value).__name__}-{value.get_params().get('booster')}" if hasattr(value, "fit") else ""


@pytest.mark.parametrize("form", ["native", "joblib"])
@pytest.mark.parametrize(("model", "data"), CLASSIFIERS + REGRESSORS, ids=name)
def test_it_answers_as_the_original(model: Any, data: tuple[Any, Any], form: str, tmp_path: Path) -> None:
    model, table = fitted(model, data), frames.read(data[0])
    if form == "native":
        path = check_writer(XGBoostAdapter(), read, model, tmp_path)
    else:
        path = tmp_path / "model.joblib"
        joblib.dump(model, path)
    loaded = check_adapter(XGBoostAdapter(), path, table, tolerance=1e-6)
    is_classifier = hasattr(model, "predict_proba")
    first = model.predict(data[0]).reshape(len(data[0]), -1)[:, 0]
    check_answers(loaded, table, first, tolerance=0 if is_classifier else 1e-6)
    if is_classifier:
        check_answers(loaded, table, model.predict_proba(data[0]), tolerance=1e-7)


def read(path: Path) -> Any:
    return xgboost.Booster(model_file=path)


@pytest.mark.parametrize(("model", "data"), CLASSIFIERS + REGRESSORS, ids=name)
@pytest.mark.parametrize("missing", [False, True])
def test_its_twin_answers_as_it_does(model: Any, data: tuple[Any, Any], missing: bool) -> None:
    rows = np.array(data[0])
    if missing:
        rows[np.random.default_rng(0).random(rows.shape) < 0.1] = np.nan
    loaded = XGBoostModel.of(fitted(model, (rows, data[1])))
    if model.get_params().get("booster") in NO_TWIN or model.get_params().get("objective") == "count:poisson":
        with pytest.raises(NoTwinError):
            check_twin(loaded, frames.read(rows))
        return
    record = check_twin(loaded, frames.read(rows))
    if not hasattr(model, "predict_proba"):
        assert max(part.difference for part in record.parts.values()) == 0


@pytest.mark.parametrize("objective", ["binary:logistic", "multi:softmax", "binary:hinge", "rank:pairwise"])
def test_boosters_say_what_they_give(objective: str, tmp_path: Path) -> None:
    rows, target = WINE if objective.startswith("multi") else CANCER
    more = {"num_class": 3} if objective.startswith("multi") else {}
    frame = pd.DataFrame(rows, columns=[f"a{place}" for place in range(rows.shape[1])])
    booster = xgboost.train({"objective": objective, **more}, xgboost.DMatrix(frame, target), 5)
    booster.save_model(tmp_path / "model.json")
    loaded = check_adapter(XGBoostAdapter(), tmp_path / "model.json", frames.read(frame), tolerance=1e-6)
    described = loaded.describe()
    assert described.names == tuple(frame.columns)
    expected = booster.predict(xgboost.DMatrix(frame))
    found = loaded.predict(frames.read(frame))[0]
    is_share = objective == "binary:logistic"
    assert (found.probabilities[:, 1] if is_share else found.values).tolist() == expected.tolist()


def changed(path: Path, change: Any) -> Path:
    """The same model as JSON, changed."""
    booster = xgboost.Booster(model_file=path)
    said = json.loads(bytes(booster.save_raw("json")))
    change(said)
    path = path.with_suffix(".json")
    path.write_text(json.dumps(said))
    return path


def _tree(**what: Any) -> Any:
    def change(said: Any) -> None:
        tree = said["learner"]["gradient_booster"]["model"]["trees"][0]
        for name, value in what.items():
            tree[name][0] = value

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_tree(left_children=9999), "model.damaged"),
        (_tree(left_children=0), "model.damaged"),
        (_tree(right_children=1), "model.damaged"),
        (_tree(split_indices=30), "model.damaged"),
        (lambda said: said["learner"]["gradient_booster"]["model"]["tree_info"].pop(), "model.damaged"),
        (lambda said: said["learner"].pop("learner_model_param"), "model.damaged"),
        (lambda said: said.update(version="3"), "model.damaged"),
        (lambda said: said.update(version=[99, 0, 0]), "model.other_version"),
        (lambda said: said["learner"]["objective"].update(name="none"), "model.unreadable"),
    ],
)
def test_files_that_are_no_model_of_today(change: Any, code: str, tmp_path: Path) -> None:
    path = changed(XGBoostAdapter().write(fitted(xgboost.XGBClassifier(**SMALL), CANCER), tmp_path), change)
    with pytest.raises(BoxError) as caught:
        load_model("xgboost", path, None, trust=())
    assert caught.value.code == code
    assert path.name in caught.value.message
    assert "Stack trace" not in caught.value.message
    assert "/src/" not in caught.value.message


def _model(**what: Any) -> Any:
    return lambda said: said["learner"]["gradient_booster"]["model"].update(what)


def _all(name: str, value: int) -> Any:
    def change(said: Any) -> None:
        for tree in said["learner"]["gradient_booster"]["model"]["trees"]:
            tree[name] = [value] * len(tree[name])

    return change


def _params(name: str, value: str) -> Any:
    return lambda said: said["learner"]["learner_model_param"].update({name: value})


def _leaf_size(said: Any) -> None:
    said["learner"]["gradient_booster"]["model"]["trees"][0]["tree_param"]["size_leaf_vector"] = "100000"


@pytest.mark.parametrize(
    "change",
    [
        _model(tree_info=[10**8] * 3),
        _model(tree_info=[-(10**7)] * 3),
        _model(iteration_indptr=[0, 10**6, 10**7, 10**8]),
        _all("categories", -(10**9)),
        _all("categories", 2**31 - 1),
        _all("categories_segments", 7),
        _all("categories_sizes", 10**6),
        _all("categories_nodes", 2),
        _all("split_type", 1),
        _all("parents", 10**8),
        _leaf_size,
        _params("num_target", "0"),
        _params("num_feature", "2_0"),
        _params("base_score", "[1,2,3]"),
        lambda said: said["learner"]["gradient_booster"]["model"]["cats"].update(
            feature_segments=[0, 0, 10**8]
        ),
    ],
)
def test_what_points_at_nothing_is_damaged(change: Any, tmp_path: Path) -> None:
    """XGBoost follows all of it without looking."""
    frame = pd.DataFrame({"x": np.arange(120.0), "c": pd.Categorical(["a", "b", "c"] * 40)})
    data = xgboost.DMatrix(frame, np.arange(120) % 3 == 1, enable_categorical=True)
    xgboost.train({"max_cat_to_onehot": 1, "nthread": 1}, data, 3).save_model(tmp_path / "whole.ubj")
    look(tmp_path / "whole.ubj")
    with pytest.raises(BoxError) as caught:
        look(changed(tmp_path / "whole.ubj", change))
    assert caught.value.code == "model.damaged"


@pytest.mark.parametrize("key", [r"\u006ceft_children", "left_children"])
def test_a_key_that_is_another_to_xgboost_is_damaged(key: str, tmp_path: Path) -> None:
    path = changed(XGBoostAdapter().write(fitted(xgboost.XGBClassifier(**SMALL), CANCER), tmp_path), _tree())
    path.write_text(path.read_text().replace('"left_children"', f'"{key}": [], "left_children"'))
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.damaged"


@pytest.mark.parametrize("suffix", [".ubj", ".json"])
def test_files_of_every_kind_are_whole(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": pd.Categorical(["a", "b", "c"] * 40), "x": np.arange(120.0)})
    target = np.arange(120) % 2
    for model in (
        xgboost.XGBClassifier(**SMALL, enable_categorical=True),
        xgboost.XGBRegressor(booster="gblinear"),
        xgboost.XGBRegressor(**SMALL, booster="dart"),
        xgboost.XGBRegressor(**SMALL, gamma=5, grow_policy="lossguide"),
        xgboost.XGBRegressor(**SMALL, gamma=9, tree_method="exact"),  # prunes
    ):
        rows = frame if getattr(model, "enable_categorical", False) else frame[["x"]]
        path = tmp_path / f"model{suffix}"
        model.fit(rows, target).save_model(path)
        assert look(path).root == "xgboost.core.Booster"


@given(st.integers(0), st.integers(0, 7), st.booleans())
def test_spoilt_binary_files_are_told(
    tmp_path_factory: pytest.TempPathFactory, binary: bytes, place: int, bit: int, cut: bool
) -> None:
    """XGBoost itself would end the process over some of them."""
    data = bytearray(binary)
    data[place % len(data)] ^= 1 << bit
    path = tmp_path_factory.mktemp("spoilt") / "model.ubj"
    path.write_bytes(data[: place % len(data)] if cut else data)
    try:
        look(path)
        code = ""
    except BoxshipError as error:
        code = error.code
    assert code in (
        ("model.damaged", "model.unknown_type") if cut else ("", "model.damaged", "model.unknown_type")
    )


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    model = fitted(xgboost.XGBClassifier(**SMALL), CANCER)
    return XGBoostAdapter().write(model, tmp_path_factory.mktemp("whole")).read_bytes()


def with_categories() -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(CANCER[0][:, :2], columns=["x", "y"])
    city = rng.choice(np.array(["Rome", "Oslo", "Bern", None], object), 569)
    size = rng.integers(1, 60, 569)
    target = CANCER[1] ^ ((city == "Oslo") & (size % 3 == 0))
    return frame.assign(city=pd.Categorical(city), size=pd.Categorical(size)), target


@pytest.mark.parametrize("form", ["native", "joblib"])
@pytest.mark.parametrize("one_by_one", [1, 4, 100])
def test_its_own_categories_are_those_of_training(one_by_one: int, form: str, tmp_path: Path) -> None:
    frame, target = with_categories()
    model = xgboost.XGBClassifier(enable_categorical=True, max_cat_to_onehot=one_by_one, **SMALL)
    model.fit(frame, target)
    path = tmp_path / "model.joblib"
    if form == "native":
        path = check_writer(XGBoostAdapter(), read, model, tmp_path)
    else:
        joblib.dump(model, path)
    table = frames.read(frame.sample(frac=1, random_state=0))
    loaded = check_adapter(XGBoostAdapter(), path, table, tolerance=1e-6)
    described = loaded.describe()
    assert described.levels == {
        "city": ("Bern", "Oslo", "Rome"),
        "size": tuple(sorted(frame["size"].unique())),
    }
    check_answers(loaded, table, model.predict_proba(frame.sample(frac=1, random_state=0)), tolerance=1e-7)
    check_twin(loaded, table, rows=5000)


def test_its_categories_have_to_be_known() -> None:
    frame, target = with_categories()
    loaded = XGBoostModel.of(xgboost.XGBRegressor(enable_categorical=True, **SMALL).fit(frame, target))
    table = frames.read(frame.assign(city="Paris"))
    assert loaded.describe().refused == ("city", "size")
    with pytest.raises(ValueError, match="city"):  # as XGBoost itself raises
        loaded.predict(table)
    typed = typed_inputs(loaded.describe(), frames.read(frame), Wishes())
    program = loaded.lower(learn_contract(loaded.describe(), typed, Profile.of(typed), Wishes()))
    with pytest.raises(RefusedError):
        program.run(table)


def test_categories_that_the_file_does_not_hold_are_refused() -> None:
    codes = np.stack([np.arange(100) % 3, np.arange(100)], axis=1)
    of_array = xgboost.XGBRegressor(feature_types=["c", "q"], enable_categorical=True, **SMALL)
    letters = pd.DataFrame({"city": pd.Categorical(["\u00e9\u00e9", "b"] * 50), "x": np.arange(100.0)})
    in_part = xgboost.XGBRegressor(enable_categorical=True, **SMALL)
    for model, rows in ((of_array, codes), (in_part, letters)):
        with pytest.raises(BoxError) as caught:
            XGBoostModel.of(model.fit(rows, np.arange(100.0)))
        assert caught.value.code == "model.own_categories"


@pytest.mark.parametrize(
    "model",
    [
        xgboost.XGBRegressor(objective="binary:logistic", **SMALL),
        xgboost.XGBClassifier(objective="binary:logitraw", **SMALL),
    ],
    ids=name,
)
def test_an_objective_of_the_other_kind_is_refused(model: Any, tmp_path: Path) -> None:
    model.fit(*CANCER).save_model(tmp_path / "model.ubj")
    for one in (model, read(tmp_path / "model.ubj")):
        with pytest.raises(BoxError) as caught:
            XGBoostModel.of(one)
        assert caught.value.code == "model.unsupported_kind"


def test_what_it_does_not_take(tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        XGBoostAdapter().write(fitted(xgboost.XGBRegressor(missing=-1, **SMALL), SUGAR), tmp_path)
    assert caught.value.code == "model.unpicklable"
    with pytest.raises(BoxError) as caught:
        XGBoostModel.of(xgboost.XGBRegressor())
    assert caught.value.code == "model.not_fitted"
