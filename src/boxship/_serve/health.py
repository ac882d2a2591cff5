"""What a server says of itself: alive, ready, counted."""

from collections.abc import Callable

from boxship._serve.board import Board
from boxship._serve.life import Life
from boxship._serve.message import TEXT, Call, Reply
from boxship.core.digest import Digest
from boxship.monitor.metric import prometheus

_METRICS = b"text/plain; version=0.0.4; charset=utf-8"
_LIVE = Reply(200, TEXT, b"ok\n")
_NOT_READY = Reply(503, TEXT, b"not ready\n")


class Health:
    """Ready from the golden rows' being answered as proven, until the worker is told to end."""

    def __init__(self, box: Digest, life: Life, board: Board) -> None:
        self._life = life
        self._board = board
        self._labels = {"box": str(box)}

    def told(self) -> dict[bytes, Callable[[Call], Reply]]:
        return {
            b"/livez": self.live,
            b"/healthz": self.ready,
            b"/readyz": self.ready,
            b"/metrics": self.metrics,
        }

    def live(self, call: Call) -> Reply:
        return _LIVE

    def ready(self, call: Call) -> Reply:
        return _LIVE if self._life.ready else _NOT_READY

    def metrics(self, call: Call) -> Reply:
        text = prometheus(self._board.metrics, self._board.total(), self._labels)
        return Reply(200, _METRICS, text.encode())
