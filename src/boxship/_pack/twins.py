"""What answers in a model's place: its twin as steps, its ONNX file, or none and the reason."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Literal, NamedTuple, Self

from boxship import argument
from boxship._pack.known import Boxed
from boxship._pack.onnx import Written, tools_room, write_onnx, write_program
from boxship._pack.stage import Laid, Learnt, Surroundings
from boxship._pack.twin import Made, lower, make_twin
from boxship.errors import BoxError, BoxshipError, UsageError
from boxship.onnx import to_onnx
from boxship.runner.remote import Lowered, RoomModel
from boxship.twin.record import Record
from boxship.twin.refused import NoTwinError

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

    @property
    def is_strict(self) -> bool:
        """Whether packing is to fail where it is not met."""
        return self.twin == "only" or self.onnx

    def refuse(self, why: str, hint: str = "") -> None:
        """Raise where it is for a twin, or a file, and there is neither."""
        if self.twin == "only":
            raise BoxError("twin.none", f"the model has no twin: {why}", _or(hint, "--twin-only"))
        self.refuse_file(why, hint)

    def refuse_file(self, why: str, hint: str = "") -> None:
        """Raise where it is for a file, and there is none."""
        if self.onnx:
            raise BoxError("twin.no_onnx", f"the model has no ONNX file: {why}", _or(hint, "--onnx"))


def _or(hint: str, flag: str) -> str:
    return f"{hint}; or pack it without {flag}" if hint else f"pack it without {flag}"


class Twins(NamedTuple):
    """By their kinds, with the record of the one that answers; or why none does."""

    attachments: Mapping[str, bytes]
    record: Record | None
    reason: str
    is_lasting: bool = True  # another day there would be none either


def lower_first(
    learnt: Learnt, laid: Laid, model: RoomModel, around: Surroundings, wish: TwinWish
) -> Lowered | None:
    """Lower a model for a wish that fails without, before all else is proven; raises where that fails it already."""
    if not wish.is_strict:
        return None
    around.say("lowering it to a twin")
    lowered = lower(model, learnt.contract, learnt.inputs)
    if lowered.program is None and not lowered.exports:
        wish.refuse(lowered.reason)
    if lowered.exports:
        if lowered.program is None:
            _check_tools(laid.room.lock, around, wish)
    elif wish.onnx and lowered.program is not None:
        try:
            to_onnx(lowered.program, learnt.contract, producer="boxship")
        except NoTwinError as error:
            wish.refuse_file(str(error))
    return lowered


def _check_tools(lock: str, around: Surroundings, wish: TwinWish) -> None:
    try:
        tools_room(lock, around)
    except BoxshipError as error:
        wish.refuse(f"as ONNX: {error.message}", error.hint)


def make_twins(
    learnt: Learnt,
    laid: Laid,
    model: RoomModel,
    around: Surroundings,
    wish: TwinWish,
    lowered: Lowered | None = None,
) -> Twins:
    """All that can be proven; raises where the wish is for more. `lowered`: what the model is, where that is known."""
    if wish.twin == "none":
        return Twins({}, None, "")
    around.say("lowering it to a twin, and holding that against it")
    digest, contract, sample = learnt.box.manifest.digest, learnt.contract, learnt.inputs
    lowered = lowered or lower(model, contract, sample)
    made = make_twin(model, lowered, digest, contract, sample, version=version("boxship"))
    written = Written(b"", None)
    if made.twin is not None and wish.onnx:
        written = write_program(learnt.box, made.twin, model, contract, sample, around)
    if not written.file and made.exports and (made.twin is None or wish.onnx):
        written = write_onnx(learnt.box, laid.room.lock, model, contract, sample, around)
    record = made.twin.record if made.twin else written.record
    reason = "" if record else _reason(made, written)
    if record is None:
        wish.refuse(reason, written.hint)
    if not written.file:
        wish.refuse_file(written.reason or reason, written.hint)
    attachments = {"twin": made.twin.to_bytes()} if made.twin else {}
    return Twins(
        attachments | ({"onnx": written.file} if written.file else {}), record, reason, written.is_lasting
    )


def _reason(made: Made, written: Written) -> str:
    return f"{made.reason}; as ONNX: {written.reason}" if written.reason else made.reason
