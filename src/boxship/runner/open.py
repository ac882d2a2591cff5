"""From an opened box to a runner: here if the versions are equal, else in its room."""

from collections.abc import Callable, Sequence
from functools import partial

from boxship.box import Box
from boxship.core.observation import Observe
from boxship.errors import BoxError, HostError
from boxship.room.build import Room, ensure
from boxship.room.lock import differences
from boxship.runner.again import Again
from boxship.runner.either import Either, Opened
from boxship.runner.load import load_model
from boxship.runner.local import Runner
from boxship.runner.open_twin import open_twin
from boxship.runner.remote import RUNTIME, RoomModel, enter_with
from boxship.runner.trust import is_own, trusted
from boxship.settings import Settings

Say = Callable[[str], None]


def open_runner(
    box: Box,
    *,
    settings: Settings,
    say: Say,
    observe: Observe | None = None,
    trust: Sequence[str] = (),
    room: bool = False,
    answer_s: float | None = None,
) -> Runner:
    """A runner for the box; `trust` are names it may load beside its framework's; `room` insists
    on the room, where an answer may take `answer_s`. Close it when done.

    A box with code of its own always gets the room: here a module of the same name could be
    loaded already, and would be taken for the box's. So does a box of another's making, unless
    it is trusted.
    """
    contract = box.contract  # before anything is opened
    original = partial(
        _open_model, box, settings=settings, say=say, trust=trust, room=room, answer_s=answer_s
    )
    twin = None if room else open_twin(box, own=is_own(box, settings), settings=settings, say=say)
    if twin is not None:
        both = Either(twin.opened, twin.record.speeds, original)
        return Runner(box.digest, contract, both, observe=observe, close=both.close)
    model, close = original()
    return Runner(box.digest, contract, model, observe=observe, close=close)


def _open_model(
    box: Box, *, settings: Settings, say: Say, trust: Sequence[str], room: bool, answer_s: float | None
) -> Opened:
    names = trusted(box, settings, trust)
    room = room or bool(box.manifest.under("code")) or not (trust or is_own(box, settings))
    if not room and not differences(box.lock, box.manifest.python):
        return Opened(load_model(box.manifest.adapter, box.model_file, None, trust=names))
    model = Again(partial(_open_in_room, box, settings=settings, say=say, trust=names, answer_s=answer_s))
    return Opened(model, model.close)


def _open_in_room(
    box: Box, *, settings: Settings, say: Say, trust: Sequence[str], answer_s: float | None
) -> Opened:
    def load(room: Room) -> RoomModel:
        code = box.files / "code" if box.manifest.under("code") else None
        adapter, model = box.manifest.adapter, box.model_file
        return enter_with(
            room, adapter, model, code, trust, read=box.files, settings=settings, timeout_s=answer_s
        )

    found = box_room(box, settings=settings, say=say)
    try:
        remote = load(found)
    except (BoxError, HostError):  # is it the room? then it is made again, else this is raised again
        remote = load(box_room(box, settings=settings, say=say, whole=True))
    return Opened(remote, remote.close)


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
        build=is_own(box, settings),
        whole=whole,
    )
