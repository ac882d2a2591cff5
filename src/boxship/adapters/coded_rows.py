"""Rows as numbers, categories among them as their places in the lists that a model was trained on."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from boxship.adapters import Level
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.errors import DataError
from boxship.twin.program import Draft
from boxship.twin.read import Numbers, Places
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Join

Levels = Mapping[int, tuple[Level, ...]]
"""The lists, by the places of their columns."""


def coded_rows(table: Table, levels: Levels) -> Array:
    """A block of all columns; NaN where a value is null, -1 where a category is not in its list."""
    if not levels:
        return table.block(table.names, "float64")
    out = np.empty((table.length, len(table.names)))
    for place, name in enumerate(table.names):
        if place in levels:
            _check_kind(name, table.schema.type_of(name), levels[place])
            out[:, place] = Places(name, levels[place]).read(table)[:, 0]
        else:
            out[:, place] = table.block([name], "float64")[:, 0]
    return out


def _check_kind(name: str, type_: Type, levels: Sequence[Level]) -> None:
    """Texts among numbers, or numbers among texts, would be a category that the model does not know."""
    is_text = type_.kind in ("text", "category")
    if levels and all(isinstance(one, str) != is_text for one in levels):
        raise DataError(
            "data.wrong_type",
            f"column {name!r} holds {type_}, the model's categories there are {'numbers' if is_text else 'texts'}",
            "give the column as the model was trained on it",
        )


def read_coded(
    draft: Draft, contract: Contract, levels: Levels, listed: Callable[[Draft, Places], int]
) -> int:
    """The same as a line of a program; `listed` adds that of a column of categories."""
    names = [field.name for field in contract.inputs]
    plain = [field.typed.is_number or field.typed.kind == "bool" for field in contract.inputs]
    if not all(is_plain or place in levels for place, is_plain in enumerate(plain)):
        raise NoTwinError("it takes columns that are no numbers")
    if not levels:
        return draft.read(Numbers(tuple(names)))
    blocks = []
    for place, name in enumerate(names):
        is_listed = place in levels
        blocks.append(
            listed(draft, Places(name, levels[place])) if is_listed else draft.read(Numbers((name,)))
        )
    return draft.then(Join(), *blocks)
