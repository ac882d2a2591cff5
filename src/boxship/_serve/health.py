"""What a server says of itself: alive, ready, counted."""

from collections.abc import Callable

from boxship._serve.about import About
from boxship._serve.board import Board
from boxship._serve.message import TEXT, Reply
from boxship.monitor.metric import prometheus

_METRICS = b"text/plain; version=0.0.4; charset=utf-8"
_LIVE = Reply(200, TEXT, b"ok\n")
_NOT_READY = Reply(503, TEXT, b"not ready\n")


class Health:
    """Ready from the golden rows' being answered as proven, until the worker is told to end."""

    def __init__(self, about: About, board: Board) -> None:
        self._about = about
        self._board = board
        self._labels = {"box": str(about.box)}

    def told(self) -> dict[bytes, Callable[[], Reply]]:
        return {
            b"/livez": self.live,
            b"/healthz": self.ready,
            b"/readyz": self.ready,
            b"/metrics": self.metrics,
        }

    def live(self) -> Reply:
        return _LIVE

    def ready(self) -> Reply:
        return _LIVE if self._about.ready() else _NOT_READY

    def metrics(self) -> Reply:
        text = prometheus(self._board.metrics, self._board.total(), self._labels)
        return Reply(200, _METRICS, text.encode())
