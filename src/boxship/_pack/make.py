"""From a model and its training data to a proven box with a name."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Literal

import numpy as np

from boxship import argument
from boxship._pack.afresh import check_afresh
from boxship._pack.attest import attestation
from boxship._pack.data import Data
from boxship._pack.inputs import Inputs
from boxship._pack.keep import lay_down, without_twin
from boxship._pack.known import Boxed, Label, find_known
from boxship._pack.memo import Memo, Remembered
from boxship._pack.original import Expected, ask_in_room, ask_original, compare_expected
from boxship._pack.prove import Loaded, Proof, answer_sample, loaded, profile_answers, prove
from boxship._pack.source import find_entry, find_model, read_source
from boxship._pack.stage import (
    Learnt,
    Surroundings,
    check_versions,
    find_needs,
    lay_model,
    modules_of,
    stage,
)
from boxship._pack.told import told_of_golden, told_of_sample
from boxship._pack.twins import TwinWish, lower_first, make_twins
from boxship._pack.wishes import Wishes
from boxship.adapters.pickles import check_trust
from boxship.box import open_box
from boxship.core.card import Card, texts
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.verdict import Rows
from boxship.room.environment import active, look
from boxship.runner.trust import record_trust
from boxship.settings import Settings, current
from boxship.stores import LocalStore
from boxship.stores.folder import Staged
from boxship.stores.reference import check_name, check_new_version
from boxship.twin.record import Record

Say = Callable[[str], None]
Ask = Callable[[Table, Rows], Expected | None]
_SAMPLE = 10_000
_FILE_GONE = (
    "the ONNX file beside it is taken away, as something beside the box was damaged or of an earlier packing; "
    "--onnx writes it again"
)


@dataclass(frozen=True)
class Packed:
    """What `pack` made, or found made already."""

    name: str
    version: str
    digest: Digest
    folder: Path
    known: bool  # the same content was packed before
    proof: Proof
    notes: tuple[str, ...]
    twin: Record | None  # what proved the twin equal; None where there is none
    onnx: Path | None = None  # the model as an ONNX file, where it has one

    def __repr__(self) -> str:
        known, notes = ", known before" * self.known, len(self.notes)
        named = f"{self.name}:{self.version} {self.digest.short}{known}"
        return f"Packed({named}, {self.proof}, twin={self.twin}, {notes} note{'s' * (notes != 1)})"


def pack(  # noqa: PLR0913  # each is a separate wish of the user, with a default that does
    model: object,
    data: object,
    target: object = None,
    *,
    name: str,
    version: str | None = None,
    contract: str | os.PathLike[str] | Wishes | None = None,
    units: Mapping[str, str] | None = None,
    sensitive: Sequence[str] = (),
    policies: Mapping[str, str] | None = None,
    threshold: float | None = None,
    drop: Sequence[str] = (),
    code: Sequence[str | os.PathLike[str]] = (),
    entry: str | None = None,
    state: Sequence[str | os.PathLike[str]] = (),
    trust: Sequence[str] = (),
    require: Sequence[str] = (),
    golden: object = None,
    metrics: Mapping[str, float] | None = None,
    seeds: Mapping[str, int] | None = None,
    notes: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    python: str | os.PathLike[str] | None = None,
    twin: Literal["auto", "none", "only"] = "auto",
    onnx: bool = False,
    settings: Settings | None = None,
    say: Say | None = None,
) -> Packed:
    """Make a box of a model and its training data, prove it in a room, and name it.

    `model` is a file, a fitted object of a framework that is installed here, or a function or class of
    your own, as an object or as `package.module:name`; a class is made with the folder of the files in
    `state`. `entry` names what makes the module that a file of weights belongs to. `data` is a file
    (Parquet, CSV, JSON, JSON lines, Arrow, numpy), a DataFrame, an array or a dict of columns; `target` names
    its column (or several), or is the values themselves. The lock is taken from the environment that holds the
    model: the active one, or that of `python`. The same inputs again give the same digest at once.
    Where the model can be lowered to a twin that is proven equal, that answers in its place and needs
    no framework: `twin="none"` makes none, `"only"` fails where there can be none. `onnx` writes the model
    as an ONNX file too, for others to run, and fails where that cannot be.

    Blocks until the proof is done. Safe beside other packs. Raises a `BoxshipError` and names no
    box where anything fails.

    >>> packed = boxship.pack(model, X_train, y_train, name="churn")  # doctest: +SKIP
    >>> str(packed.digest)  # doctest: +SKIP
    'sha256:...'
    """
    check_name(name)
    if version is not None:
        check_new_version(version)
    settings, say = current(settings), argument.listener("say", say)
    store = LocalStore(settings.home / "store")
    environment = look(argument.path("python", python) if python is not None else active(os.environ))
    around = Surroundings(store, settings, environment, say)
    wishes = _wishes(contract).with_flags(
        units=argument.texts("units", units),
        sensitive=argument.names("sensitive", sensitive),
        policies=argument.texts("policies", policies),
        threshold=argument.number("threshold", threshold),
        drop=argument.names("drop", drop),
    )
    label = Label(name, version, texts("link", argument.mapping("links", links)))
    wish = TwinWish.of(twin, onnx)
    with store.making() as folder:
        original = None if isinstance(model, (str, os.PathLike)) else model
        found, made_by = find_model(model, folder), find_entry(entry, folder)
        inputs = Inputs(
            model=found.path,
            entry=made_by and made_by.path,
            called=tuple(one.called for one in (found, made_by) if one and one.called),
            state=argument.paths("state", state),
            data=Data(data, target),
            wishes=wishes,
            card=Card.of(
                argument.mapping("metrics", metrics),
                argument.mapping("seeds", seeds),
                argument.mapping("notes", notes),
            ),
            code=argument.paths("code", code),
            trust=check_trust(trust),
            require=argument.names("require", require),
            golden=None if golden is None else Data(golden),
        )
        made = _make(folder, inputs, around, label, original=original, wish=wish)
        named = store.name(name, made.digest, version)
        if made.memo is not None:
            lasting = "" if made.no_twin_yet else made.no_twin
            made.memo.write(Remembered(str(made.digest), made.modules, made.notes, lasting))
        if made.attestation is not None:
            store.attach(made.folder, "attestation", made.attestation.to_bytes())
    no_twin = (f"no twin: {made.no_twin}",) if made.no_twin else ()
    files = open_box(made.folder, verify=False).attached("onnx")
    return Packed(
        named.name,
        named.version,
        made.digest,
        made.folder,
        made.known,
        made.proof,
        (*made.notes, *made.told_once, *no_twin),
        made.twin,
        files[-1] if files else None,
    )


def _wishes(contract: str | os.PathLike[str] | Wishes | None) -> Wishes:
    if isinstance(contract, Wishes):
        return contract
    return Wishes() if contract is None else Wishes.read(argument.path("contract", contract))


def _make(
    folder: Path, inputs: Inputs, around: Surroundings, label: Label, *, original: object, wish: TwinWish
) -> Boxed:
    surroundings = {"python": around.environment.minor, "environment": around.environment.prefix}
    memo = Memo(around.settings.home, inputs.key(surroundings))
    remembered = memo.read()
    known = find_known(remembered, inputs, around, label) if remembered else None
    if known is not None and wish.twin == "none":
        return without_twin(known, around.store)
    if known is not None and wish.is_met(known):
        return known
    around.say(f"checking {inputs.model.name}")
    source = read_source(inputs.model, trust=inputs.trusted, entry=inputs.entry)
    if source.plug.untwinned:
        wish.refuse(source.plug.untwinned)
    needs = find_needs(modules_of(source, around.environment), inputs, around.environment)
    check_versions(source, needs.taken.lock)
    for note in needs.taken.notes:
        around.say(note)
    laid = lay_model(folder, inputs, source, needs, around)
    around.say("asking the model what it takes and gives")
    with loaded(laid.box, laid.room, around.settings, inputs.model.name) as there:
        learnt = stage(folder, inputs, laid, there.model, around)
        inputs.refuse_changed(learnt.box.manifest)
        if label.version is not None:
            around.store.refuse_taken(label.name, label.version, learnt.box.manifest.digest)
        if original is None:
            ask: Ask = partial(ask_in_room, there.model, inputs.data, learnt.contract)
        else:
            boxed = replace(source, path=learnt.box.model)  # beside it lies the form of its rows
            ask = partial(ask_original, original, inputs.data, boxed, learnt.contract)
        lowered = lower_first(learnt, laid, there.model, around, wish)
        proof, of_sample = _proof(learnt, there, around, ask)
        twins = make_twins(learnt, laid, there.model, around, wish, lowered)
    if learnt.box.code is not None:
        check_afresh(learnt.box, laid.room, learnt.contract, proof, around.settings)
    attachments = {
        "proof": proof.to_bytes(),
        "hashes": laid.room.hashes.encode(),
        "attestation": attestation(
            learnt.box.manifest.digest, trusted=source.trusted, links=label.links, notes=needs.taken.notes
        ).to_bytes(),
        **twins.attachments,
    }
    staged = Staged(folder, learnt.box.manifest)
    record_trust(around.settings.home, staged.digest, source.trusted)
    had_file = around.store.has_beside(staged.digest, "onnx")
    target, was_there = lay_down(staged, proof, attachments, learnt.contract, around.store)
    notes = (*needs.taken.notes, *learnt.notes, *of_sample, *told_of_golden(proof))
    return Boxed(
        staged.digest,
        target,
        was_there,
        proof,
        notes,
        needs.modules,
        twins.record,
        no_twin=twins.reason,
        no_twin_yet=not twins.is_lasting,
        memo=memo,
        told_once=(_FILE_GONE,) if had_file and "onnx" not in attachments else (),
    )


def _proof(learnt: Learnt, there: Loaded, around: Surroundings, ask: Ask) -> tuple[Proof, tuple[str, ...]]:
    """And what its own training rows tell of it."""
    around.say("proving it in its room")
    rows = learnt.inputs.length
    positions = np.arange(0, rows, max(1, rows // _SAMPLE))
    sample = learnt.inputs.take(positions)
    answers = answer_sample(learnt.box, there, learnt.contract, sample)
    expected = ask(sample, positions)
    predictions = profile_answers(answers.table, learnt.hidden)
    proof = prove(learnt.box, there, version=version_of("boxship"), predictions=predictions)
    if expected is not None:  # after the trial: what answers by chance is told there
        compare_expected(answers, expected, learnt.contract)
    return proof, told_of_sample(sample, answers, positions)
