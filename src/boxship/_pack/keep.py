"""Boxes in the store: made visible, with what lies beside them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from boxship._pack.known import Boxed
from boxship._pack.prove import Proof, compare
from boxship._pack.twins import TWINS
from boxship.box import open_box
from boxship.core.contract import Contract
from boxship.stores import LocalStore
from boxship.stores.folder import Staged


def lay_down(
    staged: Staged, proof: Proof, attachments: Mapping[str, bytes], contract: Contract, store: LocalStore
) -> tuple[Path, bool]:
    """Make the box visible; where it is known already, keep its frozen hashes and its proofs, and no twin
    but the one that was proven now."""
    there = store.mended(staged)
    if there is None:
        return store.add(staged, attachments), False
    box = open_box(there)
    earlier = [Proof.from_bytes(data) for data in box.attachments("proof")]
    for old in earlier:
        compare(old, proof.codes, proof.answer_table(), contract)
    kept = {"proof"} if proof.machine_class in {old.machine_class for old in earlier} else set()
    kept |= {"hashes"} if box.attachments("hashes") else set()
    for kind in TWINS:
        store.detach(there, kind)
    return store.add(staged, {kind: attachments[kind] for kind in attachments.keys() - kept}), True


def without_twin(known: Boxed, store: LocalStore) -> Boxed:
    """The framework answers from now on, whatever the box is called elsewhere."""
    if known.twin is None:
        return replace(known, no_twin="")
    for kind in TWINS:
        store.detach(known.folder, kind)
    note = (
        "its twin is taken away, for every name that the box has; pack it without --no-twin to make it again"
    )
    return replace(known, twin=None, notes=(*known.notes, note))
