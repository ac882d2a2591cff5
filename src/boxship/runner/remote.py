"""A model asked in its room, over a socket."""

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self

import msgspec

from boxship import errors
from boxship.adapters import Described, Given
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.errors import BoxError, HostError
from boxship.room.build import Room
from boxship.room.process import Process, start
from boxship.runner import wire
from boxship.runner.trial import Trial
from boxship.settings import Settings


class Proven(NamedTuple):
    """What the trial in the room gave."""

    trial: Trial
    answers: Table
    codes: list[int]
    memory_bytes: int


class RoomModel:
    """A `Model` whose process runs in a room. Close it, or use it as a context."""

    def __init__(self, process: Process, sock: socket.socket) -> None:
        self._process = process
        self._socket = sock
        self._death: HostError | None = None

    @property
    def process(self) -> Process:
        return self._process

    def load(self, adapter: str, model: Path, code: Path | None, trust: Sequence[str]) -> float:
        """Seconds that loading took. What goes wrong is named: module, file, network, version."""
        values = {
            "op": "load",
            "adapter": adapter,
            "model": str(model),
            "code": str(code) if code else "",
            "trust": list(trust),
        }
        reply = self._ask(values)
        self._refuse_reached(reply.values)
        return float(reply.values["seconds"])

    def describe(self) -> Described:
        return msgspec.convert(self._ask({"op": "describe"}).values["described"], Described)

    def predict(self, table: Table) -> Sequence[Given]:
        return wire.given_from(self._ask({"op": "predict"}, [to_bytes(table)]).buffers)

    def prove(self, box_hex: str, contract: bytes, golden: bytes) -> Proven:
        reply = self._ask({"op": "prove", "box": box_hex}, [contract, golden])
        self._refuse_reached(reply.values)
        trial = msgspec.convert(reply.values["trial"], Trial)
        values = reply.values
        return Proven(trial, from_bytes(reply.buffers[0]), values["codes"], values["memory_bytes"])

    def close(self) -> None:
        self._socket.close()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, values: dict[str, Any], buffers: Sequence[bytes] = ()) -> wire.Message:
        if self._death is not None:
            raise self._death
        try:
            wire.send(self._socket, values, buffers)
            reply = wire.receive(self._socket)
        except (EOFError, OSError) as error:
            self._death = self._gone(values["op"], error)
            raise self._death from error
        if "error" in reply.values:
            self._failed(reply.values["error"], values["op"])
        return reply

    def _gone(self, doing: str, error: Exception) -> HostError:
        """What is raised now, and again whenever it is asked: nobody's rows are to blame for it."""
        self._socket.close()
        ended = self._process.close()
        late = isinstance(error, TimeoutError)
        words = "did not answer in time" if late else f"ended: {ended.words}"
        return HostError(
            "room.too_slow" if late else "room.died",
            f"the process in the room {words}, while asked to {doing}",
            "BOXSHIP_PROOF_TIMEOUT_S allows more time" if late else _tail(ended.output),
            {"output": ended.output},
        )

    def _failed(self, error: dict[str, Any], doing: str) -> NoReturn:
        if doing != "predict":
            self._refuse_reached(error)
        if module := error["missing_module"]:
            raise BoxError(
                "proof.missing_module",
                f"the model needs the module {module!r}, which is not in the box's lock",
                f"add --require {module.split('.')[0]} if it is installed where the model was trained, "
                "--code PATH if it is your own",
            )
        if error["absent_file"] and doing == "load":
            self._outside(error["absent_file"])
        if error["code"]:
            kind: type[errors.BoxshipError] = getattr(errors, error["kind"], BoxError)
            raise kind(error["code"], error["message"], error["hint"])
        code = "model.cannot_load" if doing == "load" else "model.raised"
        raise BoxError(
            code, f"the model raised {error['message']}", "try it in the environment it comes from"
        )

    def _refuse_reached(self, values: dict[str, Any]) -> None:
        if values["network"]:
            raise BoxError(
                "proof.network",
                f"the model calls the network: {', '.join(values['network'][:3])}",
                "put what it fetches into its own files or state; a box answers without a network",
            )
        if values["files"] and self._process.isolation.files != "hidden":
            self._outside(values["files"][0])

    def _outside(self, path: str) -> NoReturn:
        raise BoxError(
            "proof.file_outside",
            f"the model opens {path}, which is not in the box",
            "keep the content in the fitted object, or in a package given with --code",
            {"path": path},
        )


def enter(
    room: Room, *, read: Sequence[Path], settings: Settings, isolated: bool, timeout_s: float | None = None
) -> RoomModel:
    """Start a worker in the room; it can read the given folders and nothing else of yours."""
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as stack:
        stack.callback(theirs.close)
        args = ["--fd", str(theirs.fileno())]
        for folder in read:
            args += ["--read", str(folder)]
        process = start(
            room,
            "boxship.runner.worker",
            args,
            read=read,
            settings=settings,
            isolated=isolated,
            fds=[theirs.fileno()],
        )
    ours.settimeout(timeout_s)
    return RoomModel(process, ours)


def _tail(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if line.strip()]
    return f"its last words: {lines[-1][:300]}" if lines else "it said nothing"
