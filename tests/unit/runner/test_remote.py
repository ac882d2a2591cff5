import socket
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from boxship.adapters import DescribedOutput, Given, Settled
from boxship.core.answer import answer_rows
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import BoxError, DataError, HostError
from boxship.frames.raw import pickle_raw
from boxship.room.process import Exit, Isolation, Process
from boxship.runner import wire
from boxship.runner.local import Runner
from boxship.runner.remote import RoomModel
from boxship.runner.watch import Watch
from boxship.runner.worker import Worker
from boxship.testing.models import FakeModel, number_contract

BOX = Digest("0" * 64)
ROWS = Table.of({"a": [1.0, 2.0, 3.0]})


class FakeProcess:
    """What is left of a room when its process has gone."""

    isolation = Isolation("none", "hidden", "hidden", unprivileged=True, why=())

    def wait(self, timeout_s: float) -> Exit:
        del timeout_s
        return Exit(-11, "killed by SIGSEGV", "its last line")

    def close(self) -> Exit:
        return Exit(-9, "stopped", "its last line")


@pytest.fixture
def pair() -> Iterator[tuple[RoomModel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield RoomModel(cast("Process", FakeProcess()), ours, load_s=0.05), theirs


def test_a_death_is_told_each_time_and_blamed_on_no_row(pair: tuple[RoomModel, Any]) -> None:
    model, theirs = pair
    theirs.close()
    runner = Runner(BOX, number_contract("a"), model)
    for _ in range(3):
        with pytest.raises(HostError) as caught:
            runner.predict(ROWS)
        assert caught.value.code == "room.died"
        assert "SIGSEGV" in caught.value.message


def test_an_answer_that_nobody_waited_for_is_not_the_next_ones(
    pair: tuple[RoomModel, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = pair
    with monkeypatch.context() as patch:
        patch.setattr(wire, "receive", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.predict(ROWS)
    with pytest.raises(HostError) as caught:
        model.predict(ROWS)
    assert "interrupted" in caught.value.message


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def answered(pair: tuple[RoomModel, socket.socket], model: FakeModel, *, times: int) -> Iterator[RoomModel]:
    """Somebody at the other end answers so many questions."""
    worker = Worker(Watch([]), model)

    def serve() -> None:
        for _ in range(times):
            asked: Any = wire.receive(pair[1], cast("Any", wire.Request), buffers=1)
            wire.send(pair[1], *worker.answer(*asked))

    with ThreadPoolExecutor(1) as aside:
        served = aside.submit(serve)
        yield pair[0]
        served.result()


def header(message: object, *lengths: object) -> bytes:
    data = msgspec.msgpack.encode((message, lengths))
    return struct.pack("<Q", len(data)) + data


PREDICTED = {"type": "predicted"}
FAILED: dict[str, object] = {"type": "failed", "raised": "ValueError", "network": (), "files": ()}
FAILED |= dict.fromkeys(("code", "message", "hint", "missing_module", "absent_file"), "")


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff" * 8,
        struct.pack("<Q", 3) + b"abc",
        header({"type": "loaded", "seconds": 1.0, "network": (), "files": ()}),
        header({"type": "nothing"}),
        header(PREDICTED, 2**60),
        header(PREDICTED, -1),
        header(PREDICTED, *([0] * 10_001)),
        header(PREDICTED, 3) + b"abc",
        header(PREDICTED, len(to_bytes(ROWS))) + to_bytes(ROWS),
        header({**FAILED, "code": "not a code"}),
        header({**FAILED, "message": "x" * 10_001}),
        header({**FAILED, "files": 7}),
    ],
)
def test_what_a_room_sends_is_not_believed(pair: tuple[RoomModel, socket.socket], sent: bytes) -> None:
    model, theirs = pair
    theirs.sendall(sent)
    for _ in range(2):
        with pytest.raises(HostError) as caught:
            model.predict(ROWS)
        assert caught.value.code == "room.died"


def test_only_our_own_errors_are_raised_and_nothing_reaches_the_terminal(
    pair: tuple[RoomModel, socket.socket],
) -> None:
    model, theirs = pair
    theirs.sendall(header({**FAILED, "raised": "Mapping", "code": "a.b", "message": "\x1b[2J", "hint": "h"}))
    with pytest.raises(BoxError) as caught:
        model.predict(ROWS)
    assert (caught.value.code, caught.value.message) == ("a.b", "?[2J")


def test_a_room_that_sends_a_byte_now_and_then_is_too_slow() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        model = RoomModel(cast("Process", FakeProcess()), ours, load_s=1, timeout_s=0.05)
        theirs.sendall(b"\0\0")
        with pytest.raises(HostError) as caught:
            model.predict(ROWS)
    assert caught.value.code == "room.too_slow"


@pytest.mark.parametrize(
    "error",
    [ValueError("secret"), BoxError("x.y", "z"), DataError("x.y", "z"), ModuleNotFoundError(name="m")],
)
def test_a_room_and_this_process_give_the_same_reasons(
    pair: tuple[RoomModel, socket.socket], error: Exception
) -> None:
    def spoil(_table: Table, _given: Sequence[Given]) -> Sequence[Given]:
        raise error

    contract, rows = number_contract("a"), ROWS.between(0, 2)
    with answered(pair, FakeModel(spoil), times=3) as model:  # both rows, then each
        there = Runner(BOX, contract, model).predict(rows)
    here = Runner(BOX, contract, FakeModel(spoil)).predict(rows)
    assert answer_rows(contract.outputs, there) == answer_rows(contract.outputs, here)


def test_loading_has_a_limit_though_answers_have_none(pair: tuple[RoomModel, socket.socket]) -> None:
    with pytest.raises(HostError) as caught:
        pair[0].load("sklearn", Path("model"), None, ())
    assert caught.value.code == "room.too_slow"


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_whatever_a_model_raises_is_an_answer(kind: type[BaseException]) -> None:
    def leave(_table: Table, _given: Sequence[Given]) -> Sequence[Given]:
        raise kind

    reply, _ = Worker(Watch(()), FakeModel(leave)).answer(wire.Predict(), [to_bytes(ROWS)])
    assert isinstance(reply, wire.Failed)
    assert reply.raised == kind.__name__


class SettledModel(FakeModel):
    """Knows more once it has answered."""

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        outputs = (DescribedOutput("a", "float64"), DescribedOutput("b", "float64"))
        return Settled(outputs, f"{rows.length} {sorted(nullable)} {units}")

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        return [Given(rows[:, 0], None)]


def test_a_model_that_settles_its_form(pair: tuple[RoomModel, Any]) -> None:
    with answered(pair, SettledModel(), times=2) as model:
        settled = model.settle(ROWS, nullable={"a"}, units={"when": "ns"})
        assert (len(settled.outputs), settled.form) == (2, "3 ['a'] {'when': 'ns'}")
        (given,) = model.ask_raw(pickle_raw(np.array([[5.0], [6.0]])))
        assert given.values.tolist() == [5.0, 6.0]


def test_a_model_that_takes_tables_only(pair: tuple[RoomModel, Any]) -> None:
    with answered(pair, FakeModel(), times=2) as model:
        assert model.settle(ROWS, nullable=(), units={}) == Settled(FakeModel().describe().outputs)
        with pytest.raises(BoxError) as caught:
            model.ask_raw(pickle_raw(np.zeros((1, 1))))
        assert caught.value.code == "model.not_raw"
