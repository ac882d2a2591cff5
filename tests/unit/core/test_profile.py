"""Profiles count exactly, merge exactly, and tell nobody's values."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxship.core.column import Column, category_of
from boxship.core.profile import Profile
from boxship.core.profile_value import CLASSES
from boxship.core.table import Table, concat
from boxship.core.type import Type
from boxship.errors import DataError

SAMPLE = Path(__file__).parent / "samples" / "profile-1.bin"


def sample_table(rows: int = 300) -> Table:
    """Every type, the same on every machine."""
    n = np.arange(rows)
    return Table.of(
        {
            "number": np.where(n % 11 == 0, np.nan, (n * 7919 % 1009) / 8.0),
            "whole": n * 31 % 7,
            "large": n * 10**16,
            "small": (n % 200).astype(np.uint8),
            "infinite": np.where(n % 10 == 3, np.inf, np.where(n % 10 == 4, -np.inf, n * 1.0)),
            "city": category_of([("Rome", "Oslo", None)[i % 3] for i in n]),
            "flag": n % 4 == 0,
            "word": [("yes", "no")[i % 2] for i in n],
            "note": [f"Grüße, {i:06d}!" for i in n],
            "day": np.datetime64("2024-01-01") + n,
            "moment": np.datetime64("2024-01-01T00:00:00", "us") + n * 1_000_003,
            "image": (n[:, None, None] * np.ones((2, 3), np.int64) % 251).astype(np.uint8),
            "record": [{"a": 1, "b": None} if i % 2 else {"a": 2} for i in n],
            "raw": [bytes(i % 5) for i in n],
            "nothing": np.full(rows, np.nan),
            "secret": n * 1.5,
        }
    )


def test_counts_of_a_number_column() -> None:
    found = Profile.of(sample_table()).column("number")
    values = sample_table().column("number").values
    present = values[~np.isnan(values)]

    assert found.numbers is not None
    assert (found.rows, found.missing) == (300, 28)
    assert len(found.numbers.frame.quantiles) == 28
    assert sum(found.numbers.bins) == len(present)
    assert found.numbers.moments is not None
    assert abs(found.numbers.moments.mean - present.mean()) <= found.numbers.moments.step / 2
    assert found.numbers.moments.sd == pytest.approx(present.std(), rel=1e-4)


@pytest.mark.parametrize(
    "values", [np.random.default_rng(3).normal(5, 2, 5000), np.random.default_rng(4).exponential(3, 5000)]
)
def test_moments_are_those_of_the_data(values: np.ndarray) -> None:
    numbers = Profile.of(Table.of({"x": values})).column("x").numbers
    centred = values - values.mean()
    skew = (centred**3).mean() / values.std() ** 3
    kurtosis = (centred**4).mean() / values.var() ** 2 - 3

    assert numbers is not None
    assert numbers.moments is not None
    assert numbers.moments[:4] == pytest.approx(
        (values.mean(), values.std(), skew, kurtosis), rel=1e-3, abs=1e-3
    )


def test_quantiles_are_at_most_five_rows_off() -> None:
    values = np.sort(np.random.default_rng(1).normal(size=5000))
    numbers = Profile.of(Table.of({"x": values})).column("x").numbers
    assert numbers is not None
    assert len(numbers.frame.quantiles) == 101
    places = np.arange(1, 100) * 4999 // 100
    found = np.array(numbers.frame.quantiles[1:-1])
    assert np.all(np.abs(values.searchsorted(found) - places) <= 5)


def test_integers_beyond_doubles_are_exact() -> None:
    sentinel = 2**62 + 1
    table = Table.of({"x": [sentinel] * 20 + [sentinel + 1] * 15 + list(range(10))})
    numbers = Profile.of(table).column("x").numbers
    assert numbers is not None
    assert dict(zip(numbers.frame.atoms, numbers.atoms, strict=True)) == {sentinel: 20, sentinel + 1: 15}


@pytest.mark.parametrize(
    "values",
    [
        np.array([-(2**63), 2**63 - 1] * 10),
        np.array([0, 2**64 - 1] * 10, np.uint64),
        np.array([-1.7976931348623157e308, 1.7976931348623157e308] * 10),
        np.array([5e-324, 1e-320] * 10),
        np.full(20, 1.7976931348623157e308),
        np.full(20, np.inf),
        np.zeros(0),
        np.full(20, np.nan),
        np.array([True, False] * 10),
        np.array([0.0, -0.0] * 10),
    ],
)
def test_extremes_are_ordinary(values: np.ndarray) -> None:
    table = Table.of({"x": values})
    profile = Profile.of(table)
    numbers = profile.column("x").numbers

    assert profile.observe(table) == profile
    assert Profile.from_bytes(profile.to_bytes()) == profile
    assert numbers is None or numbers.moments is None or np.isfinite(numbers.moments.mean)


def test_live_rows_fall_under_and_over_the_frame() -> None:
    training = Profile.of(Table.of({"x": np.arange(100.0)}))
    numbers = training.observe(Table.of({"x": [-5.0, 50.0, 1000.0, np.inf, None]})).column("x").numbers
    assert numbers is not None
    assert (numbers.bins[0], numbers.bins[-1], sum(numbers.bins)) == (1, 1, 3)
    assert (numbers.plus_infinite, numbers.finite) == (1, 3)


def test_words_lengths_and_characters() -> None:
    profile = Profile.of(sample_table())
    words, note = profile.column("word"), profile.column("note")

    assert words.values is not None
    assert words.values.by_value() == {"no": 150, "yes": 150}
    assert note.values is None
    assert note.text is not None
    assert dict(zip(CLASSES, note.text.classes, strict=True)) == {
        "letter": 900, "digit": 1800, "space": 300, "punctuation": 600, "other": 0, "non-ascii": 600,
    }  # fmt: skip
    assert sum(note.text.lengths) == 300


@pytest.mark.parametrize("distinct", [1, 10, 100, 1000, 20_000])
def test_distinct_values_are_estimated(distinct: int) -> None:
    table = Table.of({"x": category_of([str(i % distinct) for i in range(max(distinct, 100))])})
    values = Profile.of(table).column("x").values
    assert values is not None
    assert values.distinct == pytest.approx(distinct, rel=0.2)


def test_records_count_their_keys() -> None:
    values = Profile.of(sample_table()).column("record").values
    assert values is not None
    assert values.by_value() == {"a": 300, "b": 150}


def test_correlation_is_that_of_ranks() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=4000)
    b = np.exp(a)
    c = rng.normal(size=4000)
    d = np.where(rng.random(4000) < 0.3, np.nan, -a)
    found = Profile.of(Table.of({"a": a, "b": b, "c": c, "d": d})).correlation()
    assert found[0, 1] == pytest.approx(1, abs=0.01)
    assert found[0, 2] == pytest.approx(
        np.corrcoef(a.argsort().argsort(), c.argsort().argsort())[0, 1], abs=0.01
    )
    assert found[0, 3] == pytest.approx(-1, abs=0.01)


def test_hundred_columns_at_most_have_ranks() -> None:
    table = Table.of({f"x{i}": np.arange(20.0) for i in range(120)})
    assert len(Profile.of(table).ranks.columns) == 100


def test_unequal_frames_do_not_merge() -> None:
    a, b = (Profile.of(Table.of({"x": np.arange(100.0) * k})) for k in (1, 2))
    with pytest.raises(DataError) as caught:
        a.merge(b)
    assert caught.value.code == "profile.frames_differ"


def test_another_type_is_refused() -> None:
    profile = Profile.of(Table.of({"x": np.arange(100.0)}))
    with pytest.raises(DataError) as caught:
        profile.observe(Table.of({"x": ["a"]}))
    assert caught.value.code == "profile.wrong_type"


def test_a_column_that_is_not_there_counts_no_rows() -> None:
    profile = Profile.of(sample_table(), targets=["whole"])
    live = profile.observe(sample_table().select(["number", "city"]))
    assert live.column("whole").rows == 0
    assert live.merge(profile).column("whole") == profile.column("whole")


def test_integers_with_nulls_may_come_as_floats() -> None:
    profile = Profile.of(Table.of({"x": np.arange(100)}))
    live = profile.observe(Table.of({"x": [1.0, None, 3.5]}))
    merged = live.merge(profile)
    assert merged == profile.merge(live)
    assert merged.column("x").numbers.low == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("names", [{"sensitive": ["no"]}, {"targets": ["no"]}])
def test_unknown_names_are_refused(names: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        Profile.of(sample_table(), **names)
    assert caught.value.code == "data.missing_column"


CELLS = {
    "x": st.one_of(st.none(), st.floats(allow_nan=False)),
    "i": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "c": st.sampled_from(["a", "b", "Zürich", "\ud800", None]),
    "b": st.one_of(st.none(), st.booleans()),
    "d": st.one_of(st.none(), st.dates()),
}
TYPES = {"x": "float64", "i": "int64", "c": "text", "b": "bool", "d": "date"}
ROWS = st.lists(st.fixed_dictionaries(CELLS), max_size=30)


def table_of(rows: list[dict[str, Any]]) -> Table:
    types = {name: Type(kind) for name, kind in TYPES.items()}
    return Table.of({name: [row[name] for row in rows] for name in CELLS}, types)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.tuples(ROWS, ROWS, ROWS))
def test_merging_is_counting_the_rows_together(
    reference: list[dict[str, Any]], parts: tuple[list[dict[str, Any]], ...]
) -> None:
    frame = Profile.of(table_of(reference * 4))
    a, b, c = (table_of(part) for part in parts)
    one, two, three = (frame.observe(part) for part in (a, b, c))

    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three)) == frame.observe(concat([a, b, c]))


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_bytes_round_trip_and_are_canonical(rows: list[dict[str, Any]]) -> None:
    profile = Profile.of(table_of(rows * 12))
    data = profile.to_bytes()

    assert Profile.from_bytes(data).to_bytes() == data
    assert Profile.of(table_of([*rows[::-1]] * 12)).column("x") == profile.column("x")


def test_order_of_rows_does_not_matter() -> None:
    table = sample_table()
    turned = table.take(np.arange(300)[::-1])
    assert Profile.of(turned).to_bytes() == Profile.of(table).to_bytes()


def test_ten_rows_stand_behind_everything_written() -> None:
    rng = np.random.default_rng(7)
    names = [f"canary-{i}" for i in range(9)]
    numbers = [7654321.25 + i * 1234.5 for i in range(9)]
    table = Table.of(
        {
            "text": [*names, *["common"] * 191],
            "category": category_of([*["rare-word"] * 9, *["common"] * 191]),
            "number": np.array([*numbers, *rng.normal(0, 1, 191)]),
            "whole": np.array([987654321] * 9 + [5] * 191),
            "record": [{"rare-key": 1}] * 9 + [{"key": 1}] * 191,
        }
    )
    profile = Profile.of(table)
    data = profile.to_bytes()

    for word in (*names, "rare-word", "rare-key"):
        assert word.encode() not in data
    told = _numbers_in(profile.column("number")) | _numbers_in(profile.column("whole"))
    assert not told & {*numbers, 987654321}
    assert not told & set(table.column("number").values.tolist())


def _numbers_in(column: Any) -> set[float]:
    frame = column.numbers.frame
    return {frame.low, frame.high, *frame.edges, *frame.quantiles, *frame.atoms}


def test_nothing_of_a_few_rows_is_written() -> None:
    table = Table.of({"x": [12345.678] * 9, "c": category_of(["canary"] * 9)})
    profile = Profile.from_bytes(Profile.of(table).to_bytes())
    live = Profile.of(Table.of({"x": np.arange(100.0)})).observe(Table.of({"x": [51.25]}))
    written = Profile.from_bytes(live.to_bytes()).column("x").numbers

    assert profile.column("x").numbers.frame.low is None  # type: ignore[union-attr]
    assert profile.column("c").values.values == ()  # type: ignore[union-attr]
    assert written is not None
    assert (written.low, written.high, written.sums.count) == (None, None, 0)


def test_of_a_sensitive_column_only_type_and_rows_are_known() -> None:
    column = Profile.of(sample_table(), sensitive=["secret"]).column("secret")
    assert column == type(column)("secret", "float64", 300, sensitive=True)


def test_stored_sample_of_format_1_is_read() -> None:
    profile = Profile.from_bytes(SAMPLE.read_bytes())
    assert profile == Profile.of(sample_table(), sensitive=["secret"], targets=["whole"])
    assert profile.to_bytes() == SAMPLE.read_bytes()


def test_a_newer_format_is_named() -> None:
    data = bytearray(SAMPLE.read_bytes())
    data[8] = 2
    with pytest.raises(DataError) as caught:
        Profile.from_bytes(bytes(data))
    assert caught.value.code == "profile.newer_format"


@pytest.mark.parametrize("place", [0, 13, 20, 500, -1])
def test_a_flipped_bit_is_damage(place: int) -> None:
    data = bytearray(SAMPLE.read_bytes())
    data[place] ^= 1
    with pytest.raises(DataError) as caught:
        Profile.from_bytes(bytes(data))
    assert caught.value.code == "profile.damaged"


@pytest.mark.parametrize("size", [0, 8, 15, 16, 1000])
def test_a_cut_profile_is_damage(size: int) -> None:
    with pytest.raises(DataError) as caught:
        Profile.from_bytes(SAMPLE.read_bytes()[:size])
    assert caught.value.code == "profile.damaged"


def test_a_number_column_takes_four_kilobytes_at_most() -> None:
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=20_000) * 10.0**i for i in range(90)}
    columns |= {f"i{i}": rng.integers(0, 50, 20_000) * 123_456_789_123 for i in range(10)}
    assert len(Profile.of(Table.of(columns)).to_bytes()) <= 4096 * 100


def test_dates_are_numbers() -> None:
    numbers = Profile.of(sample_table()).column("day").numbers
    assert numbers is not None
    assert numbers.frame.low is not None
    assert numbers.frame.low <= (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days


def test_tensors_are_one_summary() -> None:
    numbers = Profile.of(sample_table()).column("image").numbers
    assert numbers is not None
    assert (numbers.finite, numbers.low, numbers.all_integers) == (1800, 0, True)
    assert numbers.frame.quantiles == ()


def test_few_rows_of_tensors_have_no_bounds() -> None:
    column = Column(Type("float32", (50,)), np.arange(450, dtype=np.float32).reshape(9, 50))
    numbers = Profile.from_bytes(Profile.of(Table.of({"x": column})).to_bytes()).column("x").numbers
    assert numbers is not None
    assert numbers.frame.low is None
