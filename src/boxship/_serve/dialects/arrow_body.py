"""Arrow streams and files: a table in, a table of answers out."""

from functools import partial

import pyarrow as pa
import pyarrow.ipc

from boxship._serve.about import About
from boxship._serve.dialects import Read
from boxship._serve.dialects.arrow_table import column_of, read_arrow
from boxship._serve.media import Media
from boxship._serve.message import Call, Reply
from boxship.codecs.csv_answers import reasons_text
from boxship.codecs.table import fit_columns
from boxship.core.answer import PROBABILITIES
from boxship.core.join import Share
from boxship.core.verdict import REJECTED, WORDS, Answers
from boxship.errors import DataError
from boxship.frames.arrow_table import ArrowTable

_FILE = b"application/vnd.apache.arrow.file"
_SAFE = (14, 0, 1)  # older ones unpickle what a schema tells them to


class ArrowBody:
    """The answers come as what the rows came as; a rejected row has null in all columns but its own two."""

    def __init__(self, about: About) -> None:
        found = tuple(int(part) for part in pa.__version__.split(".")[:3] if part.isdigit())
        if found < _SAFE:
            message = f"the server has pyarrow {pa.__version__}, which runs what a schema tells it to"
            raise DataError("http.media_type", message, "pip install 'pyarrow>=14.0.1' where it serves")
        self._contract = about.contract
        self._most_rows = about.most_rows

    def read(self, call: Call, media: Media) -> Read:
        table = read_arrow(call.body, self._most_rows)
        names = table.column_names
        found = {name: column_of(table, name) for name in self._contract.schema.names if name in names}
        rows = fit_columns(self._contract, found, names, table.num_rows)
        return Read(rows, partial(self._write, media.kind))

    def _write(self, kind: bytes, share: Share) -> Reply:
        table = self._table(share.cut())
        sink = pa.BufferOutputStream()
        writer = pa.ipc.new_file if kind == _FILE else pa.ipc.new_stream
        with writer(sink, table.schema) as file:
            file.write_table(table)
        return Reply(200, kind, sink.getvalue().to_pybytes())

    def _table(self, answers: Answers) -> pa.Table:
        codes = answers.verdicts.codes().tolist()
        places = range(len(answers)) if answers.positions is None else answers.positions.tolist()
        answered = {row: place for place, row in enumerate(places) if codes[row] != REJECTED}
        made = ArrowTable().make(answers.table)
        if len(self._contract.outputs) == 1:
            made = made.rename_columns(["prediction", PROBABILITIES[1:]][: made.num_columns])
        table = made.take(pa.array([answered.get(row) for row in range(len(codes))], pa.int64()))
        reasons = answers.verdicts.reasons()
        told = [reasons_text(reasons[row]) if row in reasons else None for row in range(len(codes))]
        table = table.append_column("verdict", pa.array([WORDS[code] for code in codes], pa.string()))
        return table.append_column("reasons", pa.array(told, pa.string()))
