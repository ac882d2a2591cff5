"""An ONNX file that was written from a twin, asked with rows as a contract has them."""

from collections.abc import Sequence

from boxship.adapters import Described, Given, Model
from boxship.core.column import column_of
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.onnx.feed import fed


class Decided:
    """A `Model` that gives what the contract has decided already: the file holds thresholds and calibration."""

    def __init__(self, file: Model, contract: Contract) -> None:
        self._file = file
        self._contract = contract

    def describe(self) -> Described:
        return self._file.describe()

    def predict(self, table: Table) -> Sequence[Given]:
        rows = fed(self._contract, table)
        columns = {name: column_of(one if one.shape[1:] != (1,) else one[:, 0]) for name, one in rows.items()}
        given = iter(self._file.predict(Table.from_columns(columns)))
        outputs = self._contract.outputs
        return [
            Given(next(given).values, next(given).values if one.probabilities else None) for one in outputs
        ]
