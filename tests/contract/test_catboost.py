"""CatBoost models keep what every adapter promises, answer what the original answers, and so do their twins."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import catboost
import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn import datasets
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from boxship import frames
from boxship._pack.learn import learn_contract, typed_inputs
from boxship._pack.source import read_source
from boxship._pack.wishes import Wishes
from boxship.adapters.catboost import CatBoostAdapter, CatBoostModel
from boxship.adapters.sklearn import SklearnAdapter, SklearnModel
from boxship.core.digest import Digest
from boxship.core.profile import Profile
from boxship.errors import BoxError
from boxship.runner.local import Runner
from boxship.testing.adapters import check_adapter, check_answers, check_writer
from boxship.testing.twins import check_twin
from boxship.twin.refused import NoTwinError

CANCER = datasets.load_breast_cancer(return_X_y=True)
WINE = datasets.load_wine(return_X_y=True)
SUGAR = datasets.load_diabetes(return_X_y=True)
WORDS = (CANCER[0], np.array(["no", "yes"])[CANCER[1]])
THREE_WORDS = (WINE[0], np.array(["a", "b", "c"])[WINE[1]])
HALVES = (WINE[0], WINE[1] * 2.5)
SEVERAL = (SUGAR[0], np.stack([SUGAR[1], -SUGAR[1]], axis=1))
THERE = (CANCER[0], np.stack([CANCER[1], 1 - CANCER[1], CANCER[1]], axis=1))
SMALL: dict[str, Any] = {
    "iterations": 12, "depth": 4, "verbose": 0, "thread_count": 1, "allow_writing_files": False
}  # fmt: skip


def classifier(**more: Any) -> Any:
    return catboost.CatBoostClassifier(**SMALL, **more)


def regressor(loss: str = "RMSE", **more: Any) -> Any:
    return catboost.CatBoostRegressor(**SMALL, loss_function=loss, **more)


CLASSIFIERS = [
    (classifier(), CANCER),
    (classifier(), WORDS),
    (classifier(loss_function="CrossEntropy"), CANCER),
    (classifier(), WINE),
    (classifier(), HALVES),
    (classifier(loss_function="MultiClassOneVsAll"), WINE),
    (classifier(grow_policy="Lossguide"), CANCER),
    (classifier(grow_policy="Depthwise"), WINE),
    (classifier(loss_function="MultiLogloss"), THERE),
]
REGRESSORS = [
    (regressor(), SUGAR),
    (regressor("MAE"), SUGAR),
    (regressor("Quantile:alpha=0.9", grow_policy="Depthwise"), SUGAR),
    (regressor("Poisson"), SUGAR),
    (regressor("Tweedie:variance_power=1.5"), SUGAR),
    (regressor("RMSEWithUncertainty"), SUGAR),
    (regressor("MultiRMSE"), SEVERAL),
    (regressor("MultiQuantile:alpha=0.1,0.5,0.9"), SUGAR),
    (regressor(boost_from_average=False, nan_mode="Max"), SUGAR),
]
FORMS = [
    (*case, form)
    for place, case in enumerate(CLASSIFIERS + REGRESSORS)
    for form in ("cbm", ("json", "joblib")[place % 2])
]
SUMS = ("RMSE", "MAE", "Quantile", "MultiRMSE", "MultiQuantile")  # whose answers are these, bit for bit


def name(value: Any) -> str:
    return "-".join(str(value.get_params().get(key)) for key in ("loss_function", "grow_policy")) if hasattr(
        value, "fit"
    ) else ""  # fmt: skip


def read(path: Path) -> Any:
    return catboost.CatBoost().load_model(str(path))


@pytest.mark.parametrize(("model", "data", "form"), FORMS, ids=name)
def test_it_answers_as_the_original(model: Any, data: tuple[Any, Any], form: str, tmp_path: Path) -> None:
    model, table = model.fit(*data), frames.read(data[0])
    path = tmp_path / f"model.{form}"
    if form == "cbm":
        path = check_writer(CatBoostAdapter(), read, model, tmp_path)
    elif form == "json":
        model.save_model(str(path), format="json")
    else:
        joblib.dump(model, path)
    assert read_source(path, trust=()).adapter == "catboost"
    loaded = check_adapter(CatBoostAdapter(), path, table)
    expected = model.predict(data[0])
    first = expected.reshape(len(data[0]), -1)[:, 0]
    near = 1e-12 if form == "json" else 0  # CatBoost itself reads its JSON with other last digits
    check_answers(loaded, table, first, tolerance=near)
    if hasattr(model, "predict_proba") and data is not THERE:
        check_answers(loaded, table, model.predict_proba(data[0]), tolerance=near)


@pytest.mark.parametrize(("model", "data"), CLASSIFIERS + REGRESSORS, ids=name)
@pytest.mark.parametrize("missing", [False, True])
def test_its_twin_answers_as_it_does(
    model: Any, data: tuple[Any, Any], missing: bool, tmp_path: Path
) -> None:
    rows = np.array(data[0])
    if missing:
        rows[np.random.default_rng(0).random(rows.shape) < 0.1] = np.nan
    model.fit(rows, data[1])
    loaded = CatBoostAdapter().load(CatBoostAdapter().write(model, tmp_path))
    record = check_twin(loaded, frames.read(rows), rows=5000)
    if str(model.get_params().get("loss_function")).partition(":")[0] in SUMS:
        assert max(part.difference for part in record.parts.values()) == 0


def test_a_ranker(tmp_path: Path) -> None:
    model = catboost.CatBoostRanker(**SMALL).fit(*SUGAR, group_id=np.arange(len(SUGAR[1])) // 10)
    path = CatBoostAdapter().write(model, tmp_path)
    table = frames.read(SUGAR[0])
    loaded = check_adapter(CatBoostAdapter(), path, table)
    assert loaded.describe().kind == "regressor"
    check_answers(loaded, table, model.predict(SUGAR[0]))
    check_twin(loaded, table)


@pytest.mark.parametrize("depth", [1, 10, 16])
def test_twins_of_flat_and_of_deep_trees(depth: int) -> None:
    model = catboost.CatBoostRegressor(**{**SMALL, "depth": depth, "iterations": 5}).fit(*SUGAR)
    check_twin(CatBoostModel(model), frames.read(SUGAR[0]))


def test_a_twin_of_a_model_that_learnt_nothing() -> None:
    rows = np.zeros((30, 2))
    rows[:, 0] = np.arange(30)
    model = regressor(min_data_in_leaf=100, grow_policy="Depthwise").fit(rows, np.arange(30.0))
    check_twin(CatBoostModel(model), frames.read(rows))


def with_words() -> tuple[pd.DataFrame, Any]:
    frame = datasets.load_diabetes(as_frame=True).data.iloc[:, :4]
    rng = np.random.default_rng(0)
    city = np.where(SUGAR[1] > 150, rng.choice(["Rome", "Oslo"], 442), rng.choice(["Oslo", "Bern"], 442))
    return frame.assign(city=city, size=rng.integers(1, 9, 442)), SUGAR[1]


@pytest.mark.parametrize("form", ["cbm", "joblib"])
def test_categories_are_texts_and_integers(form: str, tmp_path: Path) -> None:
    frame, target = with_words()
    model = regressor(cat_features=["city", "size"]).fit(frame, target)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    if form == "cbm":
        path = check_writer(CatBoostAdapter(), read, model, tmp_path)
    table = frames.read(frame)
    loaded = check_adapter(CatBoostAdapter(), path, table)
    check_answers(loaded, table, model.predict(frame))
    assert loaded.describe().names == tuple(frame.columns)
    unseen = frames.read(frame.assign(city="Paris"))
    assert loaded.predict(unseen)[0].values.tolist() == model.predict(frame.assign(city="Paris")).tolist()
    with pytest.raises(NoTwinError, match="no numbers"):
        check_twin(loaded, table)


@pytest.mark.parametrize("named", [True, False])
def test_what_no_row_had_is_no_category(named: bool) -> None:
    frame, target = with_words()
    rows = frame if named else frame.to_numpy(object)
    places = ["city", "size"] if named else [4, 5]
    loaded = CatBoostModel(regressor(cat_features=places).fit(rows, target))
    assert loaded.describe().coded == tuple(places)
    typed = typed_inputs(loaded.describe(), frames.read(frame), Wishes())
    contract = learn_contract(loaded.describe(), typed, Profile.of(typed), Wishes())
    city, size = contract.fields["city"], contract.fields["size"]
    assert city.categories == ("Bern", "Oslo", "Rome")
    assert (size.categories, size.range) == (tuple(range(1, 9)), None)
    unseen = frames.read(frame.assign(size=np.where(frame.index == 7, 9, frame["size"])))
    answers = Runner(Digest("0" * 64), contract, loaded).predict(
        typed_inputs(loaded.describe(), unseen, Wishes())
    )
    found = {row: reasons[0].code for row, reasons in answers.verdicts.reasons().items()}
    assert found == {7: "contract.unseen_category"}


def test_texts_are_read_as_texts(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": CANCER[0][:, 0], "t": np.where(CANCER[1] == 1, "all is well", "not so good")})
    model = classifier(text_features=["t"]).fit(frame, CANCER[1])
    path = CatBoostAdapter().write(model, tmp_path)
    loaded = check_adapter(CatBoostAdapter(), path, frames.read(frame))
    assert loaded.describe().texts == ("t",)
    check_answers(loaded, frames.read(frame), model.predict_proba(frame))


def test_embeddings_are_refused() -> None:
    rows = [[one, [one, 1.0]] for one in map(float, range(40))]
    model = regressor(embedding_features=[1]).fit(rows, list(range(40)))
    with pytest.raises(BoxError) as caught:
        CatBoostModel(model)
    assert caught.value.code == "model.unsupported_input"


@pytest.mark.parametrize("data", [WORDS, HALVES, THERE], ids=["two", "three", "labels"])
def test_at_the_end_of_a_pipeline(data: tuple[Any, Any], tmp_path: Path) -> None:
    more = {"loss_function": "MultiLogloss"} if data is THERE else {}
    model = make_pipeline(StandardScaler(), classifier(**more)).fit(*data)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    assert read_source(path, trust=()).adapter == "sklearn"
    loaded, table = SklearnAdapter().load(path), frames.read(data[0])
    check_answers(loaded, table, model.predict(data[0]).reshape(len(data[0]), -1)[:, 0])
    check_twin(loaded, table, rows=5000)


def test_inside_of_what_scikit_learn_makes_of_models() -> None:
    calibrated = CalibratedClassifierCV(classifier(), cv=2).fit(*THREE_WORDS)
    check_twin(SklearnModel(calibrated, label_follows=True), frames.read(WINE[0]), rows=5000)


_WRITES = """
import pickle, sys
from pathlib import Path
from boxship.adapters.catboost import CatBoostAdapter
model = pickle.loads(Path(sys.argv[1]).read_bytes())
sys.stdout.buffer.write(CatBoostAdapter().write(model, Path(sys.argv[2])).read_bytes())
"""


def test_other_processes_write_the_same_bytes(tmp_path: Path) -> None:
    frame, target = with_words()
    model = regressor(cat_features=["city", "size"]).fit(frame, target)
    first = CatBoostAdapter().write(model, tmp_path).read_bytes()
    again = regressor(cat_features=["city", "size"]).fit(frame, target)  # trained anew
    (tmp_path / "pickle").write_bytes(pickle.dumps(again))
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _WRITES, tmp_path / "pickle", tmp_path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert done.stdout == first


@pytest.mark.parametrize("form", ["cbm", "json"])
def test_damaged_files(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{form}"
    regressor().fit(*SUGAR).save_model(str(path), format=form)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BoxError) as caught:
        CatBoostAdapter().load(path)
    assert caught.value.code == "model.unreadable"


def test_json_of_xgboost_is_another(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    xgboost.XGBRegressor(n_estimators=1, n_jobs=1).fit(*CANCER).save_model(path)
    assert read_source(path, trust=()).adapter == "xgboost"


@pytest.mark.parametrize("loss", ["Logloss", "MultiClass", "MultiClassOneVsAll", "MultiLogloss"])
def test_where_nothing_is_learnt_it_chooses_as_catboost_does(loss: str) -> None:
    rows = np.repeat([[0.0], [1.0]], 6, axis=0)  # and each class as often with either
    target = np.array([[0, 1], [1, 0]] * 6) if loss == "MultiLogloss" else np.arange(12) % 2
    model = classifier(loss_function=loss, boost_from_average=False if loss == "Logloss" else None)
    loaded, table = CatBoostModel(model.fit(rows, target)), frames.read(rows)
    given = np.stack([one.values for one in loaded.predict(table)], axis=1)
    assert given.tolist() == model.predict(rows).reshape(12, -1).tolist()


def test_a_threshold_is_for_each_label(tmp_path: Path) -> None:
    model = classifier(loss_function="MultiLogloss").fit(*THERE)
    model.set_probability_threshold(0.9)
    loaded, table = CatBoostAdapter().load(CatBoostAdapter().write(model, tmp_path)), frames.read(THERE[0])
    given = np.stack([one.values for one in loaded.predict(table)], axis=1)
    assert given.tolist() == model.predict(THERE[0]).tolist()
    assert given.tolist() != (model.predict_proba(THERE[0]) > 0.5).astype(int).tolist()
    with pytest.raises(NoTwinError, match="threshold"):
        check_twin(loaded, table)


def test_what_is_not_known_has_no_twin(tmp_path: Path) -> None:
    focal = classifier(loss_function="Focal:focal_alpha=0.5;focal_gamma=2").fit(*CANCER)
    with pytest.raises(NoTwinError, match="Focal"):
        check_twin(CatBoostModel(focal), frames.read(CANCER[0]))
    moved = classifier().fit(*CANCER)
    moved.set_probability_threshold(0.3)
    loaded = CatBoostAdapter().load(CatBoostAdapter().write(moved, tmp_path))
    check_answers(loaded, frames.read(CANCER[0]), moved.predict(CANCER[0]))
    with pytest.raises(NoTwinError, match="threshold"):
        check_twin(loaded, frames.read(CANCER[0]))
    with pytest.raises(BoxError) as caught:
        CatBoostModel(regressor())
    assert caught.value.code == "model.not_fitted"
