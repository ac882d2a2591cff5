"""JSON lines: a row a line, an answer a line."""

from functools import partial

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.media import Media
from boxship._serve.message import Call, Reply
from boxship._serve.problem import too_many_rows
from boxship.codecs.json import JsonCodec
from boxship.codecs.json_answers import JsonAnswers
from boxship.codecs.json_lines import lines_of, read_lines
from boxship.core.join import Share


class LinesBody:
    """The answers stand in the lines of their rows, empty lines not counted."""

    def __init__(self, about: About) -> None:
        self._json = JsonCodec(about.contract)
        self._answers = JsonAnswers(about.contract)
        self._most_rows = about.most_rows

    def read(self, call: Call, media: Media) -> Read:
        lines = lines_of(call.body)
        if len(lines) > self._most_rows:
            raise too_many_rows(len(lines), self._most_rows)
        return Read(read_lines(self._json, lines), partial(self._write, media.kind))

    def _write(self, kind: bytes, share: Share) -> Reply:
        return Reply(200, kind, self._answers.lines(share))
