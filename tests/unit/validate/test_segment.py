"""A segment that got worse is named, and two boxes that are equally good have none."""

import os
import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy import stats

from boxship.core.table import Table
from boxship.errors import BoxshipError
from boxship.validate.outcome import Outcome
from boxship.validate.part import Case
from boxship.validate.segment import split, splits
from boxship.validate.weak import Segment, segments

LONG = bool(os.environ.get("BOXSHIP_LONG"))
ROWS = 3000


def data(rng: np.random.Generator, rows: int = ROWS) -> dict[str, Any]:
    return {
        "region": rng.choice(["north", "west", "east", "south"], rows, p=[0.5, 0.3, 0.15, 0.05]),
        "plan": rng.choice(["a", "b", "c"], rows),
        **{f"x{place}": rng.normal(size=rows) for place in range(6)},
    }


def labels(rng: np.random.Generator, truth: Any, wrong: Any) -> Outcome:
    given = np.where(rng.random(len(truth)) < wrong, 1 - truth, truth)
    return Outcome("y", "classes", truth, given, ("no", "yes"))


def distances(rng: np.random.Generator, truth: Any, spread: Any) -> Outcome:
    return Outcome("y", "numbers", truth, truth + spread * rng.standard_t(5, len(truth)))


def compared(columns: dict[str, Any], one: Outcome, other: Outcome | None) -> list[Segment]:
    table = Table.of(columns)
    parts, _ = splits(table, table.names, (), ())
    return segments([Case(one, parts, other)])


def named(seed: int, kind: str, fault: str = "") -> list[str]:
    """The segments that are told as worse, of two boxes equally good but for a fault in the first."""
    rng = np.random.default_rng(seed)
    columns = data(rng)
    bad = {"region": columns["region"] == "south", "x2": columns["x2"] > 1.645, "": np.zeros(ROWS, bool)}[
        fault
    ]
    if kind == "labels":
        truth = rng.integers(0, 2, ROWS)
        one, other = labels(rng, truth, np.where(bad, 0.4, 0.1)), labels(rng, truth, 0.1)
    else:
        truth = rng.normal(size=ROWS)
        one, other = distances(rng, truth, np.where(bad, 2.5, 1)), distances(rng, truth, 1)
    return [found.segment for found in compared(columns, one, other) if found.finding == "worse"]


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_two_equally_good_boxes_have_no_worse_segment(kind: str) -> None:
    runs = 1000 if LONG else 100
    alarms = sum(bool(named(seed, kind)) for seed in range(runs))
    assert alarms <= 0.05 * runs


@pytest.mark.parametrize("kind", ["labels", "numbers"])
@pytest.mark.parametrize("fault", ["region", "x2"])
def test_a_fault_in_a_twentieth_of_the_rows_is_named_first(kind: str, fault: str) -> None:
    runs = 200 if LONG else 20
    found = [(named(seed, kind, fault) or ["none"])[0] for seed in range(runs)]
    assert sum(fault in one for one in found) >= 0.95 * runs, found


def test_a_fault_in_every_row_is_found_in_all_large_segments() -> None:
    rng = np.random.default_rng(0)
    columns, truth = data(rng), rng.integers(0, 2, ROWS)
    found = compared(columns, labels(rng, truth, 0.4), labels(rng, truth, 0.1))
    assert {"region=north", "plan=a"} <= {one.segment for one in found if one.finding == "worse"}
    assert {one.by_rows_of for one in found if one.finding == "worse"} == {"*"}


def many(paired: bool, *, faults: tuple[str, ...]) -> list[Segment]:
    """A box that is often wrong in some regions, of which every other column has a part."""
    rng = np.random.default_rng(1)
    rows = 6000
    regions = rng.choice(["north", "west", "east", "south"], rows)
    columns = {"plan": rng.choice(["a", "b"], rows), "region": regions, "near": np.array(regions)}
    columns["near"][rng.random(rows) < 0.02] = "none"  # the same rows but for a fiftieth
    truth = rng.integers(0, 2, rows)
    one = labels(rng, truth, np.where(np.isin(regions, faults), 0.4, 0.1))
    return compared(columns, one, labels(rng, truth, 0.1) if paired else None)


@pytest.mark.parametrize("paired", [True, False])
def test_one_cause_is_told_once(paired: bool) -> None:
    found = [one for one in many(paired, faults=("south",)) if one.finding == "worse"]
    assert (found[0].segment, found[0].by_rows_of) == ("region=south", "")
    assert {one.by_rows_of for one in found[1:]} == {"region=south"}
    assert {"near=south"} | ({"plan=a", "plan=b"} if paired else set()) <= {one.segment for one in found[1:]}


def test_two_causes_are_told_both_the_larger_first() -> None:
    found = [one for one in many(paired=True, faults=("south", "east")) if one.finding == "worse"]
    first = [one.segment for one in found if not one.by_rows_of]
    assert {one.split("=")[1] for one in first} == {"south", "east"}
    assert first == [one.segment for one in found[:2]]


def test_a_segment_that_is_better_is_told_as_such_and_comes_last() -> None:
    rng = np.random.default_rng(0)
    columns, truth = data(rng), rng.integers(0, 2, ROWS)
    bad = columns["region"] == "west"
    found = compared(columns, labels(rng, truth, 0.1), labels(rng, truth, np.where(bad, 0.4, 0.1)))
    assert "worse" not in [one.finding for one in found]
    assert found[-1].finding == "better"
    assert next(one.segment for one in found if one.finding == "better") == "region=west"


def test_a_box_alone_is_held_against_its_other_rows() -> None:
    rng = np.random.default_rng(0)
    columns, truth = data(rng), rng.integers(0, 2, ROWS)
    wrong = np.where(columns["region"] == "south", 0.4, 0.1)
    first = compared(columns, labels(rng, truth, wrong), None)[0]
    assert (first.segment, first.finding) == ("region=south", "worse")
    assert first.metrics["accuracy"].value < 0.75
    assert (first.other or 0) > 0.85


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_a_box_alone_that_is_as_good_everywhere_has_no_worse_segment(kind: str) -> None:
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        columns, truth = data(rng), rng.integers(0, 2, ROWS)
        one = labels(rng, truth, 0.1) if kind == "labels" else distances(rng, truth.astype(float), 1)
        alarms += any(found.finding == "worse" for found in compared(columns, one, None))
    assert alarms <= 3


def test_segments_of_fewer_than_ten_rows_are_not_told() -> None:
    rng = np.random.default_rng(0)
    columns = {"town": np.array(["Rome"] * 100 + ["Ulm"] * 9 + ["Pisa"] * 10)}
    found = compared(columns, labels(rng, rng.integers(0, 2, 119), 0.1), None)
    assert {one.segment for one in found} == {"town=Rome", "town=Pisa"}
    assert [one.chance for one in found if one.segment == "town=Pisa"] == [None]


def test_no_end_of_a_range_is_the_value_of_a_row() -> None:
    values = np.random.default_rng(0).normal(1234.5678, 100, 5000)
    found = split("fee", Table.of({"fee": values}).column("fee"))
    assert found is not None
    ends = [float(word) for label in found.labels for word in label.split() if word[0].isdigit()]
    assert set(ends) & set(values.tolist()) == set()
    assert all(end == round(end, -1) for end in ends)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([True, False] * 20, {"x=true", "x=false"}),
        ([1, 2] * 20, {"x=1", "x=2"}),
        (["a", None] * 20, {"x=a", "x is null"}),
        (np.array(["2024-01-03", "2024-02-04"] * 20, "M8[D]"), {"x=2024-01", "x=2024-02"}),
        (np.array(["2014-01-03", "2024-02-04"] * 20, "M8[D]"), {"x=2014", "x=2024"}),
        ([7.5] * 40, set()),
        ([1e308, -1e308] * 20, {"x < -1e+308", "-1e+308 <= x < 1e+308", "x >= 1e+308"}),
        ([1.79e308, -1.79e308] * 20, {"x < -1.7e+308", "-1.7e+308 <= x < 1.7e+308", "x >= 1.7e+308"}),
        ([5e-324, 0.0] * 20, set()),
        (["a" * 201, "b", "c"] * 20, {"x=b", "x=c"}),
        ([None] * 40, set()),
    ],
)
def test_how_columns_are_cut(values: Any, labels: set[str]) -> None:
    found = split("x", Table.of({"x": values}).column("x"))
    assert set(found.labels if found else ()) == labels


def test_a_sensitive_field_makes_no_segments() -> None:
    table = Table.of({"age": np.arange(100.0), "fee": np.arange(100.0)})
    found, _ = splits(table, ("age", "fee"), (), {"age"})
    assert [one.column for one in found] == ["fee"]
    with pytest.raises(BoxshipError) as caught:
        splits(table, ("age", "fee"), ("age",), {"age"})
    assert caught.value.code == "check.sensitive_segment"


def test_segments_are_bounded_in_number() -> None:
    table = Table.of({f"x{place}": np.random.default_rng(place).normal(size=4000) for place in range(60)})
    found, notes = splits(table, table.names, (), ())
    assert sum(len(one.labels) for one in found) <= 400
    assert notes == ["27 columns were not looked at for segments: name those you mean with --segment"]


def test_what_was_asked_for_and_left_out_is_told() -> None:
    table = Table.of({"same": [1.5] * 60, "town": [f"town {place}" for place in range(30)] * 2})
    found, notes = splits(table, (), ("same", "town"), ())
    assert [one.column for one in found] == ["town"]
    assert ["'same' makes no segments" in notes[0], "'town' has 10 values more" in notes[1]] == [True, True]


def test_a_long_text_costs_no_memory_in_other_rows() -> None:
    texts = np.array(["a", "b"] * 20_000 + ["x" * 1_000_000], object)
    column = Table.of({"x": texts}).column("x")
    tracemalloc.start()
    try:
        found = split("x", column)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found is not None, most < 20e6) == (True, True)


@pytest.mark.parametrize("here", [12, 30, 400])
def test_a_distance_is_tested_as_scipy_tests_it(here: int) -> None:
    rng = np.random.default_rng(here)
    inside = np.arange(1000) < here
    truth = rng.normal(size=1000)
    error = rng.normal(size=1000) * np.where(inside, 4, 1)
    found = compared(
        {"x": np.where(inside, "in", "out")}, Outcome("y", "numbers", truth, truth + error), None
    )
    one = next(part for part in found if part.segment == "x=in")
    wanted = stats.ttest_ind(abs(error[inside]), abs(error[~inside]), equal_var=False)
    interval = wanted.confidence_interval(0.95)
    assert one.delta is not None
    assert (one.delta.low, one.delta.high) == pytest.approx((interval.low, interval.high), rel=1e-3)
    if here >= 30:
        assert one.chance == pytest.approx(min(1, 2 * wanted.pvalue), rel=0.01)


def test_several_outputs_are_one_family() -> None:
    """With the chance of one output alone, some segment of twenty outputs would be named in most runs."""
    alarms = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        table = Table.of({f"x{place}": rng.normal(size=1000) for place in range(4)})
        parts, _ = splits(table, table.names, (), ())
        truth = rng.normal(size=1000)
        cases = [Case(distances(rng, truth, 1), parts, distances(rng, truth, 1)) for _ in range(20)]
        alarms += any(one.finding for one in segments(cases))
    assert alarms <= 4
