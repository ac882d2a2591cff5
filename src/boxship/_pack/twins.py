"""What answers in a model's place: its twin as steps, its ONNX file, or none and the reason."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Literal, NamedTuple, Self

from boxship import argument
from boxship._pack.known import Boxed
from boxship._pack.onnx import Written, write_onnx, write_program
from boxship._pack.stage import Laid, Learnt, Surroundings
from boxship._pack.twin import Made, make_twin
from boxship.errors import BoxError, UsageError
from boxship.runner.remote import RoomModel
from boxship.twin.record import Record

TWINS = ("twin", "onnx")  # kinds of attachments


class TwinWish(NamedTuple):
    """What the user wants: a twin where there can be one, none, or to fail without one; an ONNX file too."""

    twin: Literal["auto", "none", "only"]
    onnx: bool

    @classmethod
    def of(cls, twin: Literal["auto", "none", "only"], onnx: bool) -> Self:  # noqa: FBT001  # as pack is told it
        if twin not in ("auto", "none", "only"):
            argument.refuse("twin", twin, "'auto', 'none' or 'only'")
        if argument.flag("onnx", onnx) and twin == "none":
            raise UsageError(
                "twin.contradicts", "an ONNX file is a twin, and none is wanted", "leave one of the two out"
            )
        return cls(twin, onnx)

    def is_met(self, known: Boxed) -> bool:
        """By a box that is there already."""
        if self.onnx and not known.has_onnx:
            return False
        return known.twin is not None or (self.twin == "auto" and bool(known.no_twin))


class Twins(NamedTuple):
    """By their kinds, with the record of the one that answers; or why none does."""

    attachments: Mapping[str, bytes]
    record: Record | None
    reason: str
    is_lasting: bool = True  # another day there would be none either


def make_twins(learnt: Learnt, laid: Laid, model: RoomModel, around: Surroundings, wish: TwinWish) -> Twins:
    """All that can be proven; raises where the wish is for more."""
    if wish.twin == "none":
        return Twins({}, None, "")
    around.say("lowering it to a twin, and holding that against it")
    digest, contract, sample = learnt.box.manifest.digest, learnt.contract, learnt.inputs
    made = make_twin(model, digest, contract, sample, version=version("boxship"))
    written = Written(b"", None)
    if made.twin is not None and wish.onnx:
        written = write_program(learnt.box, made.twin, model, contract, sample, around)
    if not written.file and made.exports and (made.twin is None or wish.onnx):
        written = write_onnx(learnt.box, laid.room.lock, model, contract, sample, around)
    record = made.twin.record if made.twin else written.record
    reason = "" if record else _reason(made, written)
    if wish.twin == "only" and record is None:
        raise BoxError("twin.none", f"the model has no twin: {reason}", "pack it without --twin-only")
    if wish.onnx and not written.file:
        why = written.reason or reason
        raise BoxError("twin.no_onnx", f"the model has no ONNX file: {why}", "pack it without --onnx")
    attachments = {"twin": made.twin.to_bytes()} if made.twin else {}
    return Twins(
        attachments | ({"onnx": written.file} if written.file else {}), record, reason, written.is_lasting
    )


def _reason(made: Made, written: Written) -> str:
    return f"{made.reason}; as ONNX: {written.reason}" if written.reason else made.reason
