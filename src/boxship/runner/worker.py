"""The process in a room: loads one model, answers over one socket."""

import argparse
import os
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from boxship.adapters import Exporter, Given, Lowerer, Model, RawAsker, Settled, Settler
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table_bytes import from_bytes, to_bytes
from boxship.errors import BoxError, BoxshipError
from boxship.frames.raw import unpickle_raw
from boxship.runner import wire
from boxship.runner.load import load_model
from boxship.runner.local import Runner
from boxship.runner.speed import compare_speed
from boxship.runner.trial import answer_golden, try_box
from boxship.runner.twin import TwinModel
from boxship.runner.watch import Watch
from boxship.twin import program_bytes
from boxship.twin.refused import NoTwinError

_FEW_WORDS = 300


class Worker:
    """One model, and the requests of the wire that it answers."""

    def __init__(self, watch: Watch, model: Model | None = None) -> None:
        self._watch = watch
        self._model = model

    def answer(self, message: wire.Request, buffers: Sequence[bytes]) -> tuple[wire.Reply, list[bytes]]:
        """The reply; whatever the model raises becomes a reply too."""
        try:
            return self._answered(message, buffers)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001  # what a model raises is an answer
            return self._failed(error), []

    def _answered(self, message: wire.Request, given: Sequence[bytes]) -> tuple[wire.Reply, list[bytes]]:
        reply: wire.Reply
        back: list[bytes] = []
        match message:
            case wire.Load():
                reply = self._load(message)
            case wire.Describe():
                reply = wire.Said(self._loaded().describe())
            case wire.Settle():
                reply = wire.Found(self._settle(message, *given))
            case wire.Lower():
                reply, back = self._lower(*given)
            case wire.Export():
                reply, back = self._export(*given)
            case wire.Compare():
                reply, back = wire.Predicted(), wire.given_bytes(self._ask_raw(*given))
            case wire.Predict():
                reply, back = wire.Predicted(), wire.given_bytes(self._loaded().predict(from_bytes(given[0])))
            case wire.Prove():
                reply, back = self._prove(message, *given)
        return reply, back

    def _load(self, asked: wire.Load) -> wire.Loaded:
        started = time.perf_counter()
        code = Path(asked.code) if asked.code else None
        self._model = load_model(asked.adapter, Path(asked.model), code, trust=asked.trust)
        return wire.Loaded(time.perf_counter() - started, **self._reached())

    def _settle(self, asked: wire.Settle, rows: bytes) -> Settled:
        model = self._loaded()
        if not isinstance(model, Settler):
            return Settled(model.describe().outputs)
        return model.settle(from_bytes(rows), nullable=asked.nullable, units=asked.units)

    def _lower(self, contract: bytes, rows: bytes) -> tuple[wire.Lowered, list[bytes]]:
        model = self._loaded()
        exports = isinstance(model, Exporter) and model.exports
        try:
            program = _as_lowerer(model).lower(Contract.from_bytes(contract))
        except Exception as error:  # noqa: BLE001  # a model that is like none we know answers without a twin
            return wire.Lowered(_why_none("lowering", error), exports=exports), []
        speeds = compare_speed(model, TwinModel(program), from_bytes(rows))
        return wire.Lowered("", speeds, exports), [program_bytes.to_bytes(program)]

    def _export(self, contract: bytes) -> tuple[wire.Exported, list[bytes]]:
        model = self._loaded()
        try:
            written = _as_exporter(model).to_onnx(Contract.from_bytes(contract))
        except Exception as error:  # noqa: BLE001  # an exporter raises whatever it does not know
            return wire.Exported(_why_none("writing it as ONNX", error)), []
        return wire.Exported(""), [written]

    def _ask_raw(self, pickled: bytes) -> Sequence[Given]:
        model = self._loaded()
        if not isinstance(model, RawAsker):
            raise BoxError(
                "model.not_raw", f"a {type(model).__name__} takes tables only", "pack goes on without it"
            )
        return model.ask_raw(unpickle_raw(pickled))

    def _prove(self, asked: wire.Prove, contract: bytes, golden: bytes) -> tuple[wire.Tried, list[bytes]]:
        rows = from_bytes(golden)
        runner = Runner(Digest(asked.box), Contract.from_bytes(contract), self._loaded())
        answers = answer_golden(runner, rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        trial = try_box(runner, rows, answers)
        codes = tuple(answers.verdicts.codes().tolist())
        return wire.Tried(trial, codes, peak, **self._reached()), [to_bytes(answers.table)]

    def _loaded(self) -> Model:
        if self._model is None:
            raise RuntimeError("asked before it was loaded")
        return self._model

    def _reached(self) -> dict[str, tuple[str, ...]]:
        network, files = self._watch.network, self._watch.files
        return {"network": tuple(map(_short, network)), "files": tuple(map(_short, files))}

    def _failed(self, error: BaseException) -> wire.Failed:
        known = error if isinstance(error, BoxshipError) else None
        chain: list[BaseException] = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 20:
            chain.append(cause)
        missing = next((e.name for e in chain if isinstance(e, ModuleNotFoundError) and e.name), "")
        absent = next((str(e.filename) for e in chain if isinstance(e, FileNotFoundError) and e.filename), "")
        return wire.Failed(
            raised=type(error).__name__[:100],
            code=known.code if known else "",
            message=_short(known.message if known else f"{type(error).__name__}: {error}"[:500]),
            hint=_short(known.hint) if known else "",
            missing_module=_short(missing),
            absent_file=_short(absent),
            **self._reached(),
        )


def _as_lowerer(model: Model) -> Lowerer:
    if not isinstance(model, Lowerer):
        raise NoTwinError("its adapter makes none")
    return model


def _as_exporter(model: Model) -> Exporter:
    if not isinstance(model, Exporter):
        raise NoTwinError("its adapter writes none")
    return model


def _why_none(doing: str, error: Exception) -> str:
    if isinstance(error, NoTwinError):
        return _short(str(error))
    words = " ".join(str(error).split())[:_FEW_WORDS]
    return _short(f"{doing} raised {type(error).__name__}: {words}")


def _short(text: str) -> str:
    """What fits into a message: not too long, and UTF-8."""
    return text[:5000].encode(errors="replace").decode()


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
                asked: tuple[wire.Request, list[bytes]]
                asked = wire.receive(sock, wire.Request, buffers=2)  # type: ignore[arg-type]  # a union
            except EOFError:
                return
            wire.send(sock, *worker.answer(*asked))


if __name__ == "__main__":
    main()
