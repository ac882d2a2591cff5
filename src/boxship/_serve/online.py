"""All that answers in one process, joined together in one loop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn

from boxship._serve.about import About
from boxship._serve.app import App
from boxship._serve.beside import Beside
from boxship._serve.board import Place, Row
from boxship._serve.desk import Desk
from boxship._serve.health import Health
from boxship._serve.life import Life
from boxship._serve.openapi import OpenApi
from boxship._serve.pace import Pace
from boxship._serve.protocol import Protocol
from boxship._serve.route import routes_of
from boxship._serve.service import Service
from boxship.runner.local import Runner
from boxship.settings import Settings

_BEAT_S = 0.1
_SWEEP = 10  # beats


async def answer(
    runner: Runner,
    pace: Pace,
    about: About,
    listener: socket.socket,
    place: Place,
    settings: Settings,
    end: asyncio.Event,
) -> None:
    """Until `end` is set: then what has been asked is still answered, as long as `drain_s` allows."""
    board, row, life = place
    loop = asyncio.get_running_loop()
    beside = Beside(loop, life)
    service = Service(about.box, Desk(runner, pace, loop, beside, row), row, settings)
    about = about._replace(ready=lambda: life.ready)
    told = {**Health(about, board).told(), b"/openapi.json": OpenApi(about).tell}
    routes = routes_of(about, told)
    server = _server(App(service, routes), partial(Protocol, service, routes.asked), settings)
    life.set_ready()
    beat = loop.create_task(_beat(server, life, row))
    leave = loop.create_task(_leave(server, life, end))
    try:
        await server.serve(sockets=[listener])
    finally:
        beat.cancel()
        leave.cancel()
        beside.close()


async def _leave(server: uvicorn.Server, life: Life, end: asyncio.Event) -> None:
    await end.wait()
    life.set_ready(ready=False)
    server.should_exit = True


async def _beat(server: uvicorn.Server, life: Life, row: Row) -> None:
    """Signs of life, and a look at every connection once a second, more often while we are leaving."""
    loop, beats = asyncio.get_running_loop(), 0
    while True:
        life.beat()
        row.used()
        if beats % _SWEEP == 0 or server.should_exit:
            for connection in [*server.server_state.connections]:
                connection.sweep(loop.time())  # type: ignore[union-attr]  # all of them are our `Protocol`
        beats += 1
        await asyncio.sleep(_BEAT_S)


class _Server(uvicorn.Server):
    """uvicorn's, without its signal handlers: the process has its own."""

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
        timeout_graceful_shutdown=max(1, int(settings.drain_s)),
    )
    return _Server(config)
