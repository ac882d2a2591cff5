"""CSV: a row a line; answers as JSON, or as CSV for whoever accepts it."""

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.media import Media, prefers_csv
from boxship._serve.message import JSON, Call, Reply
from boxship._serve.problem import too_many_rows
from boxship.codecs.csv_answers import csv_answers
from boxship.codecs.csv_rows import lines_of_csv, read_csv
from boxship.codecs.json_answers import JsonAnswers
from boxship.core.contract import Contract
from boxship.core.join import Share
from boxship.core.verdict import Decoded

_MEDIA = b"text/csv; charset=utf-8; header=present"


class CsvBody:
    """A rejected row has an empty prediction, and its reasons as words."""

    def __init__(self, about: About) -> None:
        self._contract = about.contract
        self._answers = JsonAnswers(about.contract)
        self._most_rows = about.most_rows

    def read(self, call: Call, media: Media) -> Read:
        rows = rows_of_csv(self._contract, call, media, self._most_rows)
        return Read(rows, self._csv if prefers_csv(call.header(b"accept")) else self._json)

    def _json(self, share: Share) -> Reply:
        return Reply(200, JSON, self._answers.write(share, single=False))

    def _csv(self, share: Share) -> Reply:
        return Reply(200, _MEDIA, csv_answers(self._contract.outputs, share.cut()))


def rows_of_csv(contract: Contract, call: Call, media: Media, most_rows: int) -> Decoded:
    lines = lines_of_csv(call.body)
    if len(lines) > most_rows + 1:  # one of them may be the header
        raise too_many_rows(len(lines), most_rows)
    return read_csv(contract, lines, has_header=media.has_header)
