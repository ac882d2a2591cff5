import datetime as dt
from typing import Any

import numpy as np
import pytest

from boxship.codecs.explain import explain_rows
from boxship.core.check import Checker
from boxship.core.column import category_of, from_values
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.testing.models import number_contract


def contract_of(field: Field, **policies: Any) -> Contract:
    return Contract((field,), (Output("prediction", "float64"),), Policies(**policies))


def checked(
    field: Field, values: Any, **policies: Any
) -> tuple[list[int], list[tuple[str, object]], list[object]]:
    table = Table.of({field.name: values}, {field.name: field.typed})
    decoded = Checker(contract_of(field, **policies)).check(table)
    found = [(fault.code, got) for fault in decoded.verdicts.faults for got in fault.got]
    return decoded.verdicts.codes().tolist(), found, decoded.table.column(field.name).to_list()


AGE = Field("age", "float64", range=(17, 96))


def test_good_rows_pass_untouched() -> None:
    table = Table.of({"age": [20.0, 96.0]})
    decoded = Checker(contract_of(AGE)).check(table)
    assert decoded.table is table
    assert decoded.verdicts.all_ok


@pytest.mark.parametrize(
    ("policy", "codes", "after"),
    [
        ("flag", [0, 1], [20, 312]),
        ("reject", [0, 2], [20]),
        ("clip", [0, 1], [20, 96]),
        ("impute", [0, 1], [20, 40]),
        ("allow", [0, 0], [20, 312]),
    ],
)
def test_out_of_range_by_policy(policy: str, codes: list[int], after: list[object]) -> None:
    field = Field("age", "float64", range=(17, 96), default=40)
    got = checked(field, [20.0, 312.0], out_of_range=policy)
    assert (got[0], got[2]) == (codes, after)


def test_the_fault_says_what_was_got_and_expected() -> None:
    decoded = Checker(contract_of(AGE)).check(Table.of({"age": [312.0]}))
    reason = decoded.verdicts.reasons()[0][0]
    assert (reason.field, reason.code, reason.got, reason.expected) == (
        "age",
        "contract.out_of_range",
        312,
        "17..96",
    )


def test_nothing_of_a_sensitive_value_is_said() -> None:
    field = Field("age", "float64", range=(17, 96), sensitive=True)
    assert checked(field, [312.0])[1] == [("contract.out_of_range", None)]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_rejected_unless_trained_with(value: float) -> None:
    assert checked(AGE, [value])[0] == [2]
    assert checked(Field("age", "float64", infinite=True), [value])[0] == [0]


def test_null_where_it_is_not_allowed() -> None:
    assert checked(AGE, [None, 20.0])[0] == [2, 0]
    assert checked(Field("age", "float64", nullable=True), [None])[0] == [0]
    assert checked(Field("age", "int64", default=3), [None, 1], null="impute")[2] == [3, 1]


@pytest.mark.parametrize(("policy", "verdict"), [("reject", 2), ("flag", 1), ("impute", 1)])
@pytest.mark.parametrize("kind", ["float64", "int64", "text"])
def test_a_policy_of_its_own_for_null_counts_where_null_is_allowed_too(
    kind: str, policy: Any, verdict: int
) -> None:
    field = Field("a", kind, nullable=True, default="1" if kind == "text" else 1, policies={"null": policy})
    value = "5" if kind == "text" else 5
    assert checked(field, [value, None])[:2] == ([0, verdict], [("contract.null", None)])


def test_unseen_categories() -> None:
    field = Field("city", "category", categories=("Oslo", "Rome"))
    assert checked(field, category_of(["Rome", "Bern"]))[:2] == (
        [0, 1],
        [("contract.unseen_category", "Bern")],
    )
    assert checked(Field("n", "int64", categories=(1, 2)), [1, 3])[0] == [0, 1]


@pytest.mark.parametrize("values", [[1, 2, 3], [1], [3]])
@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_a_range_and_categories_are_two_checks(values: list[int], kind: str) -> None:
    field = Field("n", kind, categories=(1, 2, 3, 40), range=(0, 10))
    assert checked(field, values, out_of_range="clip") == ([0] * len(values), [], values)
    assert checked(field, [*values, 40, 5])[1] == [
        ("contract.out_of_range", 40),
        ("contract.unseen_category", 5),
    ]


@pytest.mark.parametrize(
    ("kind", "categories", "seen", "unseen"),
    [
        ("float32", (0.1,), np.float32(0.1), np.float32(5)),
        ("float32", (0.1, 1e300), np.float32(0.1), np.float32(5)),
        ("int64", (1.0, 2.0**53), 2**53, 2**53 + 1),
        ("uint64", (1, 2**64 - 1), 2**64 - 1, 2**64 - 2),
        ("bool", (1,), True, False),
        ("date", ("2024-02-29",), dt.date(2024, 2, 29), dt.date(2024, 3, 1)),
        (
            "datetime",
            ("2024-02-29T12:00:00+02:00",),
            dt.datetime(2024, 2, 29, 10),
            dt.datetime(2024, 2, 29, 12),
        ),
        ("binary", ("eHk=",), b"xy", b"eHk="),
        ("text", ("a", "b"), "a", "c"),
    ],
)
def test_categories_of_every_type(
    kind: str, categories: tuple[Any, ...], seen: object, unseen: object
) -> None:
    field = Field("a", kind, categories=categories)
    assert checked(field, [seen])[0] == [0]
    assert checked(field, [unseen, seen, seen])[0] == [1, 0, 0]


@pytest.mark.parametrize(
    ("kind", "default", "held"),
    [
        ("binary", "eHk=", b"xy"),
        ("datetime", "2024-02-29T12:00:00+02:00", dt.datetime(2024, 2, 29, 10)),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("bool", True, True),
    ],
)
def test_a_default_is_held_as_its_field_holds_values(kind: str, default: Any, held: object) -> None:
    field = Field("a", kind, default=default)
    given = from_values([None, held], "a", field.typed)
    assert checked(field, given, null="impute")[2] == [held, held]


def test_a_narrow_float_has_bounds_that_it_can_hold() -> None:
    field = Field("x", "float32", range=(0.1, 0.3))
    assert checked(field, np.array([0.1, 0.3, 0.30000004], "float32"))[0][2] == 1


def test_dates_have_ranges() -> None:
    field = Field("day", "date", range=("2020-01-01", "2020-12-31"))
    assert checked(field, np.array(["2020-06-01", "2021-01-01"], "M8[D]"))[0] == [0, 1]


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000, 2047])
@pytest.mark.parametrize("width", [1, 3, 30, 3000])
def test_one_bad_value_is_found_wherever_it_stands(rows: int, width: int) -> None:
    names = [f"c{index}" for index in range(width)]
    checker = Checker(number_contract(*names))
    rng = np.random.default_rng(rows * width)
    row, column = int(rng.integers(rows)), int(rng.integers(width))
    for bad in (-1.0, 101.0, np.nan, np.inf):
        block = rng.uniform(0, 100, (rows, width))
        block[row, column] = bad
        decoded = checker.check(Table.from_block(number_contract(*names).schema, block))
        found = [(fault.field, fault.rows.tolist()) for fault in decoded.verdicts.faults]
        assert found == [(names[column], [row])]


def test_no_tensors_at_all_are_all_right() -> None:
    assert checked(Field("image", "float32[2]"), np.empty((0, 2), "float32"))[0] == []


def test_no_row_is_left_to_check_where_all_were_rejected_before() -> None:
    contract = contract_of(Field("a", "float64[2]"))
    decoded = explain_rows(contract, [{"a": "x"}])
    assert Checker(contract).check(decoded.table).verdicts.all_ok


def test_an_infinity_in_a_tensor_can_be_told_as_json() -> None:
    table = Table.of({"a": np.array([[1.0, np.inf]])}, {"a": Type("float64", (2,))})
    for sensitive, got in [(False, "inf"), (True, None)]:
        field = Field("a", "float64[2]", sensitive=sensitive)
        (reason,) = Checker(contract_of(field)).check(table).verdicts.reasons()[0]
        assert reason.got == got


def test_tensors_with_holes_are_rejected() -> None:
    field = Field("image", "float32[2]")
    values = np.array([[1, 2], [np.nan, 1]], "float32")
    assert checked(field, values)[0] == [0, 2]


@pytest.mark.parametrize("kind", ["text", "category"])
def test_half_a_character_is_rejected_alone(kind: str) -> None:
    codes, found, left = checked(Field("a", kind), ["x", "\ud800", "é"])
    assert (codes, left) == ([0, 2, 0], ["x", "é"])
    assert found == [("contract.wrong_type", "half of a character")]


def test_the_ends_of_a_range_may_tell_a_zone() -> None:
    field = Field("when", "datetime", range=("2024-03-01T00:00:00Z", "2024-03-01T02:00:00+01:00"))
    values = [dt.datetime(2024, 3, 1, hour) for hour in (0, 1, 2)]
    assert checked(field, values)[0] == [0, 0, 1]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_a_narrow_float_is_told_as_it_was_sent(kind: str) -> None:
    _, found, _ = checked(Field("age", kind, range=(17, 96)), np.array([0.1], kind))
    assert found == [("contract.out_of_range", 0.1)]


def test_what_a_narrow_float_cannot_hold_is_told_so() -> None:
    decoded = explain_rows(contract_of(Field("fee", "float32")), [{"fee": 1e300}])
    after = Checker(contract_of(Field("fee", "float32"))).check(decoded.table)
    fault = after.verdicts.faults[0]
    assert (fault.code, fault.expected) == (
        "contract.infinite",
        "a finite number of at most 3.4e+38, as float32 holds",
    )
