"""What a body may be beside JSON, by media type: how its rows are read and its answers written."""

from collections.abc import Callable, Mapping
from typing import Protocol

from boxship import plug
from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.media import Media
from boxship._serve.message import Call, Reply
from boxship._serve.problem import media_unknown
from boxship.core.join import Share
from boxship.errors import DataError

Write = Callable[[Share], Reply]  # what is wanted of the answers to such a body


class Body(Protocol):
    """One kind of body. Made when the first one comes, then used for every one, in one thread."""

    def __init__(self, about: About) -> None: ...

    def read(self, call: Call, media: Media) -> Read:
        """As a dialect reads; what is wanted is a `Write`."""


LINES = "boxship._serve.dialects.lines_body:LinesBody"
_ARROW = "boxship._serve.dialects.arrow_body:ArrowBody"
BODIES = {
    "application/x-ndjson": LINES,
    "application/jsonlines": LINES,
    "application/jsonl": LINES,
    "text/csv": "boxship._serve.dialects.csv_body:CsvBody",
    "application/vnd.apache.arrow.stream": _ARROW,
    "application/vnd.apache.arrow.file": _ARROW,
}
_EXTRAS = {"pyarrow": "boxship[batch]"}


class Bodies:
    """Those that have been asked for."""

    def __init__(self, about: About, known: Mapping[str, str] = BODIES) -> None:
        self._about = about
        self._known = known
        self._made: dict[str, Body] = {}

    def read(self, call: Call, media: Media) -> Read:
        """Raises a DataError for a type that is not known, or needs what is not installed."""
        kind = media.kind.decode("latin1")
        body = self._made.get(kind)
        if body is None:
            body = self._made[kind] = self._make(kind)
        return body.read(call, media)

    def _make(self, kind: str) -> Body:
        if kind not in self._known:
            raise media_unknown(kind.encode("latin1"), ["application/json", *self._known])
        try:
            body: Body = plug.load(kind, self._known, "http.media_type")(self._about)
        except ModuleNotFoundError as error:
            library = (error.name or "").partition(".")[0]
            message = f"{kind} needs {library}, which the server does not have"
            raise DataError(
                "http.media_type", message, f"pip install '{_EXTRAS.get(library, library)}'"
            ) from error
        return body
