"""What a model reaches for while it loads and answers."""

import sys
from collections.abc import Iterable

_NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
_SYSTEM = ("/usr/", "/lib", "/bin/", "/sbin/", "/etc/", "/proc/", "/sys/", "/dev/")
_MOST = 50


class Watch:
    """Notes network calls, and files that lie neither in the system nor in the given folders.

    An audit hook cannot be taken away again, so there is one a process, made by its entry point.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self.network: list[str] = []
        self.files: list[str] = []
        self._known = (*_SYSTEM, *folders)

    def start(self) -> None:
        sys.addaudithook(self._note)

    def _note(self, event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            path = args[0]
            if isinstance(path, bytes):
                path = path.decode(errors="replace")
            if isinstance(path, str) and path.startswith("/") and not path.startswith(self._known):
                _add(self.files, path)
        elif event in _NETWORK:
            address = args[1] if event in ("socket.connect", "socket.sendto") else args[0]
            if event in ("socket.connect", "socket.sendto") and not isinstance(address, tuple):
                return  # a socket of this machine's own, not a network
            _add(self.network, _address(address, args))


def _address(address: object, args: tuple[object, ...]) -> str:
    if isinstance(address, tuple):
        return ":".join(map(str, address[:2]))
    return f"{address}:{args[1]}" if len(args) > 1 and isinstance(args[1], (int, str)) else str(address)


def _add(found: list[str], what: str) -> None:
    if len(found) < _MOST and what not in found:
        found.append(what)
