"""One worker: a loop that answers what comes in on the shared socket."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn
import uvloop

from boxship._serve.about import About
from boxship._serve.app import App
from boxship._serve.beside import Beside
from boxship._serve.board import Board, Row
from boxship._serve.desk import Desk
from boxship._serve.health import Health
from boxship._serve.life import Life
from boxship._serve.pace import Pace
from boxship._serve.protocol import Protocol
from boxship._serve.ready import hold_against_proof
from boxship._serve.route import routes_of
from boxship._serve.service import Service
from boxship.box import Box
from boxship.runner.local import Runner
from boxship.settings import Settings

_BEAT_S = 0.1
_SWEEP = 10  # beats


class Worker:
    """Made in the forked child. `run` returns when it was told to end, or nobody keeps it any more."""

    def __init__(
        self,
        box: Box,
        about: About,
        listener: socket.socket,
        board: Board,
        row: Row,
        life: Life,
        settings: Settings,
    ) -> None:
        self._box = box
        self._about = about
        self._listener = listener
        self._board = board
        self._row = row
        self._life = life
        self._settings = settings

    def run(self, runner: Runner, alive: int) -> None:
        """`alive` can be read when the process that keeps this one is gone."""
        self._row.begin()
        pace = hold_against_proof(self._box, runner)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            loop.run(self._serve(runner, pace, alive))

    async def _serve(self, runner: Runner, pace: Pace, alive: int) -> None:
        loop = asyncio.get_running_loop()
        beside = Beside(loop, self._life)
        desk = Desk(runner, pace, loop, beside, self._row)
        about = self._about._replace(ready=lambda: self._life.ready)
        service = Service(about.box, desk, self._row, self._settings)
        routes = routes_of(about, Health(about, self._board).told())
        server = _server(App(service, routes), partial(Protocol, service, routes.asked), self._settings)

        def end() -> None:
            self._life.set_ready(ready=False)
            server.should_exit = True

        def gone() -> None:
            loop.remove_reader(alive)
            end()

        loop.add_signal_handler(signal.SIGTERM, end)
        loop.add_reader(alive, gone)
        beat = loop.create_task(self._beat(server))
        await server.serve(sockets=[self._listener])
        beat.cancel()
        beside.close()

    async def _beat(self, server: uvicorn.Server) -> None:
        """Signs of life, and a look at every connection once a second, or more often while we are leaving."""
        loop, beats = asyncio.get_running_loop(), 0
        self._life.set_ready()
        while True:
            self._life.beat()
            self._row.used()
            if beats % _SWEEP == 0 or server.should_exit:
                for connection in [*server.server_state.connections]:
                    connection.sweep(loop.time())  # type: ignore[union-attr]  # all of them are our `Protocol`
            beats += 1
            await asyncio.sleep(_BEAT_S)


class _Server(uvicorn.Server):
    """uvicorn's, without its signal handlers: the worker has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: App, protocol: Callable[..., asyncio.Protocol], settings: Settings) -> _Server:
    config = uvicorn.Config(
        app,
        http=protocol,  # type: ignore[arg-type]  # called as the class is
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.drain_s),
    )
    return _Server(config)
