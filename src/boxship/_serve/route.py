"""One table of what is answered where."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from boxship._serve import dialects
from boxship._serve.about import About
from boxship._serve.dialects import DIALECTS, Dialect
from boxship._serve.message import Reply
from boxship._serve.problem import problem
from boxship.errors import BoxshipError

Told = Mapping[bytes, Callable[[], Reply]]


class Routes(NamedTuple):
    """Whole paths only: a server serves one box, so that every path is known before the first request.

    `asked` are answered by the box, in a dialect; `told` by what is known without asking it.
    """

    asked: Mapping[bytes, Dialect]
    told: Told
    spoken: tuple[Dialect, ...]

    def methods(self, path: bytes) -> tuple[str, ...]:
        """By which a path may be asked; none where there is no such path."""
        found = ("POST",) if path in self.asked else ()
        return (*found, "GET", "HEAD") if path in self.told else found

    def refuse(self, path: bytes, status: int, error: BoxshipError) -> Reply:
        """In the words of the protocol whose path it would be."""
        for dialect in self.spoken:
            if dialect.prefix and path.startswith(dialect.prefix):
                return dialect.refuse(status, error)
        return problem(status, error)


def routes_of(about: About, told: Told) -> Routes:
    """Every dialect's paths, and those of the server itself, which come first."""
    spoken = tuple(dialects.get(name)(about) for name in DIALECTS)
    asked = {path: dialect for dialect in spoken for path in dialect.asked}
    of_dialects = {path: tell for dialect in spoken for path, tell in dialect.told.items()}
    return Routes(asked, {**of_dialects, **told}, spoken)
