"""Models that need no framework."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from boxship.adapters import Described, DescribedOutput, Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table


@dataclass
class FakeModel:
    """Answers with the sum of each row; `spoil` may raise, or change what is given."""

    spoil: Callable[[Table, Sequence[Given]], Sequence[Given]] = lambda _, given: given
    calls: list[int] = field(default_factory=list)

    def describe(self) -> Described:
        return Described("regressor", "FakeModel", None, None, (DescribedOutput("prediction", "float64"),))

    def predict(self, table: Table) -> Sequence[Given]:
        self.calls.append(table.length)
        return self.spoil(table, [Given(np.nansum(table.block(table.names), axis=1), None)])


def number_contract(*names: str, low: float = 0, high: float = 100) -> Contract:
    """Float inputs with one range, one float output."""
    fields = tuple(Field(name, "float64", range=(low, high)) for name in names)
    return Contract(fields, (Output("prediction", "float64"),))
