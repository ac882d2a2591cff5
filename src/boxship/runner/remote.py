"""A model asked in its room, over a socket."""

import contextlib
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self, TypeVar

from boxship.adapters import MOST_OUTPUTS, Described, Given, Settled
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import BoxError, BoxshipError, HostError
from boxship.room.build import Room
from boxship.room.process import Process, start
from boxship.runner import wire
from boxship.runner.trial import Trial
from boxship.settings import Settings
from boxship.twin import program_bytes
from boxship.twin.program import Program
from boxship.twin.record import Speed
from boxship.twin.refused import NoTwinError

T = TypeVar("T")
RUNTIME = ("msgspec>=0.18.6", "numpy>=1.24")  # what boxship itself needs in a room
_LAST_S = 2.0
_KINDS = {kind.__name__: kind for kind in BoxshipError.__subclasses__()}


class Proven(NamedTuple):
    """What the trial in the room gave."""

    trial: Trial
    answers: Table
    codes: list[int]
    memory_bytes: int


class Lowered(NamedTuple):
    """A program, or none and the reason."""

    program: Program | None
    reason: str
    speeds: tuple[Speed, ...] = ()
    exports: bool = False  # whether it may have an ONNX file


class RoomModel:
    """A `Model` whose process runs in a room. Close it, or use it as a context."""

    waits = True

    def __init__(
        self, process: Process, sock: socket.socket, *, load_s: float, timeout_s: float | None = None
    ) -> None:
        self._process = process
        self._socket = sock
        self._load_s = load_s
        self._timeout_s = timeout_s
        self._death: HostError | None = None

    @property
    def process(self) -> Process:
        return self._process

    def load(self, adapter: str, model: Path, code: Path | None, trust: Sequence[str]) -> float:
        """Seconds that loading took. What goes wrong is named: module, file, network, version.

        It has a limit even where answers have none: a model that hangs here would hang for ever.
        """
        asked = wire.Load(adapter, str(model), str(code) if code else "", tuple(trust))
        reply, _ = self._ask(asked, wire.Loaded, timeout_s=self._load_s)
        self._refuse_reached(reply)
        return reply.seconds

    def describe(self) -> Described:
        return self._ask(wire.Describe(), wire.Said)[0].described

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        asked = wire.Settle(tuple(sorted(nullable)), dict(units))
        return self._ask(asked, wire.Found, [to_bytes(rows)])[0].settled

    def lower(self, contract: bytes, rows: Table) -> Lowered:
        """The model's twin as its adapter wrote it, not yet proven equal, and how fast both answer `rows`."""
        said, buffers = self._ask(wire.Lower(), wire.Lowered, [contract, to_bytes(rows)], buffers=1)
        if not buffers:
            return Lowered(None, _plain(said.reason), exports=said.exports)
        try:
            return Lowered(program_bytes.from_bytes(buffers[0]), "", said.speeds, said.exports)
        except BoxError as error:
            raise self._gone("lower", error) from error

    def export(self, contract: bytes) -> bytes:
        """The model as an ONNX file, not yet proven equal; `NoTwinError` where there is none."""
        said, buffers = self._ask(wire.Export(), wire.Exported, [contract], buffers=1)
        if not buffers:
            raise NoTwinError(_plain(said.reason))
        return buffers[0]

    def ask_raw(self, pickled: bytes) -> Sequence[Given]:
        """The answers to the pickle of a frame or an array."""
        return self._given(wire.Compare(), pickled)

    def predict(self, table: Table) -> Sequence[Given]:
        return self._given(wire.Predict(), to_bytes(table))

    def _given(self, message: wire.Request, rows: bytes) -> Sequence[Given]:
        _, buffers = self._ask(message, wire.Predicted, [rows], buffers=MOST_OUTPUTS)
        try:
            return wire.given_from(buffers)
        except wire.NoMessageError as error:
            raise self._gone("predict", error) from error

    def prove(self, box_hex: str, contract: bytes, golden: bytes) -> Proven:
        tried, buffers = self._ask(wire.Prove(box_hex), wire.Tried, [contract, golden], buffers=1)
        self._refuse_reached(tried)
        try:
            (answers,) = map(wire.table_from, buffers)
        except (wire.NoMessageError, ValueError) as error:
            raise self._gone("prove", error) from error
        return Proven(tried.trial, answers, list(tried.codes), tried.memory_bytes)

    def close(self) -> None:
        self._socket.close()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self,
        message: wire.Request,
        kind: type[T],
        given: Sequence[bytes] = (),
        *,
        buffers: int = 0,
        timeout_s: float | None = None,
    ) -> tuple[T, list[bytes]]:
        """The reply of that kind; whatever else comes ends the room."""
        if self._death is not None:
            raise self._death
        doing = type(message).__name__.lower()
        limit = timeout_s or self._timeout_s
        until = None if limit is None else time.monotonic() + limit
        form: Any = kind | wire.Failed  # made here, for msgspec alone
        try:
            self._socket.settimeout(limit)
            wire.send(self._socket, message, given)
            reply, got = wire.receive(self._socket, form, buffers=buffers, until=until)
        except (EOFError, OSError, wire.NoMessageError) as error:
            raise self._gone(doing, error) from error
        except BaseException as error:  # what is still to come would be taken for the next answer
            self._gone(doing, error)
            raise
        if isinstance(reply, wire.Failed):
            self._failed(reply, doing)
        return reply, got

    def _gone(self, doing: str, error: BaseException) -> HostError:
        """What is raised now, and again whenever it is asked: nobody's rows are to blame for it."""
        self._socket.close()
        # who hung up is about to end, and its own exit tells more than that we stopped it
        hung_up = isinstance(error, (EOFError, ConnectionError))
        ended = self._process.wait(_LAST_S) if hung_up else self._process.close()
        late = isinstance(error, TimeoutError)
        words = "did not answer in time" if late else f"ended: {ended.words}"
        if isinstance(error, wire.NoMessageError):
            words = "sent what is no answer, and was ended"
        elif not isinstance(error, Exception):
            words = "was ended, as the asking was interrupted"
        self._death = HostError(
            "room.too_slow" if late else "room.died",
            f"the process in the room {words}, while asked to {doing}",
            "BOXSHIP_PROOF_TIMEOUT_S allows more time" if late else _tail(ended.output),
            {"output": ended.output},
        )
        return self._death

    def _failed(self, error: wire.Failed, doing: str) -> NoReturn:
        if doing != "predict":
            self._refuse_reached(error)
        detail = {"raised": error.raised}
        if module := _plain(error.missing_module):
            raise BoxError(
                "proof.missing_module",
                f"the model needs the module {module!r}, which is not in the box's lock",
                f"add --require {module.split('.')[0]} if it is installed where the model was trained, "
                "--code PATH if it is your own",
                detail,
            )
        if error.absent_file and doing in ("load", "predict"):
            self._outside(error.absent_file, error.raised)
        message = _plain(error.message)
        if error.code:
            raise _KINDS.get(error.raised, BoxError)(error.code, message, _plain(error.hint), detail)
        code = "model.cannot_load" if doing == "load" else "model.raised"
        raise BoxError(code, f"the model raised {message}", "try it in the environment it comes from", detail)

    def _refuse_reached(self, reply: wire.Loaded | wire.Tried | wire.Failed) -> None:
        if reply.network:
            raise BoxError(
                "proof.network",
                f"the model calls the network: {_plain(', '.join(reply.network[:3]))}",
                "put what it fetches into its own files or state; a box answers without a network",
            )
        if reply.files and self._process.isolation.files != "hidden":
            self._outside(reply.files[0])

    def _outside(self, path: str, raised: str = "") -> NoReturn:
        raise BoxError(
            "proof.file_outside",
            f"the model opens {_plain(path)}, which is not in the box",
            "keep the content in the fitted object, or in a package given with --code",
            {"path": path, "raised": raised},
        )


def enter(
    room: Room, *, read: Sequence[Path], settings: Settings, timeout_s: float | None = None
) -> RoomModel:
    """Start a worker in the room; it can read the given folders and nothing else of yours."""
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as failed, contextlib.closing(theirs):
        failed.callback(ours.close)
        args = ["--fd", str(theirs.fileno())]
        for folder in read:
            args += ["--read", str(folder)]
        process = start(
            room,
            "boxship.runner.worker",
            args,
            read=read,
            settings=settings,
            fds=[theirs.fileno()],
        )
        failed.pop_all()
    return RoomModel(process, ours, load_s=settings.proof_timeout_s, timeout_s=timeout_s)


def _tail(output: str) -> str:
    lines = [_plain(line) for line in output.strip().splitlines() if line.strip()]
    return f"its last words: {lines[-1][:300]}" if lines else "it said nothing"


def _plain(text: str) -> str:
    """Without what would do something to a terminal."""
    return "".join(one if one.isprintable() else " " if one.isspace() else "?" for one in text)


def enter_with(
    room: Room,
    adapter: str,
    model: Path,
    code: Path | None = None,
    trust: Sequence[str] = (),
    *,
    read: Path,
    settings: Settings,
    timeout_s: float | None = None,
) -> RoomModel:
    """The same with a model loaded, which lies in the folder `read`."""
    remote = enter(room, read=[read], settings=settings, timeout_s=timeout_s)
    try:
        remote.load(adapter, model, code, trust)
    except BaseException:
        remote.close()
        raise
    return remote
