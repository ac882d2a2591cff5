"""Rows and answers in other forms than JSON, by media type: one class a form."""

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

Write = Callable[[Share], Reply]  # what is wanted of the answers to a request in a form


class Form(Protocol):
    """Made when the first request in it comes, then used for every one, in one thread."""

    def __init__(self, about: About) -> None: ...

    def read(self, call: Call, media: Media) -> Read:
        """As a dialect reads; what is wanted is a `Write`."""


LINES = "boxship._serve.dialects.lines_form:LinesForm"
_ARROW = "boxship._serve.dialects.arrow_form:ArrowForm"
FORMS = {
    "application/x-ndjson": LINES,
    "application/jsonlines": LINES,
    "application/jsonl": LINES,
    "text/csv": "boxship._serve.dialects.csv_form:CsvForm",
    "application/vnd.apache.arrow.stream": _ARROW,
    "application/vnd.apache.arrow.file": _ARROW,
}
_EXTRAS = {"pyarrow": "boxship[batch]"}


class Forms:
    """Those that have been asked for."""

    def __init__(self, about: About, known: Mapping[str, str] = FORMS) -> None:
        self._about = about
        self._known = known
        self._made: dict[str, Form] = {}

    def read(self, call: Call, media: Media) -> Read:
        """Raises a DataError for a type that is not known, or needs what is not installed."""
        kind = media.kind.decode("latin1")
        form = self._made.get(kind)
        if form is None:
            form = self._made[kind] = self._make(kind)
        return form.read(call, media)

    def _make(self, kind: str) -> Form:
        if kind not in self._known:
            raise media_unknown(kind.encode("latin1"), ["application/json", *self._known])
        try:
            form: Form = plug.load(kind, self._known, "http.media_type")(self._about)
        except ModuleNotFoundError as error:
            library = (error.name or "").partition(".")[0]
            message = f"{kind} needs {library}, which the server does not have"
            raise DataError(
                "http.media_type", message, f"pip install '{_EXTRAS.get(library, library)}'"
            ) from error
        return form
