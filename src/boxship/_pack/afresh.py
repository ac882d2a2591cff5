"""A model with code of its own, just loaded, beside the same after it was asked for other rows."""

import numpy as np

from boxship._pack.prove import Proof, ToProve, loaded
from boxship.adapters.kept_state import answers_otherwise
from boxship.core.contract import Contract
from boxship.core.table_bytes import from_bytes
from boxship.room.build import Room
from boxship.runner.equal import widest_gap
from boxship.runner.local import Runner
from boxship.settings import Settings


def check_afresh(box: ToProve, room: Room, contract: Contract, proof: Proof, settings: Settings) -> None:
    """Raise where the golden rows' first answers are not those of the proof, before which it was asked others.

    What a framework makes of its own files keeps nothing; what a user's class keeps, only its answers show.
    """
    with loaded(box, room, settings) as there:
        runner = Runner(box.manifest.digest, contract, there.model)
        answers = runner.predict(from_bytes((box.files / "golden.in").read_bytes()))
    same = np.array_equal(answers.verdicts.codes(), proof.codes)
    if not same or not widest_gap(contract.outputs, proof.answer_table(), answers.table).is_equal:
        raise answers_otherwise(box.manifest.model.path.rpartition("/")[2])
