"""What every twin keeps, to be run over your own adapter's too."""

from boxship._pack.twin import prove_twin
from boxship.adapters import Lowerer, Model
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.testing.adapters import contract_of, described_of
from boxship.twin.program_bytes import from_bytes, to_bytes
from boxship.twin.record import Record


def check_twin(model: Model, table: Table) -> Record:
    """Lower a loaded model, write and read its program, and hold it against the model as packing does:
    on the rows of `table`, near them, and on every edge. Gives the record of what was found."""
    assert isinstance(model, Lowerer), "the model cannot be lowered"
    contract = contract_of(described_of(model, table), table)
    program = from_bytes(to_bytes(model.lower(contract)))
    made = prove_twin(model, program, Digest("0" * 64), contract, table, version="")
    assert made.twin is not None, made.reason
    return made.twin.record
