"""One worker: a forked child that answers what comes in on the shared socket."""

import asyncio
import signal
import socket
from dataclasses import dataclass

import uvloop

from boxship._serve.about import About
from boxship._serve.board import Place
from boxship._serve.online import answer
from boxship._serve.ready import hold_against_proof
from boxship.box import Box
from boxship.runner.local import Runner
from boxship.settings import Settings


@dataclass(frozen=True)
class Worker:
    """Made before the fork; `run` in the child."""

    box: Box
    about: About
    listener: socket.socket
    place: Place
    settings: Settings

    def run(self, runner: Runner, alive: int) -> None:
        """Until told to end, or the process that keeps this one is gone, which `alive` tells."""
        self.place.row.begin()
        pace = hold_against_proof(self.box, runner)

        async def serve() -> None:
            loop, end = asyncio.get_running_loop(), asyncio.Event()

            def gone() -> None:
                loop.remove_reader(alive)
                end.set()

            loop.add_signal_handler(signal.SIGTERM, end.set)
            loop.add_reader(alive, gone)
            await answer(runner, pace, self.about, self.listener, self.place, self.settings, end)

        uvloop.run(serve())
