"""What every twin keeps, to be run over your own adapter's too."""

from boxship._pack.learn import learn_contract, typed_inputs
from boxship._pack.twin import ROWS, SEED, prove_twin
from boxship._pack.wishes import Wishes
from boxship.adapters import Lowerer, Model
from boxship.core.digest import Digest
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.testing.adapters import described_of
from boxship.twin.program_bytes import from_bytes, to_bytes
from boxship.twin.record import Record


def check_twin(model: Model, table: Table, *, rows: int = ROWS, seed: int = SEED) -> Record:
    """Lower a loaded model, write and read its program, and hold it against the model as packing does:
    on rows of `table`, near them, and on edges, at most `rows` of each. Gives the record of what was found."""
    assert isinstance(model, Lowerer), "the model cannot be lowered"
    described = described_of(model, table)
    typed = typed_inputs(described, table, Wishes())
    contract = learn_contract(described, typed, Profile.of(typed), Wishes())
    program = from_bytes(to_bytes(model.lower(contract)))
    made = prove_twin(model, program, Digest("0" * 64), contract, typed, version="", rows=rows, seed=seed)
    assert made.twin is not None, made.reason
    return made.twin.record
