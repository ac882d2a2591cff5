"""Errors as HTTP says them: one table of codes, one form of body."""

import math

import msgspec

from boxship._serve.message import JSON, Headers, Reply
from boxship.errors import BoxError, BoxshipError, DataError, HostError, RemoteError, UsageError

_STATUS = {
    "http.busy": 503,
    "http.method": 405,
    "http.head_too_large": 431,
    "http.no_route": 404,
    "http.too_large": 413,
    "http.too_many_rows": 413,
    "http.too_slow": 408,
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


def problem(status: int, error: BoxshipError) -> Reply:
    """The error's code, sentence and hint. Of what is not the caller's to mend only the code is told."""
    said = {"code": error.code, "message": error.message, "hint": error.hint}
    if status >= 500 and not error.code.startswith("http."):
        said = {
            "code": error.code,
            "message": "the box could not answer",
            "hint": "the server's log says why",
        }
    return Reply(status, JSON, msgspec.json.encode({"error": said}), _headers(error))


def _headers(error: BoxshipError) -> Headers:
    if "allow" in error.detail:
        return ((b"allow", str(error.detail["allow"]).encode()),)
    if "retry_after_s" in error.detail:
        return ((b"retry-after", b"%d" % math.ceil(float(str(error.detail["retry_after_s"])))),)
    return ()


def too_large(most: int) -> DataError:
    message = f"the body has more than the {most} bytes that are taken"
    return DataError("http.too_large", message, "send fewer rows at once, or serve with a larger --body-mb")
