"""The box that the same inputs gave before, if it is whole and would be the same now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from boxship._pack.attest import attestation
from boxship._pack.inputs import Inputs
from boxship._pack.memo import Memo, Remembered
from boxship._pack.prove import Proof
from boxship._pack.stage import Surroundings, find_needs, modules_beside
from boxship.box import ATTACHMENTS, open_box
from boxship.core.attestation import Attestation
from boxship.core.digest import Digest
from boxship.errors import BoxshipError
from boxship.onnx.proven import OnnxTwin
from boxship.runner.trust import recorded_trust
from boxship.twin.record import Record, Twin


class Label(NamedTuple):
    """What is said of the box beside it; no part of it."""

    name: str
    version: str | None
    links: Mapping[str, str]


@dataclass(frozen=True)
class Boxed:
    """A box in the store, proven, before it has its name."""

    digest: Digest
    folder: Path
    known: bool
    proof: Proof
    notes: tuple[str, ...]
    modules: tuple[str, ...]
    twin: Record | None
    has_onnx: bool = False
    no_twin: str = ""  # why it has none, where it was tried
    no_twin_yet: bool = False  # and that may change
    memo: Memo | None = None  # where it is still to be remembered
    told_once: tuple[str, ...] = ()  # of this packing, and not of the box
    attestation: Attestation | None = None  # that is still to be laid beside it


def find_known(remembered: Remembered, inputs: Inputs, around: Surroundings, label: Label) -> Boxed | None:
    """The box of the same inputs, if it is whole and its lock and code would be the same now."""
    try:
        box = open_box(around.store.folder(Digest.parse(remembered.box)))
        proofs, hashes, attested = (box.attachments(kind) for kind in ATTACHMENTS)
        linked = [Attestation.from_bytes(one).links.items() for one in attested]
        needs = find_needs(remembered.modules, inputs, around.environment)
        beside = modules_beside(box.manifest.adapter, around.environment)
        files = [OnnxTwin.of_file(data) for data in box.attachments("onnx")]
        records = [one.record for one in files if one.answers]
        records += [Twin.from_bytes(data).record for data in box.attachments("twin")]
        proven = [Proof.from_bytes(data) for data in proofs]
    except BoxshipError:
        return None  # it is made again, and says then what is wrong
    here = {f"code/{path}": Digest.of_file(file).hex for path, file in needs.code.items()}
    there = {file.path: file.sha256 for file in box.manifest.under("code")}
    same = here == there and set(beside) <= set(remembered.modules)
    if not same or needs.taken.lock != box.lock or not inputs.is_model_of(box.manifest):
        return None
    trusted = recorded_trust(around.settings.home, box.digest)
    if trusted is None:
        return None
    if not proven or not hashes or not around.store.shares(box.manifest):
        return None
    made = Boxed(
        box.digest,
        box.folder,
        known=True,
        proof=proven[-1],
        notes=remembered.notes,
        modules=remembered.modules,
        twin=records[-1] if records else None,
        has_onnx=bool(files),
        no_twin=remembered.no_twin,
    )
    if any(label.links.items() <= links for links in linked):
        return made
    notes = needs.taken.notes
    return replace(made, attestation=attestation(box.digest, trusted=trusted, links=label.links, notes=notes))
