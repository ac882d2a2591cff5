"""The scores behind labels, shown so that a model and its twin can be compared by them."""

from collections.abc import Sequence

import numpy as np

from boxship.adapters import Described, Given, Model
from boxship.core.contract import Contract, Output
from boxship.core.table import Table

_TWO = 2


def scored(contract: Contract) -> frozenset[str]:
    """The outputs that answer with labels alone, of which the model gives scores."""
    return frozenset(one.name for one in contract.outputs if one.scores and not one.probabilities)


class Shown:
    """A `Model` that gives a score for each class also where it gives one number for two: 0, and that number."""

    def __init__(self, model: Model, contract: Contract) -> None:
        self._model = model
        self._outputs = contract.outputs
        self._scored = scored(contract)

    def describe(self) -> Described:
        return self._model.describe()

    def predict(self, table: Table) -> Sequence[Given]:
        given = self._model.predict(table)
        if len(given) != len(self._outputs):
            return given
        return [self._shown(one, output) for one, output in zip(given, self._outputs, strict=True)]

    def _shown(self, given: Given, output: Output) -> Given:
        score = given.values
        if output.name not in self._scored or score.ndim > 1 or len(output.classes or ()) != _TWO:
            return given
        return Given(np.stack([np.zeros_like(score), score], axis=1), None)
