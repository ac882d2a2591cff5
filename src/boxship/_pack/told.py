"""What is worth saying of a box that is proven all the same."""

from collections import defaultdict

import numpy as np

from boxship._pack.prove import Proof
from boxship.core.null_behind import null_behind
from boxship.core.table import Table
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


def told_of_sample(sample: Table, answers: Answers, positions: Rows) -> tuple[str, ...]:
    """Training rows that the model cannot answer, or that many times violate what the contract says.

    `positions`: where the rows of the sample stand in the data.
    """
    found: dict[tuple[str, str | None, bool], list[int]] = defaultdict(list)
    for fault in answers.verdicts.faults:
        found[fault.code, fault.field, fault.rejects] += fault.rows.tolist()
    notes = []
    for (code, field, rejects), rows in found.items():
        count, first = len(set(rows)), positions[min(rows)]
        of = f"{count:,} of {len(answers):,} training rows"
        if code == "model.raised":
            cause = _null_cause(null_behind(sample, np.array(sorted(set(rows)), np.intp)))
            notes.append(f"the model rejects {of} (row {first} first){cause}")
        elif count > _MANY * len(answers):
            where = f" of field {field!r}" if field else ""
            notes.append(f"{of} are {WORDS[1 + rejects]}: {code}{where} (row {first} first)")
    return tuple(notes)


def _null_cause(name: str | None) -> str:
    return (
        ""
        if name is None
        else (
            f": those in which {name!r} is null; in the contract file [fields.{name}] nullable = false rejects them by "
            'that name, a default and policies = {null = "impute"} fill them'
        )
    )
