"""A profile's fields as canonical bytes."""

import struct
import zlib

import msgspec

from boxship.core import profile_1
from boxship.core.profile_column import ColumnProfile
from boxship.core.profile_rank import Ranks
from boxship.errors import DataError

FORMAT = 1
_MAGIC = b"BXPROFIL"
_HEADER = struct.Struct("<8sII")  # magic, format, CRC-32 of the body
_READERS = {1: profile_1.read}

Fields = tuple[int, tuple[str, ...], tuple[ColumnProfile, ...], Ranks]


def write(fields: Fields) -> bytes:
    """MessagePack holds integers and doubles as they are: the same fields give the same bytes."""
    body = msgspec.msgpack.encode(fields)
    return _HEADER.pack(_MAGIC, FORMAT, zlib.crc32(body)) + body


def read(data: bytes | memoryview) -> Fields:
    if len(data) < _HEADER.size or bytes(data[:8]) != _MAGIC:
        raise _damaged("they do not begin as one does")
    _, number, check = _HEADER.unpack_from(data)
    if number > FORMAT:
        raise DataError(
            "profile.newer_format",
            f"the profile has the format {number}, this Boxship reads up to {FORMAT}",
            "pip install --upgrade boxship",
        )
    body = memoryview(data)[_HEADER.size :]
    if number not in _READERS or zlib.crc32(body) != check:
        raise _damaged("their checksum differs")
    try:
        return _READERS[number](body)
    except (ValueError, msgspec.MsgspecError) as error:
        raise _damaged(str(error)) from error


def _damaged(why: str) -> DataError:
    return DataError(
        "profile.damaged", f"these bytes are not a whole profile: {why}", "make or copy them again"
    )
