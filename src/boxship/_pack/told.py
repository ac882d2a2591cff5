"""What is worth saying of a box that is proven all the same."""

from collections import defaultdict

from boxship._pack.prove import Proof
from boxship.core.verdict import WORDS, Answers, Rows

_MANY = 0.05  # of the training rows: more are not the odd one out


def told_of_golden(proof: Proof) -> tuple[str, ...]:
    """Rows that are not answered prove that much less, and hardly any row is of a kind never seen."""
    counts, rows = proof.trial.verdicts, len(proof.codes)
    notes = []
    if rejected := counts["rejected"]:
        notes.append(f"{rejected} of the {rows} golden rows are rejected; --golden FILE takes better ones")
    if 2 * (flagged := counts["flagged"]) > rows:
        notes.append(f"{flagged} of the {rows} golden rows are flagged: is the contract that of this model?")
    return tuple(notes)


def told_of_sample(answers: Answers, positions: Rows) -> tuple[str, ...]:
    """Training rows that the model cannot answer, or that many times violate what the contract says.

    `positions`: where the rows stand in the data.
    """
    found: dict[tuple[str, str | None, bool], list[int]] = defaultdict(list)
    for fault in answers.verdicts.faults:
        found[fault.code, fault.field, fault.rejects] += fault.rows.tolist()
    notes = []
    for (code, field, rejects), rows in found.items():
        count, first = len(set(rows)), positions[min(rows)]
        of = f"{count:,} of {len(answers):,} training rows"
        if code == "model.raised":
            notes.append(f"the model rejects {of} (row {first} first)")
        elif count > _MANY * len(answers):
            where = f" of field {field!r}" if field else ""
            notes.append(f"{of} are {WORDS[1 + rejects]}: {code}{where} (row {first} first)")
    return tuple(notes)
