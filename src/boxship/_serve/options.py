"""How a server is to run: every choice, checked once."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `boxship serve` was told, or the defaults."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    isolate: bool = False
    trust: tuple[str, ...] = ()
    body_bytes: int = 16 * 2**20
    rows: int = 100_000
    wait_s: float = 1.0  # longest wait for the model before a request is refused
    read_s: float = 30.0  # for the whole of a request, and for the reading of an answer
    idle_s: float = 75.0  # for the next request on a connection
    hang_s: float = 60.0  # in one call of the model, or without a turn of the loop
    drain_s: float = 25.0  # after being told to end
