"""Rows reach a scikit-learn model as in training, and only what is known of a column is told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.manifold import TSNE
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boxship import frames
from boxship.adapters import Described
from boxship.adapters.sklearn import SklearnAdapter, SklearnModel
from boxship.adapters.sklearn_inside import steps_of, unused_of
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.testing.adapters import described_of
from contract import sklearn_steps as steps

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, 60),
        "fee": RNG.random(60).round(2),
        "city": RNG.choice(["Rome", "Oslo"], 60),
        "note": RNG.choice(["good food", "bad food"], 60),
    }
)
LABELS = np.where(ROWS.age > 50, "yes", "no")
NUMBERS = ROWS[["age", "fee"]]

pytestmark = pytest.mark.filterwarnings("ignore")  # convergence, and names, are not what is tested here


def load(model: Any, folder: Path) -> SklearnModel:
    joblib.dump(model, folder / "m.joblib")
    return SklearnAdapter().load(folder / "m.joblib")


def settled(model: Any, rows: Any, folder: Path) -> tuple[SklearnModel, Table, Described]:
    loaded, table = load(model, folder), frames.read(rows)
    return loaded, table, described_of(loaded, table)


def agrees(model: Any, rows: Any, folder: Path) -> Described:
    """In a batch and alone, here and when its form is read again, the box answers what the model does."""
    loaded, table, described = settled(model, rows, folder)
    ask = model.predict if hasattr(model, "predict") else model.transform
    expected = np.asarray(ask(rows)).reshape(len(table), -1)
    nullable = [name for name in table.names if table.column(name).nulls().any()]
    form = loaded.settle(table.between(0, 20), nullable=nullable, units={}).form
    if form:
        (folder / "rows.json").write_text(form)
    for one in (loaded, SklearnAdapter().load(folder / "m.joblib")):
        assert np.array_equal(np.column_stack([given.values for given in one.predict(table)]), expected)
        for row in range(5):
            alone = [given.values[0] for given in one.predict(table.between(row, row + 1))]
            assert alone == expected[row].tolist()
    assert len(described.outputs) == expected.shape[1]
    return described


@pytest.mark.parametrize("chosen", [["fee"], [1], slice("fee", "fee"), make_column_selector("fee")])
def test_a_column_that_is_dropped_first_may_be_left_out(chosen: Any, tmp_path: Path) -> None:
    parts = [("fee", StandardScaler(), chosen), ("city", "drop", ["city"])]
    pipeline = make_pipeline(ColumnTransformer(parts), GaussianNB())
    model = GridSearchCV(pipeline, {"gaussiannb__var_smoothing": [1e-9]}, cv=2).fit(ROWS, LABELS)
    loaded, table, described = settled(model, ROWS[["fee"]], tmp_path)
    assert described.unused == ("age", "city", "note")
    assert np.array_equal(loaded.predict(table)[0].values, model.predict(ROWS))


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(SimpleImputer(), GaussianNB()),
        make_pipeline("passthrough", "passthrough"),
        make_pipeline(ColumnTransformer([("a", StandardScaler(), ["age"])], remainder="passthrough")),
        make_pipeline(SimpleImputer(), ColumnTransformer([("a", StandardScaler(), [0])]), GaussianNB()),
    ],
    ids=["no choice", "nothing", "passed through", "seen before"],
)
def test_a_column_that_something_looks_at_is_used(model: Any) -> None:
    model.fit(NUMBERS, LABELS)
    assert unused_of(steps_of(model)) == ()


@pytest.mark.parametrize("beside", [[], ["age"], ["city"]], ids=["alone", "a number", "text"])
def test_a_column_of_lists_is_so_many_columns_of_numbers(beside: list[str], tmp_path: Path) -> None:
    rows = ROWS[beside].assign(seen=NUMBERS.to_numpy().tolist())
    block = np.column_stack([ROWS[beside].to_numpy(), NUMBERS.to_numpy()])
    encoder = ColumnTransformer([("city", OneHotEncoder(), [0])], remainder="passthrough")
    model = make_pipeline(encoder if beside == ["city"] else "passthrough", GaussianNB())
    loaded, table, _ = settled(model.fit(block, LABELS), rows, tmp_path)
    assert np.array_equal(loaded.predict(table)[0].values, model.predict(block))
    assert np.array_equal(loaded.predict(table.between(0, 1))[0].values, model.predict(block[:1]))


def test_behind_a_column_of_lists_places_are_those_of_the_array(tmp_path: Path) -> None:
    city = np.where(LABELS == "yes", None, ROWS.city.to_numpy(object))
    block = np.column_stack([NUMBERS.to_numpy(object), city, ROWS.fee.to_numpy(object)])
    encoder = ColumnTransformer([("city", OneHotEncoder(), [2])], remainder="passthrough")
    model = make_pipeline(encoder, DecisionTreeRegressor()).fit(block, np.equal(city, None).astype(float))
    rows = pd.DataFrame({"seen": NUMBERS.to_numpy().tolist(), "city": city, "fee": ROWS.fee})
    loaded, table, described = settled(model, rows, tmp_path)
    assert loaded.predict(table)[0].values.tolist() == model.predict(block).tolist()
    assert described.texts == (2,)


@pytest.mark.parametrize("beside", ["a number", "a list"])
def test_moments_are_no_numbers_beside_others(beside: str, tmp_path: Path) -> None:
    numbers = NUMBERS.to_numpy().tolist() if beside == "a list" else ROWS.fee
    rows = pd.DataFrame({"when": pd.date_range("2020", periods=60), "seen": numbers})
    width = 3 if beside == "a list" else 2
    loaded = load(LinearRegression().fit(RNG.random((60, width)), ROWS.fee), tmp_path)
    with pytest.raises(TypeError):
        loaded.predict(frames.read(rows))


def encoded(*transformers: Any, columns: Sequence[str] = ("city",)) -> ColumnTransformer:
    return ColumnTransformer([("c", make_pipeline(*transformers), list(columns))], remainder="drop")


class TestLevels:
    """Categories come from an encoder that sees the column itself, and from no other."""

    @pytest.mark.parametrize(
        ("first", "levels"),
        [
            (encoded(OneHotEncoder()), {"city": ("Oslo", "Rome")}),
            (encoded(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), {"city": ("Oslo", "Rome")}),
            (ColumnTransformer([("b", KBinsDiscretizer(3), ["age", "fee"])]), {}),
            (encoded(FunctionTransformer(steps.lower), OneHotEncoder()), {}),
            (encoded(OrdinalEncoder(), OneHotEncoder()), {"city": ("Oslo", "Rome")}),
            (make_pipeline(KBinsDiscretizer(3, encode="ordinal"), OneHotEncoder()), {}),
            (encoded(TargetEncoder()), {"city": ("Oslo", "Rome")}),
        ],
        ids=["alone", "imputed", "bins", "changed", "coded twice", "bins first", "target"],
    )
    def test_of_encoders(self, first: Any, levels: Any, tmp_path: Path) -> None:
        rows = NUMBERS if "KBins" in str(first) and "Column" not in str(first) else ROWS
        model = make_pipeline(first, LogisticRegression()).fit(rows, LABELS)
        assert load(model, tmp_path).describe().levels == levels

    def test_without_a_column_transformer(self, tmp_path: Path) -> None:
        model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(ROWS[["city", "note"]], LABELS)
        described = agrees(model, ROWS[["city", "note"]], tmp_path)
        assert described.levels == {"city": ("Oslo", "Rome"), "note": ("bad food", "good food")}
        assert described.names == ("city", "note")

    @pytest.mark.parametrize(
        ("encoder", "refused"), [(OneHotEncoder(), ("city",)), (OneHotEncoder(handle_unknown="ignore"), ())]
    )
    def test_a_category_that_the_encoder_refuses(self, encoder: Any, refused: Any, tmp_path: Path) -> None:
        model = make_pipeline(encoded(encoder), LogisticRegression()).fit(ROWS, LABELS)
        assert load(model, tmp_path).describe().refused == refused

    def test_a_text_that_is_read_by_words_is_no_category(self, tmp_path: Path) -> None:
        first = ColumnTransformer(
            [("n", make_pipeline(TfidfVectorizer()), "note"), ("a", "passthrough", ["age"])]
        )
        described = agrees(make_pipeline(first, GaussianNB()).fit(ROWS, LABELS), ROWS, tmp_path)
        assert (described.texts, described.levels) == (("note",), {})


PIPE = make_pipeline(
    ColumnTransformer([("c", OneHotEncoder(), ["city"]), ("n", StandardScaler(), ["age"])]),
    LogisticRegression(),
)
WRAPPED = [
    GridSearchCV(PIPE, {"logisticregression__C": [1, 2]}, cv=2),
    CalibratedClassifierCV(PIPE, cv=2),
    VotingClassifier([("a", PIPE)], voting="soft"),
    StackingClassifier([("a", PIPE)], LogisticRegression(), cv=2),
    FixedThresholdClassifier(PIPE, threshold=0.4),
    OneVsRestClassifier(PIPE),
    GridSearchCV(make_pipeline(encoded(OneHotEncoder()), LogisticRegression()), {}, cv=2),
]


@pytest.mark.parametrize("model", WRAPPED, ids=lambda model: type(model).__name__)
def test_what_wraps_a_column_transformer(model: Any, tmp_path: Path) -> None:
    described = agrees(model.fit(ROWS, LABELS), ROWS, tmp_path)
    assert described.levels == {"city": ("Oslo", "Rome")}
    assert described.names_must_match


def test_a_target_that_is_transformed(tmp_path: Path) -> None:
    inner = make_pipeline(encoded(OneHotEncoder()), LinearRegression())
    model = TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(ROWS, ROWS.age)
    described = agrees(model, ROWS, tmp_path)
    assert (described.levels, described.kind) == ({"city": ("Oslo", "Rome")}, "regressor")


NAMED = ColumnTransformer([("n", "passthrough", ["age", "fee"])])
PLACED = ColumnTransformer([("n", "passthrough", [0, 1])])
FRAMES = [
    (make_pipeline(NAMED, HistGradientBoostingClassifier(max_iter=3, categorical_features=[0])), NUMBERS),
    (make_pipeline(make_union(NAMED, PLACED), GaussianNB()), NUMBERS),
    (make_pipeline(FeatureUnion([("p", PLACED), ("n", NAMED)]), GaussianNB()), NUMBERS),
    (make_pipeline(ColumnTransformer([("n", "passthrough", slice("age", "fee"))]), GaussianNB()), ROWS),
    (make_pipeline(FunctionTransformer(steps.by_name), GaussianNB()), NUMBERS),
    (make_pipeline(SimpleImputer().set_output(transform="pandas"), NAMED, GaussianNB()), NUMBERS),
    (
        make_pipeline(
            ColumnTransformer([("n", "passthrough", make_column_selector(dtype_include="number"))]),
            GaussianNB(),
        ),
        ROWS,
    ),
]


@pytest.mark.parametrize(("model", "rows"), FRAMES)
def test_columns_that_are_asked_for_by_name(model: Any, rows: Any, tmp_path: Path) -> None:
    assert agrees(model.fit(rows, LABELS), rows, tmp_path).names_must_match


def test_categories_that_only_boosting_knows(tmp_path: Path) -> None:
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=["fee"])
    assert not agrees(model.fit(NUMBERS, LABELS), NUMBERS, tmp_path).names_must_match


class TestUnknownForm:
    """A first step of one's own says nothing of what it was fitted on."""

    @pytest.mark.parametrize("arrays", [True, False])
    def test_rows_tell_it(self, arrays: bool, tmp_path: Path) -> None:
        step = steps.Products() if arrays else steps.Chosen(("age", "fee"))
        rows = NUMBERS.to_numpy() if arrays else NUMBERS
        agrees(make_pipeline(step, GaussianNB()).fit(rows, LABELS), rows, tmp_path)

    @pytest.mark.parametrize("step", [steps.Cleaner(), steps.SeriesCleaner()], ids=["any", "series"])
    def test_texts(self, step: Any, tmp_path: Path) -> None:
        model = make_pipeline(step, TfidfVectorizer(), LogisticRegression()).fit(ROWS.note, LABELS)
        agrees(model, ROWS.note, tmp_path)

    def test_both_work_and_differ(self, tmp_path: Path) -> None:
        model = make_pipeline(steps.Spread(), LinearRegression()).fit(NUMBERS.to_numpy(), ROWS.age)
        with pytest.raises(BoxError) as caught:
            settled(model, NUMBERS, tmp_path)
        assert caught.value.code == "model.form_unknown"

    def test_a_form_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "rows.json").write_text('{"kind": "sphere"}')
        with pytest.raises(BoxError) as caught:
            load(GaussianNB().fit(NUMBERS, LABELS), tmp_path)
        assert caught.value.code == "model.form_unreadable"


def test_one_column_of_text_is_a_row_of_one(tmp_path: Path) -> None:
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(ROWS[["city"]], LABELS)
    agrees(model, ROWS[["city"]], tmp_path)


def test_one_text_a_row(tmp_path: Path) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(ROWS.note, LABELS)
    agrees(model, ROWS.note, tmp_path)
    for rows in (ROWS.note, ROWS[["note"]], ROWS[["note"]].to_numpy()):
        (given,) = SklearnAdapter().ask(model, rows)
        assert given.values.tolist() == model.predict(ROWS.note).tolist()


def test_nothing_is_kept_of_rows_that_look_alike_in_every_batch(tmp_path: Path) -> None:
    rows = pd.DataFrame({"age": ROWS.age.where(ROWS.age > 20), "fee": ROWS.fee})
    loaded = load(make_pipeline(SimpleImputer(), GaussianNB()).fit(rows, LABELS), tmp_path)
    assert loaded.settle(frames.read(rows), nullable=("age",), units={}).form == ""


class TestForm:
    """A row is given in the same form, whatever stands beside it."""

    @pytest.mark.parametrize("values", [[True, False, None], [1, 2, None]], ids=["bool", "int"])
    @pytest.mark.parametrize("named", [True, False])
    def test_nullable(self, values: list[Any], named: bool, tmp_path: Path) -> None:
        dtype = "boolean" if True in values[:1] and values[0] is True else "Int64"
        rows = pd.DataFrame({"x": pd.array(values * 20, dtype), "age": ROWS.age})
        imputer = SimpleImputer(strategy="most_frequent")
        first = ColumnTransformer([("x", imputer, ["x", "age"])]) if named else imputer
        model = make_pipeline(first, DecisionTreeRegressor(max_depth=3)).fit(rows, ROWS.fee)
        agrees(model, rows, tmp_path)

    def test_large_integers_stay_what_they_are(self, tmp_path: Path) -> None:
        rows = pd.DataFrame({"id": 2**53 + RNG.permutation(60), "other": 2**53 + RNG.permutation(60)})
        agrees(KNeighborsRegressor(1, algorithm="brute").fit(rows, ROWS.fee), rows, tmp_path)
        model = make_pipeline(OrdinalEncoder(), LinearRegression()).fit(rows, ROWS.fee)
        agrees(model, rows, tmp_path)

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_moments_have_the_unit_of_training(self, unit: str, tmp_path: Path) -> None:
        rows = pd.DataFrame({"when": pd.date_range("2020", periods=60).as_unit(unit)})
        first = ColumnTransformer(
            [("t", FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "int64"}), ["when"])]
        )
        model = make_pipeline(first, DecisionTreeRegressor()).fit(rows, ROWS.fee)
        loaded, table = load(model, tmp_path), frames.read(rows)
        loaded.settle(table, nullable=(), units={"when": unit})
        assert loaded.predict(table)[0].values.tolist() == model.predict(rows).tolist()


TWO = np.c_[ROWS.age, -ROWS.age]
BITS = np.c_[ROWS.age > 40, ROWS.age > 60].astype(int)
SEVERAL = [
    (make_pipeline(NAMED, KNeighborsRegressor()), TWO),
    (make_pipeline(NAMED, MultiOutputRegressor(LinearRegression())), TWO),
    (TransformedTargetRegressor(make_pipeline(NAMED, LinearRegression()), transformer=StandardScaler()), TWO),
    (OneVsRestClassifier(GaussianNB()), BITS),
    (MLPClassifier((3,), max_iter=20), BITS),
    (RidgeClassifier(), BITS),
    (KNeighborsClassifier(), BITS),
]


@pytest.mark.parametrize(
    ("model", "target"), SEVERAL, ids=lambda value: str(value)[:30] if hasattr(value, "fit") else ""
)
def test_several_outputs_are_counted_in_an_answer(model: Any, target: Any, tmp_path: Path) -> None:
    described = agrees(model.fit(NUMBERS, target), NUMBERS, tmp_path)
    if target is BITS:
        assert {(one.type, one.classes) for one in described.outputs} == {("int64", (0, 1))}


@pytest.mark.parametrize(
    "model", [OneHotEncoder(), make_pipeline(OneHotEncoder(), StandardScaler(with_mean=False))]
)
def test_sparse_answers(model: Any, tmp_path: Path) -> None:
    rows = ROWS[["city", "note"]]
    expected = model.fit(rows).transform(rows).toarray()
    loaded, table, described = settled(model, rows, tmp_path)
    assert np.column_stack([given.values for given in loaded.predict(table)]).tolist() == expected.tolist()
    assert len(described.outputs) == 4


def test_too_many_outputs_are_refused(tmp_path: Path) -> None:
    texts = pd.Series([f"word{place}" for place in range(10_001)])
    with pytest.raises(BoxError) as caught:
        settled(TfidfVectorizer().fit(texts), texts, tmp_path)
    assert caught.value.code == "model.too_many_outputs"


DICTS = ROWS[["age", "city"]].to_dict("records")
TREE = DecisionTreeClassifier()


def of_bytes(model: Any) -> Any:
    model.classes_ = model.classes_.astype(bytes)  # as older scikit-learns fitted them
    return model


@pytest.mark.parametrize(
    ("model", "code"),
    [
        (DBSCAN().fit(NUMBERS), "model.not_a_model"),
        (LocalOutlierFactor().fit(NUMBERS), "model.not_a_model"),
        (
            make_pipeline(DictVectorizer(), GridSearchCV(TREE, {})).fit(DICTS, LABELS),
            "model.unsupported_input",
        ),
        (
            GridSearchCV(make_pipeline(FeatureHasher(4), TREE), {}).fit(DICTS, LABELS),
            "model.unsupported_input",
        ),
        (of_bytes(GaussianNB().fit(NUMBERS, LABELS)), "model.unknown_labels"),
    ],
)
def test_what_cannot_be_answered_with(model: Any, code: str, tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        load(model, tmp_path).describe()
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize("model", [DBSCAN(), LocalOutlierFactor(), TSNE()])
def test_what_answers_its_own_rows_alone_is_told_as_such(model: Any, tmp_path: Path) -> None:
    with pytest.raises(BoxError, match="no predict") as caught:
        load(model, tmp_path)
    assert "fitted on and no others" in caught.value.hint
    assert "model.joblib" not in caught.value.message


def test_the_codes_of_a_pandas_category_are_not_there(tmp_path: Path) -> None:
    rows = ROWS.assign(city=ROWS.city.astype("category"))
    model = make_pipeline(steps.Codes(), GaussianNB()).fit(rows, LABELS)
    loaded, table, _ = settled(model, rows, tmp_path)
    with pytest.raises(AttributeError, match="cat"):
        loaded.predict(table)


@pytest.mark.filterwarnings("error")
def test_boosting_with_categories_of_a_frame_answers_without_a_warning(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": np.arange(90.0), "c": pd.Categorical(list("xyz") * 30)})
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features="from_dtype")
    model.fit(frame, (frame["c"] == "x") & (frame["n"] > 20))
    expected = model.predict_proba(frame)
    path = tmp_path / "m.joblib"
    joblib.dump(model, path)
    answers = SklearnAdapter().load(path).predict(frames.read(frame))
    np.testing.assert_array_equal(answers[0].probabilities, expected)
