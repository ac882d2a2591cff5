"""A model as an ONNX file: written by its framework where that and the tools for it are, proven where neither is."""

import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import msgspec
import numpy as np

from boxship._pack.prove import ToProve
from boxship._pack.stage import Surroundings
from boxship._pack.twin import ROWS, SEED, DiffersError, Pair, hold_against
from boxship.adapters import Model
from boxship.adapters.look import look
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import BoxError, BoxshipError
from boxship.onnx import to_onnx
from boxship.onnx.feed import admitted
from boxship.onnx.proven import OnnxTwin, outputs_of, saying
from boxship.onnx.told import classes_of
from boxship.room.build import Room, ensure
from boxship.runner.decided import Decided
from boxship.runner.open_twin import onnx_in_room, onnx_room
from boxship.runner.remote import RUNTIME, RoomModel, enter_with
from boxship.runner.speed import compare_speed
from boxship.twin.domain import domain
from boxship.twin.program import NEAR, NEAR_NETWORK, Program
from boxship.twin.record import Record, Twin
from boxship.twin.refused import NoTwinError

_TOOLS = ("onnx==1.23.2", "onnx-ir==1.1.0", "onnxscript==0.7.2")
_THEIRS = ("ml-dtypes", "packaging", "protobuf", "sympy", "mpmath", "typing-extensions")  # what these ask for
_BOX = "boxship.box"  # what of its metadata says which box it is of
_NOT_FOUND = ("room.offline", "room.index_refused", "lock.unresolvable")
_NO_TOOLS = (
    f"see whether `pip download {' '.join(_TOOLS)}` finds them: "
    "an index that has them must be in pip.conf or UV_INDEX"
)
_WHOLE_S = 20.0  # that the two may take to answer the rows of the proof
_MOST_BYTES = 256 * 2**20  # of the rows of one part
_FEW = 256
_PARTS = 4


class Written(NamedTuple):
    """An ONNX file that was proven, or none and the reason."""

    file: bytes
    record: Record | None
    reason: str = ""
    is_lasting: bool = True  # it would be the same another day
    hint: str = ""  # what to do about it, if anything


def write_onnx(
    box: ToProve, lock: str, model: RoomModel, contract: Contract, sample: Table, around: Surroundings
) -> Written:
    """`model` is the box's own, to hold the file against. What fails on the way is a reason."""

    def write() -> Written:
        around.say("writing it as ONNX, in a room that has the tools for it")
        written = described(_exported(box, lock, contract, around), box.manifest.digest, contract)
        return _proven(written, box, model, contract, sample, around)

    return attempted(write)


def described(file: bytes, box: Digest, contract: Contract) -> bytes:
    """What its framework wrote, with the box and the classes in its metadata as Boxship writes them."""
    return saying(file, {_BOX: str(box), **classes_of(contract, outputs_of(file))})


def write_program(
    box: ToProve, twin: Twin, model: RoomModel, contract: Contract, sample: Table, around: Surroundings
) -> Written:
    """The steps of its twin as an ONNX file, for others: with nothing of its framework."""

    def write() -> Written:
        around.say("writing it as ONNX")
        producer, said = f"boxship {version('boxship')}", {_BOX: str(box.manifest.digest)}
        written = to_onnx(twin.program, contract, producer=producer, properties=said)
        return _proven(written, box, model, contract, sample, around, twin.program)

    return attempted(write)


def attempted(write: Callable[[], Written]) -> Written:
    """What that writes; what prevents it is a reason and no failure, and unless it lies in the box a passing one."""
    try:
        return write()
    except (NoTwinError, DiffersError) as error:
        return Written(b"", None, str(error))
    except BoxshipError as error:  # a room cannot be made, or is gone
        return Written(b"", None, error.message, isinstance(error, BoxError), error.hint)


def tools_room(lock: str, around: Surroundings) -> Room:
    """The room of a lock with what writes ONNX files; what cannot be had is named."""
    try:
        return ensure(
            lock,
            python_minor=around.environment.minor,
            runtime=(*RUNTIME, *_TOOLS, *_THEIRS),
            hashes=None,
            settings=around.settings,
            say=around.say,
            base=around.environment.base,
        )
    except BoxshipError as error:
        raise without_tools(error) from error


def without_tools(error: BoxshipError) -> BoxshipError:
    """Why a room cannot be made, and which tools it was to hold."""
    message = f"{', '.join(_TOOLS)}, which write the file, cannot be installed: {error.message}"
    hint = _NO_TOOLS if error.code in _NOT_FOUND else error.hint
    return type(error)(error.code, message, hint, error.detail)


def _exported(box: ToProve, lock: str, contract: Contract, around: Surroundings) -> bytes:
    room = tools_room(lock, around)
    limit = around.settings.proof_timeout_s
    enter = partial(enter_with, read=box.files, settings=around.settings, timeout_s=limit)
    with enter(room, box.manifest.adapter, box.model, box.code, box.trusted) as there:
        return there.export(contract.to_bytes())


def _proven(
    written: bytes,
    box: ToProve,
    model: RoomModel,
    contract: Contract,
    sample: Table,
    around: Surroundings,
    program: Program | None = None,
) -> Written:
    around.say("holding the ONNX file against it")
    path = box.files.parent / "onnx" / "model.onnx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(written)
    look(path)  # as any other file
    python, digest = box.manifest.python, box.manifest.digest
    room = onnx_room(python, None, settings=around.settings, say=around.say)
    settings = around.settings
    with onnx_in_room(room, path, settings, settings.proof_timeout_s) as file:
        record = prove_onnx(model, file, digest, contract, sample, program)
        speeds = () if program else compare_speed(model, file, sample)
    record = msgspec.structs.replace(record, speeds=speeds)
    return Written(
        OnnxTwin(record, room.digest, room.hashes, () if program else _TOOLS).within(written), record
    )


def prove_onnx(
    model: Model, file: Model, box: Digest, contract: Contract, sample: Table, program: Program | None = None
) -> Record:
    """The record of what was found; `DiffersError` where an answer differs. `program`: of which it was written."""
    if program is None:
        pair = Pair.of(model, file, NEAR_NETWORK, box, contract)
    else:
        sample = _admitted(contract, sample)
        near = max(program.near, NEAR)
        pair = Pair.of(model, Decided(file, contract), near, box, contract, decided=True)
    parts = domain(contract, sample, program, rows=_affordable(pair, sample), seed=SEED)
    if program is not None:
        parts = {name: _admitted(contract, part) for name, part in parts.items()}
    found = hold_against(pair, sample, parts)
    return Record(str(box), SEED, found.itself, found.parts, version("boxship"))


def _admitted(contract: Contract, table: Table) -> Table:
    """The rows of which the file can be told every value."""
    return table.take(np.flatnonzero(admitted(contract, table)))


def _affordable(pair: Pair, sample: Table) -> int:
    """How many rows a part can have: an image is large, and a deep network slow."""
    if not sample.length:
        return ROWS
    each = max(1, sum(type_.size * type_.dtype.itemsize for type_ in sample.schema.types))
    few = sample.between(0, max(1, min(_FEW, _MOST_BYTES // each // _PARTS)))
    started = time.perf_counter()
    for one in (pair.model, pair.twin):
        one.predict(few)
    each_s = (time.perf_counter() - started) / few.length
    return min(ROWS, max(1, min(int(_WHOLE_S / _PARTS / each_s), _MOST_BYTES // each)))
