"""One connection: the hot routes are answered where the parser hands over the body, the others by uvicorn."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from boxship._serve.dialects import Dialect
from boxship._serve.message import Call, Headers, Reply
from boxship._serve.problem import problem, status_of, too_large, unexpected
from boxship._serve.service import Service, Visit
from boxship.errors import BoxshipError, DataError

log = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_MOST_HEAD = 64 * 1024
_LINGER_S = 0.5  # for a request that was sent before its sender could know that we are leaving
_HEAD_TOO_LARGE = DataError(
    "http.head_too_large", f"the head is larger than {_MOST_HEAD} bytes", "send fewer headers"
)
_MALFORMED = DataError("http.malformed", "this is no HTTP request that is understood here", "use HTTP/1.1")
_TOO_SLOW = DataError("http.too_slow", "the request did not come to its end in time", "send it at once")


class Hot:
    """Stands where uvicorn has its cycle, so that a request behind this one waits for it."""

    __slots__ = ("_protocol", "body", "dialect", "disconnected", "keep_alive", "response_complete")

    def __init__(self, protocol: "Protocol", dialect: Dialect, *, keep_alive: bool) -> None:
        self._protocol = protocol
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

    def send(self, visit: Visit, reply: Reply) -> None:
        self.response_complete = True
        transport = self._protocol.transport
        if transport.is_closing():
            return
        head = _HEADS.get((reply.status, reply.media, visit.verdict)) or _head(reply, visit)
        more = b"".join([b"\r\n%b: %b" % pair for pair in reply.headers]) if reply.headers else b""
        ends = b"\r\n\r\n" if self.keep_alive else b"\r\nconnection: close\r\n\r\n"
        size = len(reply.body)
        transport.write(
            b"%b%d\r\nx-request-id: %b%b%b%b" % (head, size, visit.request_id, more, ends, reply.body)
        )
        if not self.keep_alive:
            transport.close()
        self._protocol.on_response_complete()


class Protocol(HttpToolsProtocol):
    """uvicorn keeps TLS, flow control, the other routes and the order of the shutdown.

    In the place of its timer for each connection, `sweep` looks at all of them once a second.
    """

    cycle: Any  # uvicorn's, or a `Hot`; None before the first request

    def __init__(
        self, service: Service, hot: Mapping[bytes, Dialect], **given: Any
    ) -> None:  # as uvicorn calls it
        super().__init__(**given)
        self._service = service
        self._limits = service.limits
        self._most_bytes = service.most_bytes
        self._hot = hot
        self._since_s = (
            self.loop.time()
        )  # the request began that is being read, or the last answer was written
        self._reading = self._fresh = False
        self._head_bytes = 0  # of the head that is being read, before this chunk
        self._chunk = 0
        self._leaving = False
        self._due: Any = None  # the last cycle that was read to its end

    # what the loop calls

    def data_received(self, data: bytes) -> None:
        self._chunk = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:  # raised by one of ours, below
            self._turn_away(_cause(error))
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._turn_away(_MALFORMED)
        else:
            if self._head_bytes and not self._fresh:
                self._head_bytes += len(data)
                if self._head_bytes > _MOST_HEAD:
                    self._turn_away(_HEAD_TOO_LARGE)
            self._fresh = False

    def _go_on_without(self, rest: bytes) -> None:
        """Nothing here is upgraded: the request is read again as if it had not asked for it."""
        method, url = self.parser.get_method(), self.url
        if method == b"CONNECT":  # which is nothing but an upgrade
            self._turn_away(_MALFORMED)
            return
        lines = [b"%b %b HTTP/1.1" % (method, url)]
        lines += [b"%b: %b" % pair for pair in self.headers if pair[0] not in (b"upgrade", b"connection")]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join([*lines, b"", b""]) + rest)

    def sweep(self, now_s: float) -> None:
        """Close what has been idle, and what sends or takes its bytes too slowly."""
        quiet_s = now_s - self._since_s
        answering = self.cycle is not None and not self.cycle.response_complete
        if self._reading:
            if quiet_s > self._limits.read_s:
                self._turn_away(_TOO_SLOW)
        elif self.transport.get_write_buffer_size():
            if quiet_s > self._limits.read_s and not answering:
                self.transport.abort()
        elif quiet_s > (_LINGER_S if self._leaving else self._limits.idle_s) and not answering:
            self.transport.close()

    def shutdown(self) -> None:
        """What is being asked is answered, and so is a request that is on its way already."""
        self._leaving = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        self._since_s = self.loop.time()

    # what the parser calls

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self._request_id = b""
        self._reading = self._fresh = True  # what came before it in this chunk is no part of its head
        self._head_bytes = 1
        self._since_s = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_bytes:
            return  # behind the body: nobody reads it
        name = name.lower()
        self.headers.append((name, value))
        if name == b"x-request-id" and not self._request_id:
            self._request_id = value
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        if self._head_bytes + self._chunk > _MOST_HEAD and _size(self.headers) > _MOST_HEAD:
            raise _HEAD_TOO_LARGE
        self._head_bytes = 0
        parser = self.parser
        if parser.should_upgrade():
            return  # see _go_on_without
        dialect = self._hot.get(self.url.partition(b"?")[0]) if parser.get_method() == b"POST" else None
        if dialect is None or not (self.cycle is None or self.cycle.response_complete):
            self._leave_to_uvicorn()
            return
        cycle = Hot(self, dialect, keep_alive=parser.should_keep_alive() and not self._leaving)
        self.cycle = cycle
        if self.expect_100_continue:
            self.transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        cycle = self.cycle
        if type(cycle) is not Hot:
            super().on_body(body)
            return
        if cycle.response_complete:
            return
        if not cycle.body:
            cycle.body = body
        else:
            if type(cycle.body) is bytes:
                cycle.body = bytearray(cycle.body)
            cycle.body += body
        if len(cycle.body) > self._most_bytes:
            cycle.keep_alive = False
            self._service.refuse(self._call(b""), cycle.dialect, too_large(self._most_bytes), cycle.send)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._reading = False
        self._due = cycle = self.cycle
        if type(cycle) is not Hot:
            super().on_message_complete()
        elif not cycle.response_complete:
            self._service.take(self._call(bytes(cycle.body)), cycle.dialect, cycle.send)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._since_s = self.loop.time()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def _call(self, body: bytes) -> Call:
        path, _, query = self.url.partition(b"?")
        return Call(b"POST", path, query, self.headers, body, self._request_id)

    def _leave_to_uvicorn(self) -> None:
        """It makes a scope for every request, which hot ones do without."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = url, headers, expects
        self.scope["headers"] = headers
        super().on_headers_complete()
        if self._leaving:
            self.cycle.keep_alive = False

    def _turn_away(self, error: BoxshipError) -> None:
        """Of what is no whole request only the connection can be answered."""
        if self._due is not None and not self._due.response_complete:
            self._due.keep_alive = self._reading = False  # what is due is answered, and nothing after it
            self.transport.pause_reading()
        elif not self.transport.is_closing():
            reply = problem(status_of(error), error)
            self._service.row.turned_away(reply.status)
            self.transport.write(
                _head_of(reply) + b"%d\r\nconnection: close\r\n\r\n%b" % (len(reply.body), reply.body)
            )
            self.transport.close()


def _cause(error: Exception) -> BoxshipError:
    found = error.__context__
    if isinstance(found, BoxshipError):
        return found
    if isinstance(found, httptools.HttpParserError):
        return _MALFORMED  # an address that is none
    log.error("a request failed", exc_info=found)
    return unexpected(found)


def _size(headers: Headers) -> int:
    return sum(len(name) + len(value) for name, value in headers)


_HEADS: dict[tuple[int, bytes, bytes], bytes] = {}  # a few of each; there is one box in a process


def _head(reply: Reply, visit: Visit) -> bytes:
    more = [pair for pair in visit.headers if pair[0] != b"x-request-id"]
    head = _HEADS[reply.status, reply.media, visit.verdict] = _head_of(reply, more)
    return head


def _head_of(reply: Reply, more: Headers = ()) -> bytes:
    """All that is the same for such replies, up to the length of the body."""
    lines = [b"HTTP/1.1 %d %b" % (reply.status, HTTPStatus(reply.status).phrase.encode())]
    lines += [b"content-type: " + reply.media, *[b"%b: %b" % pair for pair in more], b"content-length: "]
    return b"\r\n".join(lines)
