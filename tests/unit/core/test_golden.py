"""Golden rows look like the data, copy nobody, and are the same everywhere."""

import numpy as np
import pytest

from boxship.core.column import category_of
from boxship.core.digest import Digest
from boxship.core.golden import draw
from boxship.core.profile import Profile
from boxship.core.table import Schema, Table
from boxship.core.table_bytes import to_bytes
from boxship.core.type import Type

N = np.arange(400)
DATA = Table.of(
    {
        "number": np.where(N % 8 == 0, np.nan, (N * 7919 % 1009) / 8.0),
        "whole": N * 31 % 7,
        "large": 2**60 + N * 10**12,
        "byte": (N % 256).astype(np.uint8),
        "single": (N % 97).astype(np.float32),
        "city": category_of([("Rome", "Oslo", None)[i % 3] for i in N]),
        "flag": N % 4 == 0,
        "word": [("yes", "no", None)[i % 3] for i in N],
        "note": [f"person {i:05d} of Zürich" for i in N],
        "day": np.datetime64("2024-01-01") + N,
        "moment": np.datetime64("2024-01-01T00:00:00", "us") + N * 1_000_003,
        "image": (N[:, None, None] * np.ones((2, 3), np.int64) % 251).astype(np.uint8),
        "vector": np.linspace(-1, 1, 1600).reshape(400, 4),
        "record": [{"a": 1, "b": "x"}] * 400,
        "raw": [bytes(i % 5) for i in N],
        "secret": N * 1.5 + 12_345,
    }
)
PROFILE = Profile.of(DATA, sensitive=["secret"])


def test_rows_have_the_schema_and_the_number_asked_for() -> None:
    assert draw(PROFILE, DATA.schema).schema == DATA.schema
    assert len(draw(PROFILE, DATA.schema, rows=7)) == 7
    assert len(draw(PROFILE, DATA.schema, rows=0)) == 0


def test_the_bits_are_these() -> None:
    """They are part of what a box is named by: another digest here is another digest of every box."""
    assert str(Digest.of(to_bytes(draw(PROFILE, DATA.schema)))) == (
        "sha256:3e2e59d2ab516ccbc84cbf2bd90ef4c50187f9edb5b65f016e54781171a5a7b3"
    )


@pytest.mark.parametrize("name", ["number", "whole", "large", "byte", "single", "day", "moment"])
def test_the_first_rows_are_the_bounds_and_all_lie_between(name: str) -> None:
    numbers = PROFILE.column(name).numbers
    values = draw(PROFILE, DATA.schema).column(name)
    assert numbers is not None
    assert numbers.frame.low is not None
    assert numbers.frame.high is not None
    limit = 255 if name == "byte" else numbers.frame.high
    plain = values.values[~values.nulls()]
    asked = plain.astype(np.int64 if plain.dtype.kind in "Miu" else np.float64).tolist()

    assert asked[:2] == [numbers.frame.low, limit]
    assert all(numbers.frame.low <= value <= limit for value in asked)


def test_columns_keep_their_share_of_nulls() -> None:
    nulls = draw(PROFILE, DATA.schema, rows=800)
    assert nulls.column("number").nulls().mean() == pytest.approx(1 / 8, abs=0.04)
    assert nulls.column("city").nulls()[2]
    assert not nulls.column("whole").nulls().any()


def test_categories_come_by_their_counts_or_from_the_levels() -> None:
    few = draw(PROFILE, DATA.schema, rows=600, levels={"city": ["Lima", "Oslo", "Rome"]})
    assert set(few.column("city").to_list()) == {"Lima", "Oslo", "Rome", None}
    assert set(draw(PROFILE, DATA.schema).column("word").to_list()) == {"yes", "no", None}


def test_text_is_made_up() -> None:
    notes = draw(PROFILE, DATA.schema).column("note").to_list()
    assert not set(notes) & set(DATA.column("note").to_list())
    assert {len(str(note)) for note in notes} <= set(range(16, 32))


def test_nothing_of_a_sensitive_column_shows() -> None:
    other = Table.of({**{n: DATA.column(n) for n in DATA.names}, "secret": N * -7.0})
    profile = Profile.of(other, sensitive=["secret"])
    assert draw(profile, DATA.schema) == draw(PROFILE, DATA.schema)


def test_a_column_that_the_profile_lacks_is_drawn_from_its_type() -> None:
    schema = Schema([("new", Type("float64")), ("texts", Type("text")), ("cats", Type("category"))])
    table = draw(PROFILE, schema, rows=5, levels={"cats": ["a"]})
    assert table.column("cats").to_list() == ["a"] * 5
    assert np.isfinite(table.column("new").values).all()


def test_a_column_does_not_depend_on_its_neighbours() -> None:
    one = draw(PROFILE, Schema([("whole", Type("int64"))]))
    assert one.column("whole") == draw(PROFILE, DATA.schema).column("whole")


@pytest.mark.parametrize(
    "values",
    [
        [None] * 20,
        [1.0] * 3,
        [5.5] * 20,
        [float("inf")] * 20,
        [-1.7976931348623157e308, 1.7976931348623157e308] * 10,
        [-(2**63), 2**63 - 1] * 10,
        [""] * 20,
        ["x" * 10_000] * 5,
    ],
)
def test_odd_columns_give_rows(values: list[object]) -> None:
    table = Table.of({"x": values})
    assert len(draw(Profile.of(table), table.schema, rows=10)) == 10


@pytest.mark.parametrize("kind", ["int64", "uint64", "int8", "float16", "bool"])
def test_tensors_of_any_kind_stay_in_range(kind: str) -> None:
    limits = np.iinfo(kind) if kind[0] in "iu" else None
    ends = [limits.min, limits.max] if limits else [0, 1]
    data = Table.of({"x": np.array([ends] * 20, kind)})
    assert draw(Profile.of(data), data.schema, rows=6).schema == data.schema
