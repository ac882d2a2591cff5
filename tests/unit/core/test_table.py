import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from boxship.core.column import category_of, column_of, from_values
from boxship.core.table import Schema, Table, concat
from boxship.core.type import Type
from boxship.errors import DataError, UsageError


def everything() -> Table:
    return Table.of(
        {
            "whole": [1, 2, None],
            "share": [1.5, None, 3],
            "text": ["x", None, "ü"],
            "day": [dt.date(2020, 1, 1), None, dt.date(2021, 2, 3)],
            "image": np.zeros((3, 2, 2), "float32"),
            "nested": [{"a": 1}, None, {"b": [1]}],
            "big": [2**60 + 1, 2, 3],
            "yes": [True, False, None],
            "raw": [b"a", b"", None],
            "kind": category_of(["a", None, "b"]),
        }
    )


def test_types_are_inferred() -> None:
    kinds = [str(type_) for type_ in everything().schema.types]
    assert kinds == [
        "int64",
        "float64",
        "text",
        "date",
        "float32[2,2]",
        "record",
        "int64",
        "bool",
        "binary",
        "category",
    ]


def test_columns_of_one_dtype_share_a_block() -> None:
    table = Table.of({"a": [1.0, 2.0], "t": ["x", "y"], "b": [3.0, 4.0]})
    assert [group.members for group in table.schema.groups] == [(0, 2), (1,)]
    assert table.column("a").values.base is table.column("b").values.base


def test_a_block_of_all_columns_is_not_copied() -> None:
    block = np.arange(6.0).reshape(2, 3)
    table = Table.from_block(Schema((name, Type("float64")) for name in "abc"), block)
    assert table.block(("a", "b", "c")) is block


def test_columns_that_are_views_of_one_block_are_not_copied() -> None:
    block = np.arange(6.0).reshape(2, 3)
    table = Table.of({name: block[:, index] for index, name in enumerate("abc")})
    assert np.shares_memory(table.parts[0], block)


def test_integers_beyond_floats_stay_exact() -> None:
    assert everything().column("big").to_list() == [2**60 + 1, 2, 3]


def test_nulls_come_back_as_none() -> None:
    assert everything().to_rows()[1] == {
        "whole": 2,
        "share": None,
        "text": None,
        "day": None,
        "image": [[0.0, 0.0], [0.0, 0.0]],
        "nested": None,
        "big": 2,
        "yes": False,
        "raw": b"",
        "kind": None,
    }


def test_a_null_integer_is_nan_in_a_block_of_floats() -> None:
    block = everything().block(("whole", "share"))
    assert np.isnan(block[2, 0])
    assert np.isnan(block[1, 1])


@pytest.mark.parametrize("rows", [[2, 0], np.array([True, False, True]), []])
def test_take_and_concat_undo_each_other(rows: object) -> None:
    table = everything()
    assert concat([table.between(0, 1), table.between(1, 3)]) == table
    assert table.take(rows).length == len(np.arange(3)[np.asarray(rows, bool if len(rows) == 3 else int)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"a": [1, "x"]}, "data.mixed_types"),
        ({"a": [2**53 + 1, 0.5]}, "data.mixed_types"),
        ({"a": [True, 1]}, "data.mixed_types"),
        ({"a": [object()]}, "data.unknown_value"),
        ({"a": [2**70]}, "data.not_integer"),
        ({"a": [1], "b": [1, 2]}, "data.lengths_differ"),
        ({" ": [1]}, "data.empty_name"),
        ({"a": np.zeros(2, complex)}, "data.unknown_dtype"),
    ],
)
def test_bad_columns_are_refused(columns: dict[str, object], code: str) -> None:
    with pytest.raises(DataError) as caught:
        Table.of(columns)  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("make", "row"),
    [
        (lambda: Table.of({"a": [1, 2**53 + 3, 0.5]}), "row 1"),
        (lambda: Table.of({"a": [7, 2**70]}), "row 1"),
        (lambda: from_values([1, "secret"], "a", Type("int64")), "row 1"),
        (lambda: column_of(np.array([1.0, 987.654]), "a", Type("int64")), "row 1"),
    ],
)
def test_a_bad_cell_is_named_by_its_place_and_not_quoted(make: Callable[[], object], row: str) -> None:
    with pytest.raises(DataError) as caught:
        make()
    text = caught.value.message
    assert "column 'a'" in text
    assert row in text
    assert not any(value in text for value in ("secret", "987", str(2**70), str(2**53 + 3)))
    assert caught.value.hint


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="two columns are named 'a'"):
        Schema([("a", Type("bool")), ("a", Type("bool"))])


@pytest.mark.parametrize("text", ["float", "float64[", "text[3]", "int64[-1]", ""])
def test_unknown_types_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Type.parse(text)
    assert caught.value.code == "type.unknown"


def test_ten_thousand_columns() -> None:
    table = Table.of({f"c{index}": [float(index)] for index in range(10_000)})
    assert table.column("c9999").to_list() == [9999.0]


def test_categories_with_other_levels_join() -> None:
    one, two = Table.of({"k": category_of(["a"])}), Table.of({"k": category_of(["b", None])})
    assert concat([one, two]).column("k").to_list() == ["a", "b", None]


def test_the_columns_that_hold_nulls_are_named() -> None:
    columns: dict[str, list[object]] = {
        "whole": [1.0, float("inf")],
        "hole": [1.0, None],
        "count": [1, None],
        "day": [dt.date(2024, 2, 29), None],
        "word": ["a", None],
        "full": ["a", "b"],
    }
    assert Table.of(columns).null_names() == ["hole", "count", "day", "word"]
    assert Table.of({"whole": [1.0]}).between(0, 0).null_names() == []
