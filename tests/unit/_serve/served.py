"""A server in the tests' own loop, with a model of theirs, and a connection that speaks bytes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvloop

from boxship._serve.about import About
from boxship._serve.board import Board, Place
from boxship._serve.dialects import DIALECTS
from boxship._serve.life import Life
from boxship._serve.listen import bind
from boxship._serve.online import answer
from boxship._serve.pace import Pace
from boxship.adapters import Model
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.monitor.metric import prometheus
from boxship.runner.local import Runner
from boxship.settings import Settings
from boxship.testing.models import FakeModel, number_contract

BOX = Digest("0" * 64)
GOOD = b'{"a":1,"b":2}'
ANSWER = b'{"prediction":3.0,"verdict":"ok"}'


@dataclass
class Said:
    """One answer on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """A connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(
        self, path: str = "/predict", body: bytes = GOOD, *lines: str, method: str = "POST"
    ) -> Said:
        self.send(path, body, *lines, method=method)
        return await self.hear()

    def send(self, path: str = "/predict", body: bytes = GOOD, *lines: str, method: str = "POST") -> None:
        head = [f"{method} {path} HTTP/1.1", "host: here", f"content-length: {len(body)}", *lines]
        self.writer.write("\r\n".join([*head, "", ""]).encode() + body)

    async def hear(self) -> Said:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Said(int(first.split()[1]), headers, body)

    async def closed(self, within_s: float = 10) -> bool:
        return await asyncio.wait_for(self.reader.read(), within_s) == b""


@dataclass
class Server:
    """What the tests may look at."""

    port: int
    end: asyncio.Event
    life: Life
    board: Board
    task: "asyncio.Task[None]"
    wires: list[Wire] = field(default_factory=list)

    async def open(self) -> Wire:
        self.wires.append(Wire(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.wires[-1]

    def counted(self) -> set[str]:
        return set(prometheus(self.board.metrics, self.board.total(), {}).splitlines())


@contextlib.asynccontextmanager
async def server(
    model: Model | None = None,
    contract: Contract | None = None,
    *,
    pace: Pace | None = None,
    **given: Any,
) -> AsyncIterator[Server]:
    contract = contract or number_contract("a", "b")
    settings = Settings(**{"drain_s": 2.0, **given})
    board, life, end = Board(1, tuple(DIALECTS)), Life(), asyncio.Event()
    row = board.row(0)
    life.begin(1)
    row.begin()
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        coming = answer(
            Runner(BOX, contract, model or FakeModel()),
            pace or Pace(1e-5, 1e-4, 100),
            About(BOX, "sum", "1", "python", contract),
            listener,
            Place(board, row, life),
            settings,
            end,
        )
        task = asyncio.get_running_loop().create_task(coming)
        while not life.ready or not await _listens(port):
            await asyncio.sleep(0.005)
        found = Server(port, end, life, board, task)
        try:
            yield found
        finally:
            for wire in found.wires:
                wire.writer.transport.abort()
            end.set()
            await task


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def in_loop(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    uvloop.run(act())
