"""The desk at which a scikit-learn model is lowered: the draft, the contract, and the rows as they come."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from boxship.adapters import Level
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.twin.encode import Find
from boxship.twin.program import Draft
from boxship.twin.read import Numbers, Places
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Join, Pick, Standing

Estimator = Any  # scikit-learn ships no types


class Unread(NamedTuple):
    """Columns of the table that no step has made numbers of yet, and what fills their nulls, if anything."""

    names: tuple[str, ...]
    fills: tuple[Level | None, ...]

    @classmethod
    def of(cls, contract: Contract) -> "Unread":
        return cls(tuple(field.name for field in contract.inputs), (None,) * len(contract.inputs))


Rows = Unread | int  # or the line that holds them as a block


class Desk(NamedTuple):
    """Where a program is drafted for a contract."""

    draft: Draft
    contract: Contract

    def is_number(self, name: str) -> bool:
        type_ = self.contract.fields[name].typed
        return type_.is_number or type_.kind == "bool"

    def numbers(self, rows: Rows) -> int:
        """The line that holds them as a block."""
        if isinstance(rows, int):
            return rows
        for name in rows.names:
            if not self.is_number(name):
                raise NoTwinError(f"it takes the column {name!r}, which is no number, as it is")
        if any(fill is not None for fill in rows.fills):
            raise NoTwinError("it fills in words where numbers are due")
        return self.draft.read(Numbers(rows.names))

    def pick(self, rows: Rows, places: Sequence[int]) -> Rows:
        if isinstance(rows, int):
            return self.draft.then(Pick(tuple(places)), rows)
        return Unread(tuple(rows.names[one] for one in places), tuple(rows.fills[one] for one in places))

    def joined(self, parts: Sequence[int]) -> int:
        return parts[0] if len(parts) == 1 else self.draft.then(Join(), *parts)

    def column(self, values: int) -> int:
        """The line that holds values, one a row, as a block of one column."""
        return self.draft.then(Standing(), values)

    def places(self, rows: Rows, place: int, values: tuple[Level, ...]) -> tuple[int, Level | None]:
        """The line with the places of one column's values in a list, and what fills its nulls."""
        if isinstance(rows, int):
            if any(isinstance(one, str) for one in values):
                raise NoTwinError("it encodes words that a step before it made")
            numbers = np.array(values, np.float64)
            return self.draft.then(Find(numbers), self.draft.then(Pick((place,)), rows)), None
        return self.draft.read(Places(rows.names[place], values)), rows.fills[place]


def own_name(one: Estimator) -> str:
    """The name of scikit-learn's own classes; a subclass may do anything."""
    kind = type(one)
    if not kind.__module__.startswith("sklearn."):
        raise NoTwinError(f"{kind.__module__}.{kind.__qualname__} is not scikit-learn's")
    return kind.__name__


def double(values: Any) -> Array:
    """Fitted numbers as a whole array of doubles, which they have to be already."""
    if np.asarray(values).dtype != np.float64:
        raise NoTwinError("it was trained in single precision")
    return np.ascontiguousarray(values)
