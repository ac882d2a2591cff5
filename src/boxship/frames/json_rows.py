"""JSON files: one list of objects."""

from pathlib import Path

import msgspec

from boxship.core.table import Table
from boxship.frames.file import damaged, refuse_no_text
from boxship.frames.python_rows import from_dicts

_DECODER = msgspec.json.Decoder(list[dict[str, object]])


class JsonRows:
    """A key that a row lacks is null. Text stays text, dates too."""

    def read(self, source: Path) -> Table:
        refuse_no_text(source)
        try:
            return from_dicts(_DECODER.decode(source.read_bytes()))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise damaged(source, error, "JSON") from error

    def write(self, table: Table, path: Path) -> None:
        """Dates become ISO text and bytes base64; infinities cannot be written."""
        path.write_bytes(msgspec.json.encode(table.to_rows()))
