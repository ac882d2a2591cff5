"""The hot routes, answered where the parser hands over the body; every other goes on to uvicorn."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from boxship._serve.dialects import Dialect
from boxship._serve.message import Call, Reply
from boxship._serve.service import Service, Visit

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Hot:
    """Stands where uvicorn has its cycle, so that a request behind this one waits for it."""

    __slots__ = ("body", "dialect", "disconnected", "keep_alive", "response_complete")

    def __init__(self, dialect: Dialect, *, keep_alive: bool) -> None:
        self.dialect = dialect
        self.body: bytes | bytearray = b""
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False

    @property
    def message_event(self) -> "Hot":
        return self

    def set(self) -> None:
        """Nobody waits here for more of the body."""


class Protocol(HttpToolsProtocol):
    """One connection. uvicorn keeps TLS, flow control, the other routes and the shutdown."""

    def __init__(self, service: Service, hot: Mapping[bytes, Dialect], **given: Any) -> None:  # as uvicorn calls it
        super().__init__(**given)
        self._service = service
        self._hot = hot

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        parser = self.parser
        path = self.url.partition(b"?")[0]
        dialect = self._hot.get(path) if parser.get_method() == b"POST" else None
        if dialect is None or not (self.cycle is None or self.cycle.response_complete):
            self._leave_to_uvicorn()
            return
        if self.expect_100_continue:
            self.transport.write(_CONTINUE)
        keep_alive = parser.should_keep_alive()
        self.cycle = Hot(dialect, keep_alive=keep_alive)  # type: ignore[assignment]

    def _leave_to_uvicorn(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # makes the scope, which hot requests do without
        self.url, self.headers, self.expect_100_continue = url, headers, expects
        self.scope["headers"] = headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        cycle = self.cycle
        if type(cycle) is not Hot:
            super().on_body(body)
            return
        if not cycle.body:
            cycle.body = body
        else:
            if type(cycle.body) is bytes:
                cycle.body = bytearray(cycle.body)
            cycle.body += body

    def on_message_complete(self) -> None:
        cycle = self.cycle
        if type(cycle) is not Hot:
            super().on_message_complete()
            return
        path, _, query = self.url.partition(b"?")
        call = Call(b"POST", path, query, self.headers, bytes(cycle.body))
        self._service.take(call, cycle.dialect, self._send)

    def _send(self, visit: Visit, reply: Reply) -> None:
        cycle, transport = self.cycle, self.transport
        cycle.response_complete = True
        if transport.is_closing():
            return
        head = _HEADS.get((reply.status, reply.media, visit.verdict)) or _head(reply, visit)
        more = b"".join([b"\r\n%b: %b" % pair for pair in reply.headers]) if reply.headers else b""
        ends = b"\r\n\r\n" if cycle.keep_alive else b"\r\nconnection: close\r\n\r\n"
        size = len(reply.body)
        transport.write(b"%b%d\r\nx-request-id: %b%b%b%b" % (head, size, visit.request_id, more, ends, reply.body))
        if not cycle.keep_alive:
            transport.close()
        self.on_response_complete()


_HEADS: dict[tuple[int, bytes, bytes], bytes] = {}  # a few of each; of one box, as there is one in a process


def _head(reply: Reply, visit: Visit) -> bytes:
    """All that is the same for such replies, up to the length of the body."""
    lines = [b"HTTP/1.1 %d %b" % (reply.status, HTTPStatus(reply.status).phrase.encode())]
    lines += [b"content-type: " + reply.media]
    lines += [b"%b: %b" % pair for pair in visit.headers if pair[0] != b"x-request-id"]
    head = _HEADS[reply.status, reply.media, visit.verdict] = b"\r\n".join([*lines, b"content-length: "])
    return head
