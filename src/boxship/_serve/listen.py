"""The socket that all workers share."""

import contextlib
import ctypes
import errno
import socket
import struct
import sys

from boxship.errors import HostError, UsageError


def bind(host: str, port: int) -> socket.socket:
    """Bound, and not yet listening: until a worker is ready, clients are refused. Port 0 takes a free one."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        message = f"there is no address {host!r} on this machine: {error}"
        raise UsageError("serve.no_address", message, "--host 127.0.0.1, or 0.0.0.0 for all") from error
    found = socket.socket(family, kind, proto)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        found.close()
        raise _not_bound(host, port, error) from error
    found.settimeout(0)
    return found


# Classic BPF, https://www.kernel.org/doc/html/latest/networking/filter.html: what has SYN set and not ACK is dropped.
_NO_SYN = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # and SYN | ACK
    (0x15, 0, 1, 0x02),  # if it is SYN alone
    (0x06, 0, 0, 0),  # drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # else take all of it
)
_ATTACH_FILTER = 26  # Linux: asm-generic/socket.h


def admit_no_more(listener: socket.socket) -> None:
    """Nobody new gets in, and who is in the queue already can still be taken from it.

    Closing a socket resets what waits in its queue, which would be requests lost. Without Linux
    that is what happens.
    """
    if sys.platform != "linux":
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in _NO_SYN))
    program = struct.pack("HP", len(_NO_SYN), ctypes.addressof(code))
    with contextlib.suppress(OSError):  # forbidden by some sandbox
        listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def _not_bound(host: str, port: int, error: OSError) -> HostError | UsageError:
    if error.errno == errno.EADDRINUSE:
        message = f"port {port} of {host} is taken by another process"
        return HostError("serve.port_taken", message, f"--port {port + 1}, or end the other one")
    if error.errno == errno.EACCES:
        message = f"this user may not take port {port}"
        return HostError("serve.port_forbidden", message, "--port 8000, or any other above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        message = f"{host} is no address of this machine"
        return UsageError("serve.no_address", message, "--host 127.0.0.1, or 0.0.0.0 for all")
    return HostError(
        "serve.not_bound", f"cannot listen on {host}:{port}: {error.strerror}", "try another --port"
    )
