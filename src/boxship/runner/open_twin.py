"""From the attachments of a box to its twin: as steps, or as an ONNX file in a room of its own."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from boxship.box import Box
from boxship.errors import BoxshipError
from boxship.onnx.proven import OnnxTwin
from boxship.room.build import Room, ensure
from boxship.room.frozen import parse_frozen
from boxship.room.lock import differences
from boxship.runner.either import Opened
from boxship.runner.load import load_model
from boxship.runner.remote import RUNTIME, RoomModel, enter_with
from boxship.runner.twin import TwinModel
from boxship.settings import Settings
from boxship.twin.record import Record, Twin

log = logging.getLogger(__name__)
_ONNX = (*RUNTIME, "onnxruntime>=1.17")  # as the extra `onnx`, for networks too: their files are of opset 18
Say = Callable[[str], None]


class Twinned(NamedTuple):
    """A twin that can be asked, and what proved it equal."""

    opened: Opened
    record: Record


def open_twin(box: Box, *, own: bool, settings: Settings, say: Say) -> Twinned | None:
    """None where there is none, or none that can be used: the model itself answers then.

    Only of a box that was made here: our own pack lays a twin beside it, once that was proven.
    """
    try:
        if own:
            return _steps(box) or _onnx(box, settings, say)
        for kind in ("twin", "onnx"):
            box.attachments(kind)  # verified, and not used
    except BoxshipError as error:
        facts = {"box": box.digest.short, "error": error.code}
        log.warning("the twin is not used, the model itself answers: pack it again to mend that", extra=facts)
    return None


def _steps(box: Box) -> Twinned | None:
    twins = box.attachments("twin")
    if not twins:
        return None
    twin = Twin.from_bytes(twins[-1])
    return Twinned(Opened(TwinModel(twin.program)), twin.record)


def _onnx(box: Box, settings: Settings, say: Say) -> Twinned | None:
    files = box.attachments("onnx")
    if not files:
        return None
    twin = OnnxTwin.of_file(files[-1])
    if not twin.answers:
        return None
    path, python = box.attached("onnx")[-1], box.manifest.python
    lock = "".join(f"{one.name}=={one.version}\n" for one in parse_frozen(twin.hashes) if not one.marker)
    if lock and not differences(lock, python):
        opened = Opened(load_model("onnx", path, None, trust=()))
    else:
        room = onnx_room(python, twin.hashes, settings=settings, say=say)
        model = onnx_in_room(room, path, settings)
        opened = Opened(model, model.close)
    return Twinned(opened, twin.record)


def onnx_in_room(room: Room, path: Path, settings: Settings, timeout_s: float | None = None) -> RoomModel:
    """An ONNX file that can be asked. One that is to be proven is never loaded into the live environment, and
    has a limit to its answers."""
    return enter_with(room, "onnx", path, read=path.parent, settings=settings, timeout_s=timeout_s)


def onnx_room(python: str, hashes: str | None, *, settings: Settings, say: Say) -> Room:
    """With ONNX Runtime and nothing of a framework; the newest versions where no hashes are given."""
    return ensure("", python_minor=python, runtime=_ONNX, hashes=hashes, settings=settings, say=say)
