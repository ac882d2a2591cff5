"""Vertex AI: the words of TensorFlow Serving, at the paths that the platform names."""

from collections.abc import Callable, Mapping, Sequence

from boxship._serve.about import About
from boxship._serve.dialects.tf_serving import TfServing
from boxship._serve.message import TEXT, Reply


class Vertex(TfServing):
    """Nowhere, unless a path is set."""

    name = "vertex"

    def __init__(self, about: About) -> None:
        super().__init__(about)
        self.prefix = about.predict_route.encode()

    @property
    def asked(self) -> Sequence[bytes]:
        return [self.prefix] if self.prefix else []

    @property
    def told(self) -> Mapping[bytes, Callable[[], Reply]]:
        health = self._about.health_route.encode()
        return {health: self._health} if health else {}

    def _health(self) -> Reply:
        ready = self._about.ready()
        return Reply(200 if ready else 503, TEXT, b"ok\n" if ready else b"not ready\n")
