"""LightGBM models keep what every adapter promises, answer what the original answers, and so do their twins."""

import re
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from boxship import frames
from boxship.adapters.lightgbm import LightGBMAdapter, LightGBMModel
from boxship.adapters.look import look
from boxship.errors import BoxError, DataError
from boxship.testing.adapters import check_adapter, check_answers, check_writer
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError

CANCER = datasets.load_breast_cancer(return_X_y=True)
WINE = datasets.load_wine(return_X_y=True)
SUGAR = datasets.load_diabetes(return_X_y=True)
WORDS = (WINE[0], np.array(["red", "a = b", "pink"])[WINE[1]])
SMALL: dict[str, Any] = {"n_estimators": 15, "n_jobs": 1, "random_state": 0, "verbose": -1}

CLASSIFIERS = [
    (lightgbm.LGBMClassifier(**SMALL), CANCER),
    (lightgbm.LGBMClassifier(**SMALL), WINE),
    (lightgbm.LGBMClassifier(**SMALL), WORDS),
    (lightgbm.LGBMClassifier(objective="multiclassova", **SMALL), WINE),
    (lightgbm.LGBMClassifier(sigmoid=2.0, boosting_type="goss", **SMALL), CANCER),
    (lightgbm.LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, **SMALL), CANCER),
    (lightgbm.LGBMClassifier(boosting_type="dart", **SMALL), CANCER),
]
REGRESSORS = [
    (lightgbm.LGBMRegressor(**SMALL), SUGAR),
    (lightgbm.LGBMRegressor(objective="mae", **SMALL), SUGAR),
    (lightgbm.LGBMRegressor(objective="quantile", alpha=0.9, **SMALL), SUGAR),
    (lightgbm.LGBMRegressor(objective="poisson", **SMALL), SUGAR),
    (lightgbm.LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, **SMALL), SUGAR),
    (lightgbm.LGBMRegressor(**{**SMALL, "n_estimators": 1, "min_child_samples": 10_000}), SUGAR),
]
REFUSED = [
    lightgbm.LGBMRegressor(linear_tree=True, **SMALL),
    lightgbm.LGBMRegressor(zero_as_missing=True, **SMALL),
    lightgbm.LGBMRegressor(reg_sqrt=True, **SMALL),
]


def name(value: Any) -> str:
    return f"{type(value).__name__}-{value.get_params().get('objective')}" if hasattr(value, "fit") else ""


def with_categories() -> tuple[pd.DataFrame, Any]:
    frame = datasets.load_breast_cancer(as_frame=True).data.iloc[:, :4]
    rng = np.random.default_rng(0)
    city = np.where(CANCER[1] == 1, rng.choice(["Rome", "Oslo"], 569), rng.choice(["Oslo", "Bern"], 569))
    return frame.assign(city=pd.Categorical(city), size=pd.Categorical(rng.integers(1, 40, 569))), CANCER[1]


@pytest.mark.parametrize("form", ["own", "joblib"])
@pytest.mark.parametrize(("model", "data"), CLASSIFIERS + REGRESSORS, ids=name)
def test_it_answers_as_the_original(model: Any, data: tuple[Any, Any], form: str, tmp_path: Path) -> None:
    model, table = model.fit(*data), frames.read(data[0])
    if form == "own" and data is not WORDS:  # which no booster keeps
        path = check_writer(
            LightGBMAdapter(), lambda path: lightgbm.Booster(model_file=path), model, tmp_path
        )
    elif form == "own":
        path = LightGBMAdapter().write(model, tmp_path)
    else:
        path = tmp_path / "model.joblib"
        joblib.dump(model, path)
    loaded = check_adapter(LightGBMAdapter(), path, table)
    check_answers(loaded, table, model.predict(data[0]))
    if hasattr(model, "predict_proba"):
        check_answers(loaded, table, model.predict_proba(data[0]))


@pytest.mark.parametrize(("model", "data"), CLASSIFIERS + REGRESSORS, ids=name)
@pytest.mark.parametrize("missing", [False, True])
def test_its_twin_answers_as_it_does(model: Any, data: tuple[Any, Any], missing: bool) -> None:
    rows = np.array(data[0])
    if missing:
        rows[np.random.default_rng(0).random(rows.shape) < 0.1] = np.nan
    check_twin(LightGBMModel.of(model.fit(rows, data[1])), frames.read(rows))


@pytest.mark.parametrize("use_missing", [True, False])
def test_its_twin_knows_zeros_and_what_is_near(use_missing: bool) -> None:
    rng = np.random.default_rng(0)
    rows = rng.choice([0.0, 1e-36, -1e-36, 1e-35, -1e-35, 1.0, -1.0, np.nan], (400, 4))
    target = np.nan_to_num(rows).sum(axis=1) + (rows[:, 0] == 0)
    model = lightgbm.LGBMRegressor(use_missing=use_missing, min_child_samples=2, **SMALL).fit(rows, target)
    check_twin(LightGBMModel.of(model), frames.read(rows))


@pytest.mark.parametrize("form", ["own", "joblib"])
def test_categories_are_those_of_training(form: str, tmp_path: Path) -> None:
    frame, target = with_categories()
    model = lightgbm.LGBMClassifier(**SMALL).fit(frame, target)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    if form == "own":
        path = LightGBMAdapter().write(model, tmp_path)
    loaded = LightGBMAdapter().load(path)
    described = loaded.describe()
    assert described.levels == {
        "city": ("Bern", "Oslo", "Rome"),
        "size": tuple(sorted(frame["size"].unique())),
    }
    table = frames.read(frame.sample(frac=1, random_state=0))
    assert loaded.predict(table)[0].probabilities is not None
    expected = model.predict_proba(frame.sample(frac=1, random_state=0))
    assert loaded.predict(table)[0].probabilities.tolist() == expected.tolist()
    check_twin(loaded, table)


def test_what_a_data_frame_calls_its_columns() -> None:
    frame, target = with_categories()
    model = lightgbm.LGBMClassifier(**SMALL).fit(frame, target)
    assert LightGBMModel.of(model).describe().names == tuple(one.replace(" ", "_") for one in frame.columns)


@pytest.mark.parametrize("model", REFUSED, ids=name)
def test_what_has_no_twin_is_refused_in_words(model: Any) -> None:
    with pytest.raises(NoTwinError):
        check_twin(LightGBMModel.of(model.fit(*SUGAR)), frames.read(SUGAR[0]))


@pytest.mark.parametrize(
    "model",
    [
        lightgbm.LGBMRegressor(objective="binary", **SMALL),
        lightgbm.LGBMClassifier(objective="cross_entropy", **SMALL),
    ],
    ids=name,
)
def test_an_objective_of_the_other_kind_is_refused(model: Any) -> None:
    with pytest.raises(BoxError) as caught:
        LightGBMModel.of(model.fit(*CANCER))
    assert caught.value.code == "model.unsupported_kind"


def test_integers_as_categories_are_known_by_the_model() -> None:
    frame, target = with_categories()
    frame = frame.assign(size=frame["size"].astype(int))
    model = lightgbm.LGBMClassifier(**SMALL).fit(
        frame[["mean area", "size"]], target, categorical_feature=["size"]
    )
    loaded, table = LightGBMModel.of(model), frames.read(frame[["mean area", "size"]])
    levels = loaded.describe().levels["size"]
    assert levels == tuple(sorted(levels))
    assert frame["size"].isin(levels).mean() > 0.98  # the rarest are none to LightGBM
    check_answers(loaded, table, model.predict_proba(frame[["mean area", "size"]]))
    check_twin(loaded, table, rows=5000)
    rows = frame[["mean area", "size"]].to_numpy()
    unnamed = LightGBMModel.of(
        lightgbm.LGBMClassifier(**SMALL).fit(rows, target, categorical_feature=[1])
    ).describe()
    assert (unnamed.levels, unnamed.coded) == ({}, (1,))


@pytest.mark.parametrize("spoil", [{"categorical_feature": ["city", "size"]}, {}])
def test_lists_that_may_be_of_another_column_are_refused(spoil: Any) -> None:
    frame, target = with_categories()
    frame = frame.assign(size=frame["size"].astype(int))
    if not spoil:
        frame = frame.assign(grade=pd.Categorical(frame["size"] > 9, ordered=True))
    model = lightgbm.LGBMClassifier(**SMALL).fit(frame, target, **spoil)
    with pytest.raises(BoxError) as caught:
        LightGBMModel.of(model)
    assert caught.value.code == "model.own_categories"


def test_text_is_no_category_of_numbers() -> None:
    frame, target = with_categories()
    loaded = LightGBMModel.of(lightgbm.LGBMClassifier(**SMALL).fit(frame, target))
    with pytest.raises(DataError) as caught:
        loaded.predict(frames.read(frame.assign(size=frame["size"].astype(str))))
    assert caught.value.code == "data.wrong_type"


SPOILT = {
    "cut in its head": lambda text: text[:600],
    "cut in its trees": lambda text: text[: len(text) // 4],
    "cut behind its trees": lambda text: text[: text.index("parameters:") + 30],
    "cut in its categories": lambda text: text[:-3],
    "a parameter that is none": lambda text: text.replace("[extra_seed: ", "[extra_seed; "),
    "an old format": lambda text: text.replace("version=v4", "version=v1"),
    "no number": lambda text: text.replace("num_leaves=", "num_leaves=x", 1),
    "a child that is not there": lambda text: _with(text, "left_child", "999"),
    "a child of two": lambda text: _with(text, "left_child", "-1"),
    "a feature that is not there": lambda text: _with(text, "split_feature", "10"),
    "a category that is not there": lambda text: _with(text, "decision_type", "1"),
    "a tree before the first": lambda text: text.replace(
        "\n\nTree=0\n", "\n\nTree=7\nnum_leaves=1\n\n\nTree=0\n", 1
    ),
    "a size of another tree": lambda text: re.sub(r"tree_sizes=(\d+) (\d+)", _moved, text),
    "more trees a round": lambda text: text.replace("per_iteration=1", "per_iteration=100000"),
    "more classes": lambda text: text.replace("num_class=1", "num_class=100000"),
    "a line twice": lambda text: text.replace("\nmax_feature_idx", "\nnum_class=1\nmax_feature_idx"),
    "a line that LightGBM reads otherwise": lambda text: text.replace(
        "\nlabel_index", "\n=num_class=9\nlabel_index"
    ),
    "something behind its trees": lambda text: text.replace("\nend of trees\n", "\nend of trees\nTree=9\n"),
    "fewer splits": lambda text: _with(text, "threshold", ""),
}


def _moved(sizes: re.Match[str]) -> str:
    return f"tree_sizes={int(sizes[1]) - 9} {int(sizes[2]) + 9}"


def _with(text: str, key: str, first: str) -> str:
    """The first number of that line is another, in a file that says so of its size."""
    at = text.index(f"\n{key}=") + len(key) + 2
    old = text[at : text.index(" ", at)]
    sizes = text.index("tree_sizes=") + len("tree_sizes=")
    size = text[sizes : text.index(" ", sizes)]
    grown = str(int(size) + len(first) - len(old))
    return text[:sizes] + grown + text[sizes + len(size) : at] + first + text[at + len(old) :]


@pytest.mark.parametrize("spoil", SPOILT)
def test_damaged_files(spoil: str, tmp_path: Path) -> None:
    path = LightGBMAdapter().write(lightgbm.LGBMRegressor(**SMALL).fit(*SUGAR), tmp_path)
    look(path)
    path.write_text(SPOILT[spoil](path.read_text()))
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == ("model.unreadable" if spoil == "an old format" else "model.damaged")
    assert path.name in caught.value.message


@pytest.mark.parametrize(("key", "first"), [("leaf_features", "999"), ("num_features", "7")])
def test_linear_trees_are_whole(key: str, first: str, tmp_path: Path) -> None:
    text = LightGBMModel.of(lightgbm.LGBMRegressor(**SMALL, linear_tree=True).fit(*SUGAR)).text
    path = tmp_path / "model.txt"
    path.write_text(text)
    look(path)
    tree = text.index("\nTree=1\n")  # the one before has constants alone
    at = text.index(f"\n{key}=", tree) + len(key) + 2
    changed = text[:at] + first + text[text.index(" ", at) :]
    sizes = [
        str(len(one))
        for one in re.split(r"^(?=Tree=)", changed.partition("end of trees")[0], flags=re.MULTILINE)[1:]
    ]
    path.write_text(re.sub("tree_sizes=.*", f"tree_sizes={' '.join(sizes)}", changed))
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.damaged"
    assert "tree 1" in caught.value.message
