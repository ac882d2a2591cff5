from typing import Any

import msgspec
import numpy as np
import pytest

from boxship._pack.learn import (
    check_names,
    learn_contract,
    model_inputs,
    named_outputs,
    nullable,
    text_columns,
    typed_inputs,
    with_spaces,
)
from boxship._pack.wishes import FieldWish, OutputWish, Wishes
from boxship.adapters import Described, DescribedOutput
from boxship.core.column import category_of
from boxship.core.contract import Contract
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.errors import BoxshipError, DataError

OUTPUT = DescribedOutput("prediction", "text", ("no", "yes"), probabilities=True)
NAMED = Described(
    "classifier", "M", ("age", "city"), 2, (OUTPUT,), {"city": ("Oslo", "Rome")}, names_must_match=True
)
COUNTED = Described("classifier", "M", None, 2, (OUTPUT,))


def training(rows: int = 100) -> Table:
    return Table.of(
        {
            "churn": ["yes", "no"] * (rows // 2),
            "city": ["Rome", "Oslo"] * (rows // 2),
            "age": [17.3 + 78.6 * row / (rows - 1) for row in range(rows)],
        }
    )


def learn(wishes: Wishes, table: Table | None = None, described: Described = NAMED) -> Contract:
    table = training() if table is None else table
    typed = typed_inputs(described, model_inputs(described, table, ["churn"], ()), wishes)
    hidden = [name for name, wish in wishes.fields.items() if wish.sensitive]
    return learn_contract(described, typed, Profile.of(typed, sensitive=hidden), wishes)


@pytest.mark.parametrize(
    ("targets", "wishes", "code"),
    [
        (["churned"], Wishes(), "data.missing_column"),
        (["churn"], Wishes(drop=("cities",)), "data.missing_column"),
        (["churn"], Wishes(fields={"income": FieldWish(unit="EUR")}), "contract.unknown_field"),
    ],
)
def test_names_of_no_column_are_refused_before_the_model_is_asked(
    targets: list[str], wishes: Wishes, code: str
) -> None:
    with pytest.raises(BoxshipError) as caught:
        check_names(training(), targets, wishes)
    assert caught.value.code == code


def test_the_models_own_order_ranges_and_categories() -> None:
    age, city = learn(Wishes()).inputs
    assert (age.name, age.type, age.range) == ("age", "float64", (17, 96))
    assert (city.name, city.type, city.categories) == ("city", "category", ("Oslo", "Rome"))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("date", ("2019-12-30", "2022-09-25")),
        ("datetime", ("2019-12-22T07:33:20", "2022-09-24T06:13:20")),  # rounded outward in microseconds
    ],
)
def test_a_range_of_moments_is_told_short(kind: str, told: tuple[str, str]) -> None:
    days = np.datetime64("2020-01-01", "D") + np.arange(100) * 10
    table = Table.of({"churn": ["yes", "no"] * 50, "day": days}, {"day": Type(kind)})
    (day,) = learn(Wishes(), table, msgspec.structs.replace(COUNTED, count=1)).inputs
    assert (day.type, day.range) == (kind, told)


def test_wishes_win() -> None:
    wish = FieldWish(unit="years", range=(0, 120), nullable=True, policies={"out_of_range": "clip"})
    contract = learn(
        Wishes(fields={"age": wish}, outputs={"prediction": OutputWish(rename="churn", threshold=0.3)})
    )
    assert (contract.inputs[0].unit, contract.inputs[0].range, contract.inputs[0].nullable) == (
        "years",
        (0, 120),
        True,
    )
    assert (contract.outputs[0].name, contract.outputs[0].threshold) == ("churn", 0.3)


def test_nothing_of_a_sensitive_field_is_learnt() -> None:
    hidden = FieldWish(sensitive=True)
    for field in learn(Wishes(fields={"age": hidden, "city": hidden}, policies={"null": "flag"})).inputs:
        assert (field.range, field.categories, field.default, field.sensitive) == (None, None, None, True)


def test_fewer_than_ten_rows_give_no_range() -> None:
    assert learn(Wishes(), training(8)).inputs[0].range is None


def test_rare_categories_are_not_kept() -> None:
    described = Described("classifier", "M", ("city",), 1, (OUTPUT,), names_must_match=True)
    table = Table.of({"churn": ["no"] * 50, "city": category_of(["Rome"] * 41 + ["Bern"] * 9)})
    assert learn(Wishes(), table, described).inputs[0].categories == ("Rome",)


def test_a_default_is_learnt_where_it_is_needed() -> None:
    contract = learn(Wishes(policies={"null": "impute"}))
    assert contract.inputs[0].default == pytest.approx(57, abs=1)
    assert contract.inputs[1].default in ("Oslo", "Rome")


def test_nulls_and_infinities_in_training_are_allowed() -> None:
    described = Described("regressor", "M", None, 1, (DescribedOutput("prediction", "float64"),))
    table = Table.of({"churn": [1.0, 2.0, 3.0], "a": [1.0, np.nan, np.inf]})
    field = learn(Wishes(), table, described).inputs[0]
    assert (field.nullable, field.infinite) == (True, True)


@pytest.mark.parametrize(
    ("described", "columns", "target", "drop", "code"),
    [
        (NAMED, {"age": [1.0], "churn": [1]}, "churn", (), "data.missing_column"),
        (NAMED, {"age": [1.0], "city": ["x"], "churn": [1]}, "churn", ("age",), "data.needed"),
        (NAMED, {"age": [1.0], "city": ["x"], "churn": [1]}, "city", (), "data.needed"),
        (COUNTED, {"a": [1.0], "b": [1.0], "c": [1.0], "churn": [1]}, "churn", (), "data.wrong_count"),
        (COUNTED, {"a": [1.0], "b": [1.0], "churn": [1]}, "churn", ("b",), "data.wrong_count"),
        (COUNTED, {"a": [[1.0, 2.0]], "b": [1.0], "churn": [1]}, "churn", (), "data.wrong_count"),
        (COUNTED, {"a": [[1.0, 2.0, 3.0]], "churn": [1]}, "churn", (), "data.wrong_count"),
        (COUNTED, {"a": [[1.0, 2.0], [1.0]], "churn": [1, 0]}, "churn", (), "data.wrong_count"),
    ],
)
def test_data_that_does_not_match_the_model(
    described: Described, columns: dict[str, Any], target: str, drop: tuple[str, ...], code: str
) -> None:
    with pytest.raises(BoxshipError) as caught:
        model_inputs(described, Table.of(columns), [target], drop)
    assert caught.value.code == code
    assert caught.value.hint


def test_a_column_too_few_is_not_to_be_dropped() -> None:
    for names, wanted in ((("a",), "all of its columns"), (("a", "b", "c", "d"), "with --drop COLUMN")):
        table = Table.of({name: [1.0] for name in (*names, "churn")})
        with pytest.raises(DataError) as caught:
            model_inputs(COUNTED, table, ["churn"], [])
        assert wanted in caught.value.hint


def test_a_target_is_not_told_as_an_input() -> None:
    table = Table.of({"age": [1.0], "churn": [1], "id": [1]})
    with pytest.raises(BoxshipError) as caught:
        check_names(table, ["churn"], Wishes(fields={"agee": FieldWish()}, drop=("id",)))
    assert caught.value.hint == "did you mean 'age'? the inputs are age"


def test_what_the_model_answers_without_may_be_left_out() -> None:
    described = msgspec.structs.replace(NAMED, unused=("age",))
    assert model_inputs(described, training(), ["churn"], ["age"]).names == ("city",)
    assert model_inputs(described, training(), ["churn"], ()).names == ("age", "city")


def test_a_list_counts_for_as_many_columns_as_it_has_numbers() -> None:
    table = Table.of({"a": [[1.0, 2.0]], "churn": [1]})
    assert model_inputs(COUNTED, table, ["churn"], ()).names == ("a",)
    with pytest.raises(DataError) as caught:
        model_inputs(COUNTED, Table.of({"a": [[1.0, 2.0]], "b": [1]}), (), ())
    assert "'a' (float64[2]) counts for 2" in caught.value.message


def test_named_columns_are_taken_in_the_models_order() -> None:
    assert model_inputs(NAMED, training(), ["churn"], ()).names == ("age", "city")


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (Wishes(fields={"agee": FieldWish()}), "contract.unknown_field"),
        (Wishes(outputs={"other": OutputWish()}), "contract.unknown_output"),
        (Wishes(fields={"age": FieldWish(type="int64")}), "data.wrong_type"),
        (Wishes(fields={"age": FieldWish(type="integer")}), "type.unknown"),
        (Wishes(fields={"age": FieldWish(range=(2, 1))}), "contract.contradiction"),
    ],
)
def test_wishes_that_cannot_be_met(wishes: Wishes, code: str) -> None:
    with pytest.raises(BoxshipError) as caught:
        learn(wishes)
    assert caught.value.code == code


def test_a_model_may_have_written_underscores_for_spaces() -> None:
    described = msgspec.structs.replace(NAMED, names=("the_city", "a_b"), levels={"the_city": ("Rome",)})
    found = with_spaces(described, ["a_b", "the city", "a b"])
    assert found.names == ("the city", "a_b")
    assert found.levels == {"the city": ("Rome",)}


def test_several_outputs_are_called_as_their_targets() -> None:
    outputs = tuple(DescribedOutput(f"output_{place}", "float64") for place in range(2))
    described = Described("regressor", "M", None, 1, outputs)
    assert [one.name for one in named_outputs(described, ["low", "high"]).outputs] == ["low", "high"]
    assert named_outputs(described, ["low"]) == described


def test_a_target_may_be_sensitive() -> None:
    table = training().select(["age", "city"])
    assert (
        typed_inputs(NAMED, table, Wishes(fields={"churn": FieldWish(sensitive=True)}), ["churn"]) is not None
    )


@pytest.mark.parametrize("values", [["1"] * 99 + ["forty"], ["1.5", "nan", "forty", None] * 25])
def test_a_word_among_numbers_is_refused(values: list[str | None]) -> None:
    with pytest.raises(BoxshipError, match="'forty' in row") as error:
        typed_inputs(COUNTED, Table.of({"x": values, "y": [0.5] * 100}), Wishes())
    assert error.value.code == "data.mixed_types"


def test_numbers_written_as_text_are_refused() -> None:
    table = Table.of({"x": ["1", "2.5", None, "-1e3"] * 25, "y": [0.5] * 100})
    with pytest.raises(BoxshipError, match="written as text") as error:
        typed_inputs(COUNTED, table, Wishes())
    assert error.value.code == "data.number_text"
    asked = Wishes(fields={"x": FieldWish(type="text")})
    assert str(typed_inputs(COUNTED, table, asked).column("x").type) == "text"


@pytest.mark.parametrize(
    "told", [{"texts": (0,)}, {"texts": ("x",)}, {"levels": {"x": ("1", "2.5")}}, {"unused": ("x",)}]
)
def test_numbers_as_text_are_right_where_the_model_says_so(told: dict[str, Any]) -> None:
    table = Table.of({"x": ["1", "2.5"] * 50, "y": [0.5] * 100})
    typed = typed_inputs(msgspec.structs.replace(COUNTED, **told), table, Wishes())
    assert typed.column("x").type.kind in ("text", "category")


@pytest.mark.parametrize("values", [["007"] * 100, ["0012", "1234"] * 50, ["a1", "b2", "c3", "33"] * 25])
def test_texts_that_look_like_numbers_are_text(values: list[str]) -> None:
    typed = typed_inputs(COUNTED, Table.of({"x": values, "y": [0.5] * 100}), Wishes())
    assert str(typed.column("x").type) == "text"


def test_a_word_among_numbers_is_text_where_somebody_says_so() -> None:
    table = Table.of({"city": ["1"] * 99 + ["forty"], "age": [0.5] * 100})
    assert str(typed_inputs(NAMED, table, Wishes()).column("city").type) == "category"
    asked = Wishes(fields={"city": FieldWish(type="text")})
    assert str(typed_inputs(COUNTED, table, asked).column("city").type) == "text"


REFUSING = msgspec.structs.replace(NAMED, refused=("city",))


@pytest.mark.parametrize(
    ("wishes", "policy"),
    [
        (Wishes(), "reject"),
        (Wishes(policies={"unseen_category": "flag"}), "flag"),
        (Wishes(fields={"city": FieldWish(policies={"unseen_category": "allow"})}), "allow"),
        (Wishes(fields={"city": FieldWish(sensitive=True)}), "flag"),  # nothing is learnt of it
    ],
)
def test_a_category_that_the_model_refuses_is_rejected_unless_somebody_says_otherwise(
    wishes: Wishes, policy: str
) -> None:
    assert learn(wishes, described=REFUSING).policy("city", "unseen_category") == policy
    assert learn(wishes).policy("city", "unseen_category") in ("flag", "allow")


def test_a_text_that_the_model_reads_by_words_is_no_category() -> None:
    described = msgspec.structs.replace(NAMED, levels={}, texts=("city",))
    assert learn(Wishes(), described=described).inputs[1].type == "text"
    assert learn(Wishes(), described=msgspec.structs.replace(NAMED, levels={})).inputs[1].type == "category"
    assert text_columns(described, Wishes()) == {"city"}


@pytest.mark.parametrize(
    ("values", "levels", "categories"),
    [
        ([1, 2], (1.0, 1.5, 2.0), (1, 2)),
        ([1.0, 2.5], (1, 2.5), (1.0, 2.5)),
        ([True, False], (0.0, 1.0), (False, True)),
        ([1, 2], ("1", "2"), None),
    ],
)
def test_categories_are_values_of_the_field(values: list[Any], levels: Any, categories: Any) -> None:
    described = Described("classifier", "M", ("x",), 1, (OUTPUT,), {"x": levels})
    table = Table.of({"x": values * 20, "churn": ["no"] * 40})
    assert learn(Wishes(), table, described).inputs[0].categories == categories


def test_what_may_be_null() -> None:
    table = Table.of({"a": [1, None], "b": [1, 2], "c": [1, 2]})
    assert nullable(table, Wishes(fields={"b": FieldWish(nullable=True)})) == ("a", "b")


@pytest.mark.parametrize(("levels", "refused"), [(("DE", "FR"), True), (("DE", "FR", "NA"), False)])
def test_a_word_for_null_that_the_model_does_not_know_is_refused(
    levels: tuple[str, ...], refused: bool
) -> None:
    described = Described("classifier", "M", ("city",), 1, (OUTPUT,), {"city": levels}, names_must_match=True)
    table = Table.of({"churn": ["no"] * 40, "city": ["DE", "FR", "NA", "DE"] * 10})
    if not refused:
        assert learn(Wishes(), table, described).inputs[0].categories == levels
        return
    with pytest.raises(DataError) as caught:
        learn(Wishes(), table, described)
    assert caught.value.code == "data.null_word"
    assert "'NA' in 10 rows" in caught.value.message


@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_a_range_of_dates_stays_within_the_years(kind: str) -> None:
    ends = ["0001-01-01"] * 20 + ["9999-12-31"] * 20
    table = Table.of({"when": np.array(ends, Type(kind).dtype)})
    described = Described("classifier", "M", None, 1, (OUTPUT,))
    low, high = learn_contract(described, table, Profile.of(table), Wishes()).inputs[0].range or ("", "")
    assert (str(low)[:10], str(high)[:10]) == ("0001-01-01", "9999-12-31")
