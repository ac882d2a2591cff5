"""A box behind its doors: whole requests in, replies out, each with its ids, timed and counted."""

import itertools
import logging
import os
import time
from collections.abc import Callable

from boxship._serve.board import Row
from boxship._serve.desk import Desk
from boxship._serve.dialects import Dialect, Read
from boxship._serve.message import Call, Headers, Reply
from boxship._serve.problem import status_of, too_many_rows, unexpected
from boxship.core.digest import Digest
from boxship.core.join import Share
from boxship.core.verdict import WORDS
from boxship.errors import BoxshipError, HostError
from boxship.settings import Settings

log = logging.getLogger(__name__)
_LONGEST_ID = 128
_OK = WORDS[0].encode()


class Service:
    """Takes a call with the dialect it is in. One a worker; all methods are called in its loop."""

    def __init__(self, box: Digest, desk: Desk, row: Row, limits: Settings, *, variant: str = "") -> None:
        self.row = row
        self.limits = limits
        self.most_bytes = int(limits.body_mb * 1e6)
        of_variant = ((b"x-boxship-variant", variant.encode()),) if variant else ()
        self.about: Headers = ((b"x-boxship-box", str(box).encode()), *of_variant)
        self._desk = desk
        self._ids = map(
            b"%b%08x".__mod__, zip(itertools.repeat(os.urandom(6).hex().encode()), itertools.count())
        )

    def take(self, call: Call, dialect: Dialect, send: "Send") -> None:
        """Read, ask, word, send; `send` is called once, maybe at once."""
        visit = self._visit(call, dialect, send)
        try:
            visit.read = read = dialect.read(call)
            self._let_in(len(read.rows))
        except BoxshipError as error:
            visit.answered(error)
        except Exception as error:  # one request may fail, the worker lives on
            log.exception("a request failed")
            visit.answered(unexpected(error))
        else:
            self._desk.ask(read.rows, visit.request_id, visit.answered)

    def refuse(self, call: Call, dialect: Dialect, error: BoxshipError, send: "Send") -> None:
        """A request that is not read: it would not be whole, or not be welcome."""
        self._visit(call, dialect, send).answered(error)

    def _visit(self, call: Call, dialect: Dialect, send: "Send") -> "Visit":
        self.row.came()
        given = call.request_id
        return Visit(self, dialect, given if 0 < len(given) <= _LONGEST_ID else next(self._ids), send)

    def _let_in(self, rows: int) -> None:
        if rows > self.limits.rows:
            raise too_many_rows(rows, self.limits.rows)
        if self._desk.free:
            return
        wait_s = self._desk.wait_s()
        if wait_s > self.limits.wait_s:
            message = f"the answer would wait {wait_s:.1f} s for those before it"
            raise HostError("http.busy", message, "come again a little later", {"retry_after_s": wait_s})


class Visit:
    """One request on its way. Made for every request: slots, and nothing that is not needed."""

    __slots__ = ("_dialect", "_send", "_service", "_started", "read", "request_id", "verdict")

    def __init__(self, service: Service, dialect: Dialect, request_id: bytes, send: "Send") -> None:
        self.request_id = request_id
        self.read: Read | None = None
        self.verdict = _OK
        self._service = service
        self._dialect = dialect
        self._send = send
        self._started = time.perf_counter()

    def answered(self, found: Share | BoxshipError) -> None:
        reply = self._refused(found) if isinstance(found, BoxshipError) else self._worded(found)
        self._service.row.went(self._dialect.name, reply.status, time.perf_counter() - self._started)
        try:
            self._send(self, reply)
        except Exception:  # the others of its turn have theirs to come
            log.exception("a reply could not be sent")

    def _worded(self, share: Share) -> Reply:
        try:
            reply = self._dialect.write(self.read, share)  # type: ignore[arg-type]  # read before it was asked
        except BoxshipError as error:
            return self._refused(error)
        except Exception as error:  # one request may fail, the others of its turn live on
            log.exception("an answer failed")
            return self._refused(unexpected(error))
        if share.whole.verdicts.faults:
            self.verdict = _worst(share)
        return reply

    def _refused(self, error: BoxshipError) -> Reply:
        self.verdict = b""
        return self._dialect.refuse(status_of(error), error)

    @property
    def headers(self) -> Headers:
        """Which box answered whom, and what its contract said of the worst row."""
        verdict = ((b"x-boxship-verdict", self.verdict),) if self.verdict else ()
        return (*self._service.about, (b"x-request-id", self.request_id), *verdict)


Send = Callable[[Visit, Reply], None]


def _worst(share: Share) -> bytes:
    codes = share.cut().verdicts.codes()
    return WORDS[codes.max(initial=0)].encode()
