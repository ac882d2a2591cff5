"""What a worker does before it takes requests: the golden rows, held against their proof."""

from boxship._pack.prove import Proof, compare
from boxship._serve.pace import Pace, measure
from boxship.box import Box
from boxship.runner.local import Runner


def hold_against_proof(box: Box, runner: Runner) -> Pace:
    """Raises `BoxError` where the answers here are not the proven ones; tells how long the model takes."""
    golden = box.golden
    answers = runner.predict(golden)
    for proof in box.attachments("proof"):
        compare(Proof.from_bytes(proof), answers.verdicts.codes().tolist(), answers.table, box.contract)
    return measure(lambda rows: runner.predict(golden.between(0, rows)), max(len(golden), 2))
