"""The process in a room: loads one model, answers over one socket."""

import argparse
import os
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from boxship.adapters import Model
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.errors import BoxshipError
from boxship.runner import wire
from boxship.runner.load import load_model
from boxship.runner.local import Runner
from boxship.runner.trial import answer_golden, try_box
from boxship.runner.watch import Watch


class Worker:
    """One model and the questions it can be asked, each named by a message's `op`."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._model: Model | None = None

    def answer(self, message: wire.Message) -> wire.Message:
        """The reply; whatever the model raises becomes a reply too."""
        ops: dict[str, Callable[[wire.Message], wire.Message]] = {
            "load": self._load,
            "describe": self._describe,
            "predict": self._predict,
            "prove": self._prove,
        }
        try:
            return ops[message.values["op"]](message)
        except Exception as error:  # noqa: BLE001  # the request loop: whatever a model raises is an answer
            return wire.Message({"error": self._error(error)}, [])

    def _load(self, message: wire.Message) -> wire.Message:
        values = message.values
        started = time.perf_counter()
        code = Path(values["code"]) if values["code"] else None
        self._model = load_model(values["adapter"], Path(values["model"]), code, trust=values["trust"])
        return wire.Message({"seconds": time.perf_counter() - started, **self._reached()}, [])

    def _describe(self, _: wire.Message) -> wire.Message:
        return wire.Message({"described": msgspec.to_builtins(self._loaded().describe())}, [])

    def _predict(self, message: wire.Message) -> wire.Message:
        given = self._loaded().predict(from_bytes(message.buffers[0]))
        return wire.Message({}, wire.given_bytes(given))

    def _prove(self, message: wire.Message) -> wire.Message:
        contract, golden = Contract.from_bytes(message.buffers[0]), from_bytes(message.buffers[1])
        runner = Runner(Digest(message.values["box"]), contract, self._loaded())
        answers = answer_golden(runner, golden)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        trial = try_box(runner, golden, answers)
        values = {"trial": msgspec.to_builtins(trial), "memory_bytes": peak, **self._reached()}
        values["codes"] = answers.verdicts.codes().tolist()
        return wire.Message(values, [to_bytes(answers.table)])

    def _loaded(self) -> Model:
        if self._model is None:
            raise RuntimeError("asked before it was loaded")
        return self._model

    def _reached(self) -> dict[str, Any]:
        return {"network": self._watch.network, "files": self._watch.files}

    def _error(self, error: BaseException) -> dict[str, Any]:
        known = error if isinstance(error, BoxshipError) else None
        chain: list[BaseException] = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 20:
            chain.append(cause)
        missing = next((e.name for e in chain if isinstance(e, ModuleNotFoundError) and e.name), None)
        absent = next(
            (str(e.filename) for e in chain if isinstance(e, FileNotFoundError) and e.filename), None
        )
        return {
            "kind": type(known).__name__ if known else "",
            "code": known.code if known else "",
            "message": known.message if known else f"{type(error).__name__}: {error}"[:500],
            "hint": known.hint if known else "",
            "missing_module": missing,
            "absent_file": absent,
            **self._reached(),
        }


def main() -> None:
    """Serve the socket whose number is given until the other side goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--read", action="append", default=[])
    options = parser.parse_args()
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, tempfile.gettempdir(), *options.read]
    watch = Watch([os.path.join(os.path.realpath(folder), "") for folder in folders] + folders)  # noqa: PTH118
    watch.start()
    worker = Worker(watch)
    with socket.socket(fileno=options.fd) as sock:
        while True:
            try:
                message = wire.receive(sock)
            except EOFError:
                return
            reply = worker.answer(message)
            wire.send(sock, reply.values, reply.buffers)


if __name__ == "__main__":
    main()
