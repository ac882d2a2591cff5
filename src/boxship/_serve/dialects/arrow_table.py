"""Arrow in a body from anybody: read only if it cannot grow."""

import contextlib
import struct
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from boxship._serve.problem import too_many_rows
from boxship.codecs.rows import found_of_part
from boxship.codecs.table import Found
from boxship.core.shown import shown_text
from boxship.errors import DataError
from boxship.frames.arrow_table import ArrowTable

# pyarrow ships no types: its tables, arrays and types are Any here
_Arrow = Any
_MAGIC = b"ARROW1\0\0"  # of a file, which is a stream between this and a footer
_BATCHES = {"record batch": (), "dictionary": (1,)}  # where the batch lies in each message's header
_COMPRESSION = 3  # the field of a batch that says how its buffers are compressed
_MOST_BYTES = 2**26  # of texts that a dictionary names again and again
_FEW = 2**20  # values in lists, of booleans too, of which a byte holds eight
_NOT_WHOLE = (pa.ArrowException, OSError, ValueError, LookupError, OverflowError, struct.error)
_PLAIN = ("integer", "floating", "boolean", "string", "large_string", "binary", "large_binary")
_PLAIN_TOO = ("fixed_size_binary", "date", "timestamp", "decimal", "null")


def read_arrow(body: bytes, most_rows: int) -> _Arrow:
    """The table of a stream or a file, each part of it looked through."""
    buffer = pa.py_buffer(body)
    stream = buffer[len(_MAGIC) :] if body.startswith(_MAGIC) else buffer
    with _whole():
        if any(map(_is_compressed, pa.ipc.MessageReader.open_stream(stream))):
            raise _refused("has compressed buffers, which could grow without end", "write it uncompressed")
        with pa.ipc.open_stream(stream) as reader:
            table = pa.Table.from_batches(_let_in(reader, most_rows), reader.schema)
        table.validate(full=True)
        _ = table.column_names  # fails where they are not UTF-8
    return table


def column_of(table: _Arrow, name: str) -> Found:
    """One column, of a type whose values are no more than their bytes."""
    if table.column_names.count(name) > 1:
        message = f"two columns are named {shown_text(name)!r}"
        raise DataError("data.duplicate_name", message, "rename one: a name means one column")
    with _whole():
        alone = table.select([name])
        for chunk in alone.column(0).chunks:
            if not _is_bounded(chunk, table.num_rows, max(table.nbytes, _FEW)):
                what = f"has {shown_text(str(chunk.type))} in column {shown_text(name)!r}"
                raise _refused(what, "send numbers, texts, dates or lists of numbers; or JSON")
        return found_of_part(ArrowTable().split(alone)[0])


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except _NOT_WHOLE as error:
        said = (str(error).splitlines() or [""])[0]
        raise _refused(f"is no whole Arrow stream or file: {shown_text(said)}", "write it again") from error


def _let_in(reader: _Arrow, most_rows: int) -> Iterator[_Arrow]:
    rows = 0
    for batch in reader:
        rows += batch.num_rows
        if rows > most_rows:
            raise too_many_rows(rows, most_rows)
        yield batch


def _is_compressed(message: _Arrow) -> bool:
    """pyarrow cannot be asked: https://arrow.apache.org/docs/format/Columnar.html has the tables of a message."""
    path = _BATCHES.get(message.type)
    if path is None:
        return False
    data = message.metadata.to_pybytes()
    header = _field(data, _follow(data, 0), 2)
    at = _follow(data, header)
    for place in path:
        at = _follow(data, _field(data, at, place))
    return _field(data, at, _COMPRESSION) != 0


def _follow(data: bytes, at: int) -> int:
    (offset,) = struct.unpack_from("<I", data, at)
    return at + int(offset)


def _field(data: bytes, table: int, place: int) -> int:
    """Where the field of a table lies; 0 if it has none."""
    (back,) = struct.unpack_from("<i", data, table)
    size, *_ = struct.unpack_from("<H", data, table - back)
    if 4 + 2 * place >= size:
        return 0
    (offset,) = struct.unpack_from("<H", data, table - back + 4 + 2 * place)
    return table + int(offset) if offset else 0


def _is_bounded(array: _Arrow, rows: int, most: int) -> bool:
    """One chunk of a column of so many rows, which may all name the same word."""
    type_ = array.type
    if pa.types.is_dictionary(type_):
        words = array.dictionary
        if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)):
            return False
        longest = max((len(word) for word in words.to_pylist() if word is not None), default=0)
        return longest * rows <= _MOST_BYTES
    while _is_list(type_):
        array = array.flatten()
        type_ = array.type
        if len(array) > most or not (_is_number(type_) or _is_list(type_)):
            return False
    return any(getattr(pa.types, f"is_{kind}")(type_) for kind in (*_PLAIN, *_PLAIN_TOO))


def _is_list(type_: _Arrow) -> bool:
    return any(getattr(pa.types, f"is_{kind}")(type_) for kind in ("list", "large_list", "fixed_size_list"))


def _is_number(type_: _Arrow) -> bool:
    return any(getattr(pa.types, f"is_{kind}")(type_) for kind in ("integer", "floating", "boolean"))


def _refused(what: str, hint: str) -> DataError:
    return DataError("codec.malformed", f"the body {what}", hint)
