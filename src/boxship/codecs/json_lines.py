"""Rows as JSON, an object a line."""

from collections.abc import Sequence

from boxship.codecs.explain import Repeated
from boxship.codecs.json import JsonCodec, may_repeat, parse_json
from boxship.core.verdict import Decoded
from boxship.errors import DataError


def lines_of(body: bytes) -> list[bytes]:
    """Empty ones are passed over."""
    return [line for line in body.split(b"\n") if line.strip()]


def read_lines(codec: JsonCodec, lines: Sequence[bytes]) -> Decoded:
    """A row for each. A line that is no object is a row that is refused; the others live."""
    try:
        decoded = codec.decode(b"[" + b",".join(lines) + b"]").decoded
    except DataError:  # some line is no JSON
        return codec.read([_row(codec, line) for line in lines])
    if len(decoded) != len(lines):  # some line is several rows
        return codec.read([_row(codec, line) for line in lines])
    return decoded


def _row(codec: JsonCodec, line: bytes) -> object:
    try:
        row = parse_json(line)
    except DataError:
        return line.decode(errors="replace")  # which is no row
    if isinstance(row, dict) and may_repeat(line, len(row)):
        return next(map(Repeated, codec.repeated(line).values()), row)
    return row
