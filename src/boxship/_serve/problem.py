"""Errors as HTTP says them: one table of codes, one form of body."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from boxship._serve.message import JSON, Headers, Reply
from boxship.core.shown import shown_text
from boxship.errors import (
    BoxError,
    BoxshipError,
    DataError,
    HostError,
    InternalError,
    RemoteError,
    UsageError,
)

_STATUS = {
    "http.busy": 503,
    "http.method": 405,
    "http.head_too_large": 431,
    "http.no_route": 404,
    "http.too_large": 413,
    "http.too_many_rows": 413,
    "http.too_slow": 408,
    "http.media_type": 415,
}
_BY_KIND: tuple[tuple[type[BoxshipError], int], ...] = (
    (DataError, 400),
    (UsageError, 400),
    (BoxError, 500),
    (HostError, 503),
    (RemoteError, 502),
)


def status_of(error: BoxshipError) -> int:
    """What the caller can mend is a 4xx; what only we can mend is a 5xx."""
    found = _STATUS.get(error.code)
    if found is None:
        found = next((status for kind, status in _BY_KIND if isinstance(error, kind)), 500)
    return found


class Said(NamedTuple):
    """What the caller is told of an error."""

    code: str
    message: str
    hint: str

    def __str__(self) -> str:
        """One sentence, for protocols that have one field for it."""
        return f"{self.message} [{self.code}]" + (f"; {self.hint}" if self.hint else "")


def said(status: int, error: BoxshipError) -> Said:
    """The error's code, sentence and hint. Of what is not the caller's to mend only the code is told."""
    if status >= 500 and not error.code.startswith("http."):
        return Said(error.code, "the box could not answer", "the server's log says why")
    return Said(error.code, error.message, error.hint)


def problem(status: int, error: BoxshipError) -> Reply:
    """As our own protocol says it."""
    body = msgspec.json.encode({"error": said(status, error)._asdict()})
    return Reply(status, JSON, body, headers_of(error))


def sentence(status: int, error: BoxshipError) -> Reply:
    """The same in one sentence, as most other protocols say it."""
    body = msgspec.json.encode({"error": str(said(status, error))})
    return Reply(status, JSON, body, headers_of(error))


def headers_of(error: BoxshipError) -> Headers:
    """What HTTP has headers for."""
    if "allow" in error.detail:
        return ((b"allow", str(error.detail["allow"]).encode()),)
    if "retry_after_s" in error.detail:
        return ((b"retry-after", b"%d" % math.ceil(float(str(error.detail["retry_after_s"])))),)
    return ()


def too_large(most: int) -> DataError:
    message = f"the body has more than the {most} bytes that are taken"
    return DataError("http.too_large", message, "send fewer rows at once, or serve with a larger --body-mb")


def too_many_rows(rows: int, most: int) -> DataError:
    message = f"the request has {rows} rows, {most} are taken at once"
    return DataError("http.too_many_rows", message, "send them in several requests")


def media_unknown(kind: bytes, known: Sequence[str]) -> DataError:
    message = f"the body is {shown_text(kind.decode('latin1'))!r}, which is not read here"
    return DataError("http.media_type", message, f"send {', '.join(known)}")


def unexpected(error: BaseException | None) -> InternalError:
    """What was raised by a fault of ours, or by a model in a way that nobody foresaw."""
    message = f"{type(error).__name__} while answering a request"
    return InternalError("internal.unexpected", message, "report it with the server's log")
