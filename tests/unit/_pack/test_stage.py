from pathlib import Path

import pytest

from boxship._pack.data import Data
from boxship._pack.prove import profile_answers
from boxship._pack.stage import golden_rows, sensitive_outputs
from boxship._pack.wishes import FieldWish, Wishes
from boxship.core.contract import Contract, Field, Output
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import DataError

CONTRACT = Contract(
    (
        Field("age", "float64"),
        Field("name", "text", sensitive=True),
        Field("city", "category", sensitive=True),
        Field("income", "int64", sensitive=True),
    ),
    (Output("prediction", "float64"),),
)
NAMED = {"age": [41.0, 29.0], "name": ["Ada", "Bob"], "city": ["Oslo", "Rome"], "income": [123456, 654321]}
PROFILE = Profile.of(Table.of(NAMED), sensitive=["name", "city", "income"])


@pytest.mark.parametrize("left_out", ["", "income"])
def test_nothing_sensitive_of_given_golden_rows_is_kept(left_out: str) -> None:
    given = Table.of({name: values for name, values in NAMED.items() if name != left_out})
    golden = golden_rows(Data(given), CONTRACT, PROFILE)
    assert golden.column("age").to_list() == [41, 29]
    assert not {123456, 654321} & set(golden.column("income").to_list())
    assert not any(word in to_bytes(golden) for word in (b"Ada", b"Bob", b"Oslo", b"Rome"))


def test_given_golden_rows_have_to_fit() -> None:
    with pytest.raises(DataError) as caught:
        golden_rows(Data(Table.of({"age": ["old", "young"]})), CONTRACT, PROFILE)
    assert caught.value.code == "golden.rejected"


@pytest.mark.parametrize("form", ["csv", "dicts"])
def test_the_golden_row_that_does_not_fit_is_named(form: str, tmp_path: Path) -> None:
    ages = ["41", "29", "old"]
    path = tmp_path / "golden.csv"
    path.write_text("\n".join(["age", *ages]) + "\n")
    given = Data(path if form == "csv" else [{"age": 41.0}, {"age": 29.0}, {"age": "old"}])
    assert given.digest
    with pytest.raises(DataError) as caught:
        golden_rows(given, CONTRACT, PROFILE)
    assert caught.value.code == "golden.rejected"
    assert "row 2" in caught.value.message
    assert "'old'" in caught.value.message


def test_golden_fields_are_read_as_their_fields_want_them(tmp_path: Path) -> None:
    path = tmp_path / "golden.csv"
    path.write_text("code,extra\n1,x\n2,y\n")
    contract = Contract((Field("code", "text"),), CONTRACT.outputs)
    assert golden_rows(Data(path), contract, PROFILE).column("code").to_list() == ["1", "2"]


def test_golden_data_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "golden.csv"
    path.write_text("age\n")
    with pytest.raises(DataError) as caught:
        golden_rows(Data(path), CONTRACT, PROFILE)
    assert caught.value.code == "data.empty"


def test_golden_rows_without_a_sensitive_field_are_as_given() -> None:
    contract = Contract((Field("age", "float64"),), CONTRACT.outputs)
    given = Table.of({"age": [41.0, 29.0]})
    assert golden_rows(Data(given), contract, PROFILE) == given


SECRET = Wishes(fields={"illness": FieldWish(sensitive=True)})
TWO = Contract((Field("a", "float64"),), (Output("illness", "float64"), Output("cost", "float64")))


@pytest.mark.parametrize(
    ("contract", "targets", "hidden"),
    [
        (CONTRACT, ("illness",), ("prediction",)),
        (CONTRACT, ("cost",), ()),
        (CONTRACT, (), ()),
        (TWO, ("illness", "cost"), ("illness",)),
        (TWO, ("illness",), ("illness", "cost")),
    ],
)
def test_outputs_of_a_sensitive_target_are_hidden(
    contract: Contract, targets: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    assert sensitive_outputs(contract, targets, SECRET) == hidden


def test_no_distribution_of_a_hidden_output_is_kept() -> None:
    answers = Table.of(
        {
            "prediction": ["ill", "well"] * 50,
            "prediction.probabilities": [[0.25, 0.75]] * 100,
            "cost": [1.0] * 100,
        }
    )
    kept = profile_answers(answers, ["prediction"])
    assert [column.sensitive for column in kept.columns] == [True, True, False]
    assert b"well" not in kept.to_bytes()
