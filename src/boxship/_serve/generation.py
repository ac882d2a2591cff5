"""One generation: a box opened once, and the workers that answer from it."""

import gc
import signal
import socket
from collections.abc import Sequence

from boxship._serve.about import About
from boxship._serve.board import Board, Place
from boxship._serve.dialects import DIALECTS
from boxship._serve.keeper import Keeper, end_in_order
from boxship._serve.life import Life
from boxship._serve.signals import Signals, is_readable, wait
from boxship._serve.worker import Worker
from boxship.box import Box
from boxship.runner.local import Runner
from boxship.runner.open import open_runner
from boxship.settings import Settings

_LOOK_S = 0.1
_LATER_S = 2.0  # a model in a process of its own has its time first, and the worker lives on


class Generation:
    """Made before the fork; `run` in the child that is to be the generation."""

    def __init__(
        self,
        box: Box,
        about: About,
        listener: socket.socket,
        settings: Settings,
        *,
        trust: Sequence[str],
        isolate: bool,
    ) -> None:
        self._box = box
        self._about = about
        self._listener = listener
        self._trust = trust
        self._isolate = isolate
        self._settings = settings
        self.life = Life()

    def run(self, alive: int) -> None:
        """Until told to end, or the supervisor is gone, which `alive` tells."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the supervisor's to answer
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Signals(signal.SIGTERM, signal.SIGCHLD) as signals:
            opened = self._shared()
            board = Board(self._settings.workers + 1, tuple(DIALECTS))
            lives = [Life() for _ in range(self._settings.workers)]
            workers = [
                Worker(self._box, self._about, self._listener, Place(board, row, life), self._settings)
                for row, life in zip(board.rows(), lives, strict=False)
            ]
            keeper = Keeper(
                lives,
                lambda place, alive: self._work(workers[place], opened, alive),
                signals,
                hang_s=self._settings.hang_s + _LATER_S,
                died=board.row(self._settings.workers).died,
            )
            gc.collect()
            gc.freeze()  # a collection in a worker would copy what all of them share
            while signal.SIGTERM not in signals.take() and not is_readable(alive):
                keeper.look()
                if keeper.error:
                    raise keeper.error
                self.life.set_ready(ready=keeper.ready)
                wait((signals, alive), _LOOK_S)
            end_in_order([keeper], signals, self._settings.drain_s + 1)

    def _shared(self) -> Runner | None:
        """A runner that forked children may use as it is; None where each has to open its own."""
        if self._isolate or not self._box.attached("twin"):
            return None
        runner = self._open()
        if runner.forks:
            return runner
        runner.close()
        return None

    def _open(self) -> Runner:
        return open_runner(
            self._box,
            settings=self._settings,
            say=lambda _: None,
            trust=self._trust,
            room=self._isolate,
            answer_s=self._settings.hang_s,
        )

    def _work(self, worker: Worker, shared: Runner | None, alive: int) -> None:
        with shared or self._open() as runner:
            worker.run(runner, alive)
