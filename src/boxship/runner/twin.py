"""A model asked by its twin: no framework, no room."""

from collections.abc import Sequence

import numpy as np

from boxship.adapters import Described, Given
from boxship.core.table import Table
from boxship.twin.program import Program
from boxship.twin.shorten import shortened


class TwinModel:
    """A `Model` that runs a program. A row that the model itself would not take raises, as there."""

    forks = True

    def __init__(self, program: Program) -> None:
        self._run = shortened(program).bound(Given)
        self._most = program.most_rows

    def describe(self) -> Described:  # the runner does not ask
        raise AssertionError("a twin has a contract already")

    def predict(self, table: Table) -> Sequence[Given]:
        most = self._most
        if table.length <= most:
            return self._run(table)
        parts = [self._run(table.between(row, row + most)) for row in range(0, table.length, most)]
        return [_joined(given) for given in zip(*parts, strict=True)]


def _joined(parts: Sequence[Given]) -> Given:
    values, shares = zip(*parts, strict=True)
    return Given(np.concatenate(values), None if shares[0] is None else np.concatenate(shares))
