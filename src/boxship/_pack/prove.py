"""Proof before a name: the box loads, answers and refuses in a room made from its own lock."""

import base64
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from boxship.core.contract import Contract
from boxship.core.digest import canonical_json
from boxship.core.manifest import Manifest
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.core.verdict import Answers
from boxship.errors import BoxError, DataError
from boxship.host import look_at_host
from boxship.room.build import Room
from boxship.runner.local import Runner
from boxship.runner.remote import RoomModel, enter
from boxship.runner.trial import Trial, difference
from boxship.settings import Settings

FORMAT = 1


class ToProve(NamedTuple):
    """The files of a box, staged or stored."""

    files: Path
    manifest: Manifest
    trusted: Sequence[str]

    @property
    def model(self) -> Path:
        return self.files / self.manifest.under("model")[0].path

    @property
    def code(self) -> Path | None:
        return self.files / "code" if self.manifest.under("code") else None


class Proof(msgspec.Struct, frozen=True):
    """What one machine found: the attachment `proof`. `answers` and `predictions` are bytes in base64."""

    box: str
    room: str
    machine: dict[str, str]
    isolation: dict[str, str | bool | tuple[str, ...]]
    cold_start_s: float
    load_s: float
    memory_bytes: int
    trial: Trial
    codes: tuple[int, ...]
    answers: str
    predictions: str
    boxship: str
    format: int = FORMAT

    @property
    def machine_class(self) -> str:
        return self.machine["class"]

    def answer_table(self) -> Table:
        return from_bytes(base64.b64decode(self.answers))

    def prediction_profile(self) -> Profile | None:
        """The distribution of predictions on the training data, where these were at hand."""
        return Profile.from_bytes(base64.b64decode(self.predictions)) if self.predictions else None

    def to_bytes(self) -> bytes:
        return canonical_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Proof":
        return msgspec.json.decode(data, type=cls)


class Loaded(NamedTuple):
    """A model in the room of its box, and how long it took to get there."""

    model: RoomModel
    room: Room
    cold_start_s: float
    load_s: float


@contextmanager
def loaded(box: ToProve, room: Room, settings: Settings) -> Iterator[Loaded]:
    """Start a process in the room and load the model there; raises where it cannot."""
    started = time.perf_counter()
    timeout = settings.proof_timeout_s
    with enter(room, read=[box.files], settings=settings, isolated=True, timeout_s=timeout) as model:
        load_s = model.load(box.manifest.adapter, box.model, box.code, box.trusted)
        yield Loaded(model, room, time.perf_counter() - started, load_s)


def prove(
    box: ToProve,
    there: Loaded,
    *,
    version: str,
    sample: Table | None = None,
    expected: Table | None = None,
) -> Proof:
    """Answer the golden rows and refuse bad input in the room; raises where it cannot.

    `sample`: rows whose predictions are kept as a distribution; `expected`: what they have to be.
    """
    contract_bytes = (box.files / "contract.json").read_bytes()
    contract = Contract.from_bytes(contract_bytes)
    predictions = b""
    if sample is not None:
        answers = Runner(box.manifest.digest, contract, there.model).predict(sample)
        _refuse_unanswered(sample, answers)
        _compare_expected(answers.table, expected, contract)
        predictions = Profile.of(answers.table).to_bytes()
    golden = (box.files / "golden.in").read_bytes()
    proven = there.model.prove(box.manifest.digest.hex, contract_bytes, golden)
    isolation = there.model.process.isolation
    return Proof(
        box=str(box.manifest.digest),
        room=there.room.digest,
        machine=machine_facts(),
        isolation={
            "network": isolation.network,
            "files": isolation.files,
            "processes": isolation.processes,
            "unprivileged": isolation.unprivileged,
            "why": isolation.why,
        },
        cold_start_s=round(there.cold_start_s, 3),
        load_s=round(there.load_s, 3),
        memory_bytes=proven.memory_bytes,
        trial=proven.trial,
        codes=tuple(proven.codes),
        answers=base64.b64encode(to_bytes(proven.answers)).decode(),
        predictions=base64.b64encode(predictions).decode(),
        boxship=version,
    )


def machine_facts() -> dict[str, str]:
    """What answers may depend on: the class of processor, the system, its C library."""
    here = look_at_host()
    return {"class": here.cpu_class, "system": here.system, "kernel": here.kernel, "libc": here.libc}


def _refuse_unanswered(sample: Table, answers: Answers) -> None:
    """A model that takes no row of its own data, said before drawn rows confuse the matter."""
    if answers.table.length:
        return
    fault = next(fault for fault in answers.verdicts.faults if fault.rejects)
    empty = [name for name in sample.names if sample.column(name).nulls().all()]
    texts = [name for name in sample.names if sample.column(name).type.kind in ("text", "category")]
    told = [f"{name!r} is null in every row" for name in empty] + [f"{name!r} is text" for name in texts]
    raise DataError(
        "data.not_answered",
        f"the model answers no row of its data: {fault.code}"
        + (f" of field {fault.field!r}" if fault.field else f", {fault.expected}")
        + "".join(f"; column {words}" for words in told[:3]),
        "give the rows as the model was trained on them; --drop COLUMN leaves a column out",
        {"null": empty, "text": texts},
    )


def _compare_expected(answers: Table, expected: Table | None, contract: Contract) -> None:
    if expected is None:
        return
    worst = difference(expected, answers)
    if worst > max(output.tolerance for output in contract.outputs):
        raise BoxError(
            "proof.answers_changed",
            f"the model answers its training rows differently in its room, by up to {worst:.3g}",
            "a library loaded here has another version than its environment says: restart, pack again",
        )


def compare(old: Proof, new: Proof, contract: Contract) -> float:
    """The largest difference between two machines' golden answers; raises beyond the tolerance."""
    tolerance = max(output.tolerance for output in contract.outputs)
    worst = difference(old.answer_table(), new.answer_table()) if old.codes == new.codes else float("inf")
    if worst > tolerance:
        raise BoxError(
            "proof.answers_differ",
            f"the golden answers differ from those proven on {old.machine_class}, "
            + (_where(old, new, contract) if old.codes == new.codes else "in their verdicts"),
            "another processor, or libraries whose versions are not those of the lock; "
            "boxship inspect shows both proofs",
            {"difference": worst, "tolerance": tolerance},
        )
    return worst


def _where(old: Proof, new: Proof, contract: Contract) -> str:
    before, after = old.answer_table(), new.answer_table()
    for row in range(before.length):
        for output in contract.outputs:
            one = before.select([output.name]).between(row, row + 1)
            other = after.select([output.name]).between(row, row + 1)
            if difference(one, other) > output.tolerance:
                return f"in {output.name!r} of row {row}: {one.to_rows()[0]} became {other.to_rows()[0]}"
    return "in the probabilities"
