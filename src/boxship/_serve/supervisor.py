"""`boxship serve`: holds the socket, keeps a generation alive, changes it for the next."""

import logging
import signal
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple

from boxship import argument
from boxship._open import BoxLike
from boxship._open import open as open_reference
from boxship._serve.about import about
from boxship._serve.generation import Generation
from boxship._serve.keeper import Keeper, end_in_order
from boxship._serve.listen import admit_no_more, bind
from boxship._serve.signals import Signals, wait
from boxship.box import Box
from boxship.errors import BoxshipError
from boxship.settings import Settings, current

log = logging.getLogger(__name__)
_LOOK_S = 0.1


class Serving(NamedTuple):
    """What is said once requests are answered, and again after every change of generation."""

    name: str
    version: str
    digest: str
    url: str


def serve(
    box: BoxLike,
    *,
    isolate: bool = False,
    trust: Sequence[str] = (),
    settings: Settings | None = None,
    say: Callable[[Serving], None] | None = None,
) -> None:
    """Answer requests until this process is told to end (SIGTERM, SIGINT); SIGHUP takes what the name
    points to by then as a new generation of processes, and no request is lost.

    To be called in the main thread of a process that has no other: workers are forked from it.
    """
    settings = current(settings)
    isolate = argument.flag("isolate", isolate)
    Supervisor(box, settings, say or _quiet, trust=trust, isolate=isolate).run()


class Supervisor:
    """Loads no model: what a model does to its process cannot happen to this one."""

    def __init__(
        self,
        box: BoxLike,
        settings: Settings,
        say: Callable[[Serving], None],
        *,
        trust: Sequence[str],
        isolate: bool,
    ) -> None:
        self._reference = box
        self._trust = trust
        self._isolate = isolate
        self._settings = settings
        self._say = say
        self._serving: Keeper | None = None
        self._coming: Keeper | None = None
        self._ending: list[Keeper] = []

    def run(self) -> None:
        box = open_reference(self._reference, settings=self._settings)
        with (
            bind(self._settings.host, self._settings.port) as listener,
            Signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD) as signals,
        ):
            self._coming = self._keep(box, listener, signals)
            try:
                while not (told := signals.take()) & {signal.SIGTERM, signal.SIGINT}:
                    if signal.SIGHUP in told:
                        self._begin_next(listener, signals)
                    self._look()
                    wait((signals,), _LOOK_S)
            finally:
                admit_no_more(listener)
                end_in_order(self._keepers(), signals, self._settings.drain_s + 2)

    def _keep(self, box: Box, listener: socket.socket, signals: Signals) -> Keeper:
        found = about(box, str(self._reference), self._settings)
        generation = Generation(
            box, found, listener, self._settings, trust=self._trust, isolate=self._isolate
        )
        address, port = listener.getsockname()[:2]
        host = f"[{address}]" if ":" in address else address
        self._said = Serving(found.name, found.version, str(box.digest), f"http://{host}:{port}")

        def be(_: int, alive: int) -> None:
            generation.run(alive)

        return Keeper([generation.life], be, signals)

    def _begin_next(self, listener: socket.socket, signals: Signals) -> None:
        """Of what the name points to now; one that is on its way already is given up."""
        try:
            box = open_reference(self._reference, settings=self._settings)
            coming = self._keep(box, listener, signals)
        except (BoxshipError, OSError) as error:
            log.warning("there is no next version to serve", extra={"error": str(error).partition("\n")[0]})
            return
        if self._coming:
            self._retire(self._coming)
        self._coming = coming

    def _look(self) -> None:
        for keeper in self._keepers():
            keeper.look()
        for keeper in [keeper for keeper in self._ending if keeper.gone]:
            self._ending.remove(keeper)
            keeper.close()
        if self._coming and self._coming.error:
            error, failed, self._coming = self._coming.error, self._coming, None
            self._retire(failed)
            if self._serving is None:
                raise error
            log.error("the next generation failed, this one goes on", extra={"error": error.code})
        if self._coming and self._coming.ready:
            if self._serving:
                self._retire(self._serving)
            self._serving, self._coming = self._coming, None
            self._say(self._said)

    def _retire(self, keeper: Keeper) -> None:
        keeper.end(self._settings.drain_s + 2)
        self._ending.append(keeper)

    def _keepers(self) -> list[Keeper]:
        return [keeper for keeper in (*self._ending, self._serving, self._coming) if keeper]


def _quiet(_: Serving) -> None:
    """Nobody listens."""
