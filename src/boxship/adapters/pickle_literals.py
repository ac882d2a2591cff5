"""The constants that a pickle spells: numbers, texts, bytes, as far as anybody asks what they are."""

import codecs
import re
from collections.abc import Callable
from types import MappingProxyType

from boxship.adapters.pickle_stream import Stream, damaged
from boxship.adapters.pickle_values import BYTES, FLOAT, HUGE, TEXT, Bag

KEPT_TEXT = 1000
_DECIMAL = re.compile(rb"-?(?:0|[1-9][0-9]{0,999})")
_QUOTED = re.compile(rb"""(['"])((?:[^\\]|\\[\\'"abfnrtv]|\\x[0-9a-fA-F]{2})*)\1""", re.DOTALL)

Literal = Callable[[Stream], object]


def decode(stream: Stream, data: bytes, encoding: str = "utf-8", errors: str = "surrogatepass") -> str:
    try:
        return data.decode(encoding, errors)
    except UnicodeDecodeError as error:
        raise damaged(stream.position, "a text that is not text") from error


def decimal(stream: Stream, line: bytes) -> int:
    """A number in digits, only as Python writes it: the two unpicklers read other forms differently."""
    if not _DECIMAL.fullmatch(line):
        raise damaged(stream.position, "a number that is not one")
    return int(line)


def _number(size: int) -> Literal:
    return lambda stream: stream.number(size)


def _signed(stream: Stream) -> int:
    return int.from_bytes(stream.take(4), "little", signed=True)


def _counted_int(size: int) -> Literal:
    def read(stream: Stream) -> object:
        length = stream.number(size)
        if length <= 8:
            return int.from_bytes(stream.take(length), "little", signed=True)
        if size == 4 and length >> 31:
            raise damaged(stream.position, "a number of negative length")
        stream.skip(length)
        return HUGE

    return read


def _int(stream: Stream) -> int:
    line = stream.line()
    booleans = {b"00": False, b"01": True}
    return booleans[line] if line in booleans else decimal(stream, line)


def _long(stream: Stream) -> int:
    return decimal(stream, stream.line().removesuffix(b"L"))


def _binary_float(stream: Stream) -> object:
    stream.skip(8)
    return FLOAT


def _float(stream: Stream) -> object:
    try:
        float(stream.line())
    except ValueError as error:
        raise damaged(stream.position, "a number that is not one") from error
    return FLOAT


def _counted(size: int, make: Callable[[], object]) -> Literal:
    def read(stream: Stream) -> object:
        stream.skip(stream.number(size))
        return make()

    return read


def _counted_text(size: int, encoding: str, errors: str) -> Literal:
    def read(stream: Stream) -> object:
        length = stream.number(size)
        if length <= KEPT_TEXT:
            return decode(stream, stream.take(length), encoding, errors)
        stream.skip(length)
        return TEXT

    return read


def _kept(text: str) -> object:
    return text if len(text) <= KEPT_TEXT else TEXT


def _string(stream: Stream) -> object:
    quoted = _QUOTED.fullmatch(stream.line().strip())
    if not quoted:
        raise damaged(stream.position, "a text without its quotes")
    data, _ = codecs.escape_decode(quoted[2])
    return _kept(decode(stream, data, "ascii", "strict"))


def _unicode(stream: Stream) -> object:
    return _kept(decode(stream, stream.line(), "raw-unicode-escape", "strict"))


LITERALS = MappingProxyType(
    {
        ord(op): read
        for op, read in {
            "N": lambda _: None,
            "\x88": lambda _: True,
            "\x89": lambda _: False,
            ")": lambda _: (),
            "I": _int,
            "J": _signed,
            "K": _number(1),
            "M": _number(2),
            "L": _long,
            "\x8a": _counted_int(1),
            "\x8b": _counted_int(4),
            "F": _float,
            "G": _binary_float,
            "S": _string,
            "T": _counted_text(4, "ascii", "strict"),
            "U": _counted_text(1, "ascii", "strict"),
            "V": _unicode,
            "X": _counted_text(4, "utf-8", "surrogatepass"),
            "\x8c": _counted_text(1, "utf-8", "surrogatepass"),
            "\x8d": _counted_text(8, "utf-8", "surrogatepass"),
            "B": _counted(4, lambda: BYTES),
            "C": _counted(1, lambda: BYTES),
            "\x8e": _counted(8, lambda: BYTES),
            "\x96": _counted(8, Bag),
        }.items()
    }
)
