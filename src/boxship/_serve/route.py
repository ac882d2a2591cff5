"""One table of what is answered where."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from boxship._serve import dialects
from boxship._serve.dialects import Dialect
from boxship._serve.message import Call, Reply
from boxship.core.contract import Contract


class Routes(NamedTuple):
    """Whole paths only: a server serves one box, so that every path is known before the first request.

    `asked` are answered by the box, in a dialect; `told` by what is known without asking it.
    """

    asked: Mapping[bytes, Dialect]
    told: Mapping[bytes, Callable[[Call], Reply]]

    def methods(self, path: bytes) -> tuple[str, ...]:
        """By which a path may be asked; none where there is no such path."""
        found = ("POST",) if path in self.asked else ()
        return (*found, "GET", "HEAD") if path in self.told else found


PATHS = {b"/predict": "own"}


def asked_of(contract: Contract) -> dict[bytes, Dialect]:
    """The routes that the box answers, their dialects compiled from its contract."""
    made = {name: dialects.get(name)(contract) for name in set(PATHS.values())}
    return {path: made[name] for path, name in PATHS.items()}
