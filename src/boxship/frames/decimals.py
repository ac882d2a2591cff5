"""Decimal numbers, which a table holds as float64 where that is exact."""

from collections.abc import Iterable
from decimal import Decimal

from boxship.core.column import Column, from_values
from boxship.core.type import Type
from boxship.errors import DataError


def column_of_decimals(items: Iterable[object], name: str) -> Column:
    """A float64 column; `data.not_exact` names the first value whose shortest float is another number."""
    values = [None if item is None else _exact(item, row, name) for row, item in enumerate(items)]
    return from_values(values, name, Type("float64"))


def _exact(item: object, row: int, name: str) -> float:
    decimal = item if isinstance(item, Decimal) else Decimal(str(item))
    value = float(decimal)
    if decimal.is_finite() and Decimal(repr(value)) != decimal:
        raise DataError(
            "data.not_exact",
            f"column {name!r} row {row} is a decimal that float64 cannot tell from its neighbours",
            "cast the column to float, or to text",
        )
    return value
