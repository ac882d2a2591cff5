import datetime as dt

import numpy as np
import pytest

from boxship.codecs.table import fit_table
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.table import Table
from boxship.testing.models import number_contract


def test_columns_are_put_in_order() -> None:
    fitted = fit_table(number_contract("a", "b"), Table.of({"b": [2.0], "a": [1.0]}))
    assert fitted.table.block(("a", "b")).tolist() == [[1.0, 2.0]]
    assert fitted.verdicts.all_ok


@pytest.mark.parametrize(
    ("values", "type_", "held"),
    [
        ([1, 2], "float64", [1.0, 2.0]),
        ([1.0, 2.0], "int64", [1, 2]),
        (np.array([1, 2], "int8"), "int64", [1, 2]),
        (np.array([1.5], "float32"), "float64", [1.5]),
        (["x", None], "category", ["x", None]),
        ([None, 1.0], "int64", [None, 1]),
        ([dt.date(2024, 2, 29), None], "datetime", [dt.datetime(2024, 2, 29), None]),
        ([dt.datetime(2024, 2, 29)], "date", [dt.date(2024, 2, 29)]),
    ],
)
def test_the_same_values_as_another_type(values: object, type_: str, held: list[object]) -> None:
    contract = Contract((Field("a", type_, nullable=True),), (Output("prediction", "float64"),))
    fitted = fit_table(contract, Table.of({"a": values}))  # type: ignore[dict-item]
    assert fitted.table.column("a").to_list() == held
    assert fitted.verdicts.all_ok


def test_only_the_rows_that_do_not_fit_are_rejected() -> None:
    contract = Contract((Field("a", "int64"),), (Output("prediction", "float64"),))
    fitted = fit_table(contract, Table.of({"a": [1.0, 2.5]}))
    assert fitted.verdicts.codes().tolist() == [0, 2]


def test_a_missing_column_is_missing_in_every_row() -> None:
    fitted = fit_table(number_contract("a", "b"), Table.of({"a": [1.0, 2.0]}))
    assert [fault.code for fault in fitted.verdicts.faults] == ["contract.missing"]
    assert fitted.table.length == 0


@pytest.mark.parametrize(("policy", "code"), [("allow", 0), ("flag", 1), ("reject", 2)])
def test_extra_columns_by_policy(policy: str, code: int) -> None:
    contract = Contract(
        (Field("a", "float64"),),
        (Output("prediction", "float64"),),
        Policies(extra=policy),  # type: ignore[arg-type]
    )
    assert fit_table(contract, Table.of({"a": [1.0], "z": [1]})).verdicts.codes().tolist() == [code]
