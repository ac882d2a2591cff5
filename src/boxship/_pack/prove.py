"""Proof before a name: the box loads, answers and refuses in a room made from its own lock."""

import base64
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from boxship.adapters import Model
from boxship.core.answer import PROBABILITIES
from boxship.core.contract import Contract
from boxship.core.digest import canonical_json
from boxship.core.manifest import Manifest
from boxship.core.numbered import read_numbered
from boxship.core.profile import Profile
from boxship.core.shown import size
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.core.verdict import Answers, Fault
from boxship.errors import BoxError, DataError
from boxship.host import look_at_host
from boxship.room.build import Room
from boxship.runner.equal import Gap, widest_gap
from boxship.runner.local import Runner
from boxship.runner.remote import RoomModel, enter
from boxship.runner.trial import Trial
from boxship.settings import Settings

FORMAT = 1


class ToProve(NamedTuple):
    """The files of a box, staged or stored."""

    files: Path
    manifest: Manifest
    trusted: Sequence[str]

    @property
    def model(self) -> Path:
        return self.files / self.manifest.model.path

    @property
    def code(self) -> Path | None:
        return self.files / "code" if self.manifest.under("code") else None


class Machine(msgspec.Struct, frozen=True, rename={"kind": "class"}):
    """What answers may depend on: the class of processor, the system, its C library."""

    kind: str
    system: str
    kernel: str
    libc: str


class Proof(msgspec.Struct, frozen=True):
    """What one machine found: the attachment `proof`. `answers` and `predictions` are bytes in base64."""

    box: str
    room: str
    machine: Machine
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
        return self.machine.kind

    def __repr__(self) -> str:
        return f"Proof({self.words()})"

    def words(self) -> str:
        """For people: what was asked, and what it took."""
        rows, rejected = sum(self.trial.verdicts.values()), self.trial.verdicts.get("rejected", 0)
        some = f" ({rejected} of them rejected)" if rejected else ""
        bad = len(self.trial.bad_input)
        took = f"cold start {self.cold_start_s:.2f} s, {size(self.memory_bytes)}"
        return f"{rows} golden rows{some}, {bad} kinds of bad input, {took}"

    def answer_table(self) -> Table:
        return from_bytes(base64.b64decode(self.answers))

    def prediction_profile(self) -> Profile | None:
        """The distribution of predictions on the training data, where these were at hand."""
        return Profile.from_bytes(base64.b64decode(self.predictions)) if self.predictions else None

    def to_bytes(self) -> bytes:
        return canonical_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Proof":
        proof = read_numbered(data, cls, FORMAT, "the proof", ("proof.newer_format", "proof.damaged"))
        try:
            proof.answer_table()
            proof.prediction_profile()
        except (ValueError, DataError) as error:
            raise BoxError(
                "proof.damaged",
                f"the proof cannot be read: {error.message if isinstance(error, DataError) else error}",
                "copy the box again from where it was made, or pack it again",
            ) from error
        return proof


def profile_answers(answers: Table, hidden: Collection[str]) -> Profile:
    """The distribution of answers, without the values and probabilities of what is hidden."""
    secret = {*hidden, *(name + PROBABILITIES for name in hidden)}
    return Profile.of(answers, sensitive=[name for name in answers.names if name in secret])


class Loaded(NamedTuple):
    """A model in the room of its box, and how long it took to get there."""

    model: RoomModel
    room: Room
    cold_start_s: float
    load_s: float


@contextmanager
def loaded(box: ToProve, room: Room, settings: Settings, given: str = "") -> Iterator[Loaded]:
    """Start a process in the room and load the model there; raises where it cannot.

    `given`: what its user calls the model's file, where that is no box yet.
    """
    started = time.perf_counter()
    timeout = settings.proof_timeout_s
    with enter(room, read=[box.files], settings=settings, timeout_s=timeout) as model:
        try:
            load_s = model.load(box.manifest.adapter, box.model, box.code, box.trusted)
        except BoxError as error:
            raise by_given_name(error, box.model.name, given or box.model.name) from error
        yield Loaded(model, room, time.perf_counter() - started, load_s)


def by_given_name(error: BoxError, name: str, given: str) -> BoxError:
    """The same of the file that its user knows, and not of its copy."""
    return BoxError(error.code, error.message.replace(name, given), error.hint, error.detail)


def answer_sample(box: ToProve, there: Loaded, contract: Contract, sample: Table) -> Answers:
    """What the box answers to rows of its training data; raises where it answers hardly any."""
    answers = Runner(box.manifest.digest, contract, there.model).predict(sample)
    _refuse_unanswered(sample, answers, there.model, contract)
    return answers


def prove(box: ToProve, there: Loaded, *, version: str, predictions: Profile | None = None) -> Proof:
    """Answer the golden rows and refuse bad input in the room; raises where it cannot.

    `predictions`: the distribution of answers to the training data, to be kept.
    """
    contract_bytes = (box.files / "contract.json").read_bytes()
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
        predictions=base64.b64encode(predictions.to_bytes() if predictions else b"").decode(),
        boxship=version,
    )


def machine_facts() -> Machine:
    """This machine."""
    here = look_at_host()
    return Machine(here.cpu_class, here.system, here.kernel, here.libc)


def _refuse_unanswered(sample: Table, answers: Answers, model: Model, contract: Contract) -> None:
    """A model that takes hardly a row of its own data, said before drawn rows confuse the matter."""
    answered = answers.table.length
    if 2 * answered > sample.length:
        return
    fault = next(fault for fault in answers.verdicts.faults if fault.rejects)
    empty = [name for name in sample.names if sample.column(name).nulls().all()]
    types = {name: sample.column(name).type for name in sample.names}
    odd = {name: str(one) for name, one in types.items() if not one.is_number and one.kind != "bool"}
    told = [f"{name!r} is null in every row" for name in empty]
    told += [f"{name!r} is {type_}" for name, type_ in odd.items()]
    raise DataError(
        "data.not_answered",
        f"the model answers {answered} of {sample.length} rows of its data: "
        f"{fault.code}"
        + (f" of field {fault.field!r}" if fault.field else f", {_words(fault, sample, model, contract)}")
        + "".join(f"; column {words}" for words in told[:3]),
        "give the rows as the model was trained on them; --drop COLUMN leaves a column out",
        {"null": empty, "types": odd},
    )


def _words(fault: Fault, sample: Table, model: Model, contract: Contract) -> str:
    """What the model itself says of a row: here the data is that of whoever is told, unless it is sensitive."""
    if fault.code != "model.raised":
        return str(fault.expected)
    try:
        model.predict(sample.take(fault.rows[:1]))
    except BoxError as error:
        if error.code.startswith("proof."):
            raise  # it is the room that lacks something
        if not any(field.sensitive for field in contract.inputs):
            return error.message
    return str(fault.expected)


def compare(old: Proof, codes: Sequence[int], after: Table, contract: Contract) -> float:
    """The widest difference of golden answers to those of a proof; raises beyond an output's tolerance."""
    if old.codes != tuple(codes):
        raise _answers_differ(old, "in their verdicts", {})
    before = old.answer_table()
    gap = widest_gap(contract.outputs, before, after)
    if not gap.is_equal:
        where = _where(gap, before, after) if gap.row >= 0 else "in their types"
        raise _answers_differ(old, where, {"difference": gap.difference, "tolerance": gap.tolerance})
    return gap.difference


def _answers_differ(old: Proof, where: str, detail: Mapping[str, float]) -> BoxError:
    return BoxError(
        "proof.answers_differ",
        f"the golden answers differ from those proven on {old.machine_class}, {where}",
        "another processor, or libraries whose versions are not those of the lock; "
        "boxship inspect shows both proofs",
        detail,
    )


def _where(gap: Gap, before: Table, after: Table) -> str:
    one, other = (table.column(gap.output).to_list()[gap.row] for table in (before, after))
    if one == other:
        return f"in the probabilities of {gap.output!r} of row {gap.row}"
    return f"in {gap.output!r} of row {gap.row}: {one} became {other}"
