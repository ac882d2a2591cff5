"""A row that is refused while it is read is told all that is wrong with it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from boxship.codecs.rows import read_rows
from boxship.core.answer import MOST_REASONS, answer_rows
from boxship.core.check import Checker
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.table import Table
from boxship.core.verdict import Answers, Verdicts

CONTRACT = Contract(
    (
        Field("age", "int64", range=(0, 100)),
        Field("fee", "float64", nullable=True, range=(0.0, 10.0)),
        Field("plan", "category", categories=("a", "b"), policies={"unseen_category": "reject"}),
        Field("secret", "float64", range=(0.0, 1.0), sensitive=True),
    ),
    (Output("prediction", "float64"),),
    Policies(),
)
GOOD: dict[str, Any] = {"age": 5, "fee": 1.0, "plan": "a", "secret": 0.5}
OTHERS = [("age", 500, "out_of_range"), ("fee", -1.0, "out_of_range"), ("plan", "c", "unseen_category")]


def reasons(rows: Any) -> list[set[tuple[str | None, str, Any]]]:
    decoded = read_rows(CONTRACT, rows).decoded
    checked = Checker(CONTRACT).check(decoded.table)
    at = np.arange(decoded.verdicts.length) if decoded.positions is None else decoded.positions
    faults = (*decoded.verdicts.faults, *(fault.moved(at) for fault in checked.verdicts.faults))
    found = Verdicts(decoded.verdicts.length, faults).reasons()
    return [{(one.field, one.code, one.got) for one in found.get(row, ())} for row in range(len(rows))]


@pytest.mark.parametrize(("name", "value", "code"), OTHERS)
@pytest.mark.parametrize("bad", [{"secret": None}, {"secret": "x"}, {"secret": ...}])
def test_what_is_wrong_beside_what_refuses_it_is_told(name: str, value: Any, code: str, bad: Any) -> None:
    row = {key: one for key, one in {**GOOD, name: value, **bad}.items() if one is not ...}
    alone, beside = reasons([{**GOOD, name: value}, row])
    assert alone == {(name, f"contract.{code}", value)}
    assert {one for one in beside if one[0] == name} == alone
    assert len(beside) == 2


def test_in_a_frame_as_in_rows() -> None:
    rows = [{**GOOD, "age": 500, "secret": None}, GOOD, {**GOOD, "plan": "c", "fee": None, "secret": 9.0}]
    assert reasons(pd.DataFrame(rows)) == reasons(rows)


def test_a_sensitive_value_is_not_told() -> None:
    assert ("secret", "contract.out_of_range", None) in reasons([{**GOOD, "age": None, "secret": 7.0}])[0]


@pytest.mark.parametrize("more", [-1, 0, 1, 30])
def test_reasons_that_are_not_told_are_counted(more: int) -> None:
    names = [f"x{place}" for place in range(MOST_REASONS + more)]
    contract = Contract(tuple(Field(name, "float64") for name in names), CONTRACT.outputs, Policies())
    decoded = read_rows(contract, [{}]).decoded
    answers = Answers(Table.of({"prediction": np.zeros(0)}), decoded.verdicts, decoded.positions)
    told: Any = answer_rows(contract.outputs, answers)[0]["reasons"]
    last = [{"field": None, "code": "contract.more_reasons", "got": more}] if more > 0 else []
    assert [one for one in told if one["code"] != "contract.missing"] == last
    assert len(told) == min(MOST_REASONS, len(names)) + len(last)
