"""From an opened box to a runner: here if the versions are equal, else in its room."""

import sys
from collections.abc import Callable

import msgspec

from boxship.box import Box
from boxship.core.observation import Observe
from boxship.errors import BoxError, HostError
from boxship.room.build import Room, ensure
from boxship.room.lock import differences
from boxship.runner.load import load_model
from boxship.runner.local import Runner
from boxship.runner.remote import RoomModel, enter
from boxship.settings import Settings

RUNTIME = ("msgspec>=0.18.6", "numpy>=1.24")  # what boxship itself needs in a room
Say = Callable[[str], None]


class _Attested(msgspec.Struct):
    trusted: tuple[str, ...] = ()


def trusted(box: Box) -> tuple[str, ...]:
    """The globals that whoever packed the box said to trust."""
    found = box.attachments("attestation")
    return msgspec.json.decode(found[-1], type=_Attested).trusted if found else ()


def open_runner(
    box: Box, *, settings: Settings, say: Say, observe: Observe | None = None, room: bool = False
) -> Runner:
    """A runner for the box; `room` insists on the room. Close it when done.

    A box with code of its own always gets the room: here a module of the same name could be
    loaded already, and would be taken for the box's.
    """
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    own = bool(box.manifest.under("code"))
    if not (room or own) and minor == box.manifest.python and not differences(box.lock, box.manifest.python):
        model = load_model(box.manifest.adapter, box.model_file, None, trust=trusted(box))
        return Runner(box.digest, box.contract, model, observe=observe)
    found = box_room(box, settings=settings, say=say)
    try:
        remote = _load_in(found, box, settings)
    except (BoxError, HostError):  # is it the room? then it is made again, else this is raised again
        remote = _load_in(box_room(box, settings=settings, say=say, whole=True), box, settings)
    return Runner(box.digest, box.contract, remote, observe=observe, close=remote.close)


def _load_in(room: Room, box: Box, settings: Settings) -> RoomModel:
    remote = enter(room, read=[box.files], settings=settings, isolated=True)
    code = box.files / "code" if box.manifest.under("code") else None
    try:
        remote.load(box.manifest.adapter, box.model_file, code, trusted(box))
    except BaseException:
        remote.close()
        raise
    return remote


def box_room(box: Box, *, settings: Settings, say: Say, whole: bool = False) -> Room:
    """The room of the box, made now if it is not there, or (`whole`) if it is damaged."""
    found = box.attachments("hashes")
    return ensure(
        box.lock,
        python_minor=box.manifest.python,
        runtime=RUNTIME,
        hashes=found[-1].decode() if found else None,
        settings=settings,
        say=say,
        whole=whole,
    )
