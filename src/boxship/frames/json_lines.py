"""JSON lines: one object a line."""

from pathlib import Path

import msgspec

from boxship.core.table import Table
from boxship.frames.file import damaged, refuse_no_text
from boxship.frames.python_rows import from_dicts

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(dict[str, object])


class JsonLines:
    """A key that a line lacks is null, empty lines are passed over. Text stays text, dates too."""

    def read(self, source: Path) -> Table:
        refuse_no_text(source)
        rows: list[dict[str, object]] = []
        with source.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    rows.append(_DECODER.decode(line))
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    hint = (
                        "give it the suffix .json" if line.lstrip()[:1] == b"[" else f"correct line {number}"
                    )
                    raise damaged(source, f"line {number}: {error}", "JSON lines", hint) from error
        return from_dicts(rows)

    def write(self, table: Table, path: Path) -> None:
        """Dates become ISO text and bytes base64; infinities cannot be written."""
        with path.open("wb") as file:
            for row in table.to_rows():
                file.write(_ENCODER.encode(row) + b"\n")
