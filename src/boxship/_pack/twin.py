"""The twin of a model: lowered in its room, and held against it there before it is kept."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from boxship._pack.scored import Shown, scored
from boxship.adapters import Model
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table import Table, concat
from boxship.core.verdict import WORDS
from boxship.runner.equal import usual_sizes, widest_gap
from boxship.runner.local import Runner
from boxship.runner.remote import Lowered, RoomModel
from boxship.runner.twin import TwinModel
from boxship.twin.domain import domain
from boxship.twin.program import NEAR, Program
from boxship.twin.record import Part, Record, Twin

ROWS = 20_000
SEED = 20
_ALONE = 32
_TIMED = 1024
_MANY, _TIMES = 2000, 3


class Made(NamedTuple):
    """A twin that was proven, or none and the reason."""

    twin: Twin | None
    reason: str
    exports: bool = False  # whether its framework may write an ONNX file in place of one


class _Asked(NamedTuple):
    codes: NDArray[np.uint8]
    table: Table


class Found(NamedTuple):
    """How near the two are on each part of the rows, and the model to itself on rows alone."""

    parts: dict[str, Part]
    itself: float


class DiffersError(Exception):
    """Where the two answer differently, in words."""


def lower(model: RoomModel, contract: Contract, sample: Table) -> Lowered:
    """Its program, and how fast both are."""
    return model.lower(contract.to_bytes(), sample.between(0, min(_TIMED, sample.length)))


def make_twin(
    model: RoomModel, lowered: Lowered, box: Digest, contract: Contract, sample: Table, *, version: str
) -> Made:
    """Hold the program of a lowered model against it."""
    if lowered.program is None:
        return Made(None, lowered.reason, lowered.exports)
    made = prove_twin(model, lowered.program, box, contract, sample, version=version)
    if made.twin is None:
        return Made(None, made.reason, lowered.exports)
    record = msgspec.structs.replace(made.twin.record, speeds=lowered.speeds)
    return Made(Twin(record, made.twin.program), "", lowered.exports)


def prove_twin(
    model: Model,
    program: Program,
    box: Digest,
    contract: Contract,
    sample: Table,
    *,
    version: str,
    rows: int = ROWS,
    seed: int = SEED,
) -> Made:
    """Compare on what the contract admits: one difference, and there is no twin."""
    near = program.near
    if near == 0.0 and not _is_steady(Runner(box, contract, model), sample):
        near = NEAR
    parts = domain(contract, sample, program, rows=rows, seed=seed)
    try:
        found = hold_against(Pair.of(model, TwinModel(program), near, box, contract), sample, parts)
    except DiffersError as error:
        return Made(None, str(error))
    return Made(Twin(Record(str(box), seed, found.itself, found.parts, version), program), "")


class Pair(NamedTuple):
    """A model and its twin, both asked by a contract that takes numbers for equal as far as is honest, and shows
    the scores of the outputs that are `scored`."""

    model: Runner
    twin: Runner
    contract: Contract
    scored: frozenset[str]

    @classmethod
    def of(
        cls, model: Model, twin: Model, near: float, box: Digest, contract: Contract, *, decided: bool = False
    ) -> Self:
        """`decided`: the twin answers as the contract has decided already."""
        shown = frozenset() if decided else scored(contract)
        outputs = tuple(
            msgspec.structs.replace(one, tolerance=near, probabilities=one.probabilities or one.name in shown)
            for one in contract.outputs
        )
        strict = msgspec.structs.replace(contract, outputs=outputs)
        if shown:
            model, twin = Shown(model, contract), Shown(twin, contract)
        other = Runner(box, _plain(strict) if decided else strict, twin)
        return cls(Runner(box, strict, model), other, strict, shown)


def hold_against(pair: Pair, sample: Table, parts: Mapping[str, Table]) -> Found:
    """What was found on each part, and on rows alone; `DiffersError` where an answer differs."""
    model, twin, contract, shown = pair
    few = sample.between(0, min(_ALONE, sample.length))
    batch = _asked(model, few)
    usual = model.predict(sample.between(0, min(_MANY, sample.length)))
    sizes = usual_sizes(contract.outputs, usual.table, shown)
    found = {
        name: _compared(contract, name, _asked(model, part), _asked(twin, part), sizes)
        for name, part in parts.items()
    }
    found["alone"] = _compared(contract, "alone", batch, _one_by_one(twin, few), sizes)
    itself = widest_gap(contract.outputs, batch.table, _one_by_one(model, few).table, sizes)
    return Found(found, itself.difference)


def _plain(contract: Contract) -> Contract:
    """The same for answers that need no decision any more."""
    outputs = (
        msgspec.structs.replace(one, scores=False, threshold=None, calibration=None)
        for one in contract.outputs
    )
    return msgspec.structs.replace(contract, outputs=tuple(outputs))


def _is_steady(original: Runner, sample: Table) -> bool:
    """Whether the model gives the same bits again: threads may add up its trees in any order."""
    some = sample.between(0, min(_MANY, sample.length))
    first, *others = (original.predict(some).table for _ in range(_TIMES))
    return all(first == other for other in others)


def _asked(runner: Runner, rows: Table) -> _Asked:
    answers = runner.predict(rows)
    return _Asked(answers.verdicts.codes(), answers.table)


def _one_by_one(runner: Runner, rows: Table) -> _Asked:
    asked = [_asked(runner, rows.between(row, row + 1)) for row in range(rows.length)]
    return _Asked(np.concatenate([one.codes for one in asked]), concat([one.table for one in asked]))


def _compared(contract: Contract, name: str, one: _Asked, other: _Asked, sizes: Mapping[str, float]) -> Part:
    others = np.flatnonzero(one.codes != other.codes)
    if len(others):
        row = int(others[0])
        words = WORDS[one.codes[row]], WORDS[other.codes[row]]
        raise DiffersError(
            f"of the {name} rows, row {row} is {words[0]} by the model and {words[1]} by its twin"
        )
    gap = widest_gap(contract.outputs, one.table, other.table, sizes)
    if not gap.is_equal:
        raise DiffersError(
            f"of the {name} rows, row {gap.row} lies {gap.difference:.3g} apart in {gap.output!r}"
        )
    return Part(len(one.codes), one.table.length, gap.difference, _moved(contract, one.table, other.table))


def _moved(contract: Contract, one: Table, other: Table) -> int:
    """Labels that differ: these are none, or lie between two scores that are as near as one."""
    return sum(
        x != y
        for output in contract.outputs
        if output.classes is not None
        for x, y in zip(one.column(output.name).to_list(), other.column(output.name).to_list(), strict=True)
    )
