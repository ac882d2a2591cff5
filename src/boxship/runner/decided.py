"""An ONNX file that was written from a twin, asked with rows as a contract has them."""

from collections.abc import Sequence

import numpy as np

from boxship.adapters import Described, Given, Model
from boxship.core.column import Column, from_values
from boxship.core.contract import Contract, Field
from boxship.core.table import Table
from boxship.core.type import MOMENTS, Type
from boxship.onnx.field import empty_is_null, kind_of


class Decided:
    """A `Model` that gives what the contract has decided already: the file holds thresholds and calibration."""

    def __init__(self, file: Model, contract: Contract) -> None:
        self._file = file
        self._fields = [field for field in contract.inputs if kind_of(field) is not None]
        self._shares = [output.probabilities for output in contract.outputs]

    def describe(self) -> Described:
        return self._file.describe()

    def predict(self, table: Table) -> Sequence[Given]:
        columns = {field.name: _said(field, table.column(field.name)) for field in self._fields}
        given = iter(self._file.predict(Table.from_columns(columns)))
        return [Given(next(given).values, next(given).values if has else None) for has in self._shares]


def _said(field: Field, column: Column) -> Column:
    """As the file has it: nulls of texts are empty, moments are integers."""
    if field.typed.kind in MOMENTS:
        return Column(Type("int64"), column.values.view(np.int64))
    if kind_of(field) == "str" and column.nulls().any():
        return from_values(["" if one is None else one for one in column.to_list()], field.name)
    return column


def can_be_said(contract: Contract, table: Table) -> Table:
    """The rows without those nulls for which the file has no word."""
    good = np.ones(table.length, bool)
    for field in contract.inputs:
        wordless = field.typed.kind in MOMENTS or (kind_of(field) == "str" and not empty_is_null(field))
        if wordless and field.nullable:
            good &= ~table.column(field.name).nulls()
    return table if good.all() else table.take(np.flatnonzero(good))
