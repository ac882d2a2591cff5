"""Golden rows: those of a file have to fit, drawn ones are such as the model answers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from boxship._pack.data import Data
from boxship._pack.golden import answered_rows, golden_rows
from boxship.adapters import Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import DataError
from boxship.testing.models import FakeModel

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


PLACES = Table.of({"town": np.arange(2570) % 257, "tokens": np.arange(5140).reshape(2570, 2) % 257})
LOOKED_UP = Contract((Field("town", "int64"), Field("tokens", "int64[2]")), CONTRACT.outputs)


class Looker(FakeModel):
    """Knows the places of a table, and raises on others."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def predict(self, table: Table) -> Sequence[Given]:
        found = np.zeros(self.places)[table.column("tokens").values].sum(axis=1)
        return [Given(found + np.zeros(self.places)[table.column("town").values], None)]


class Reader(FakeModel):
    """Counts letters, and raises on a null."""

    def predict(self, table: Table) -> Sequence[Given]:
        return [Given(np.array([float(len(one)) for one in table.column("note").values]), None)]


def rows_for(places: int) -> Table:
    return answered_rows(Looker(places), None, LOOKED_UP, Profile.of(PLACES))


def test_rows_are_drawn_within_the_places_that_the_data_reached() -> None:
    golden = rows_for(257)
    assert golden.column("town").to_list()[:2] == [10, 250]
    assert golden.column("tokens").values.max() == 250


def test_rows_that_the_model_answers_stay_as_they_are_drawn() -> None:
    """Also where none is answered in either case."""
    drawn = golden_rows(None, LOOKED_UP, Profile.of(PLACES))
    assert drawn.column("town").to_list()[:2] == [0, 260]
    assert rows_for(261) == rows_for(3) == drawn


def test_rows_are_drawn_without_nulls_that_the_model_does_not_take() -> None:
    table = Table.of({"note": [None if row % 3 == 0 else "fine" for row in range(300)]})
    contract = Contract((Field("note", "text", nullable=True),), CONTRACT.outputs)
    golden = answered_rows(Reader(), None, contract, Profile.of(table))
    assert not golden.column("note").nulls().any()
    assert golden_rows(None, contract, Profile.of(table)).column("note").nulls().any()
