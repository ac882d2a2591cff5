"""Zip archives from anywhere: looked through before anything is read out of them."""

import json
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

_SOME = 1 << 28  # bytes that any archive may unpack to
_TIMES = 300  # its own size, for larger ones
_MOST_PARTS = 50_000
_LONGEST_NAME = 1000
_TEXT, _SMALL_TEXT, _TEXT_TIMES = 64 << 20, 4 << 20, 100  # of JSON, which takes many times its size when read
_FLAGS = 0x80E  # how hard it was deflated, that sizes follow the data, that names are UTF-8
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SIZES_FOLLOW = 8  # of these flags
_END, _END_MARK = struct.Struct("<4s4H2IH"), b"PK\x05\x06"
_END64, _END64_MARK = struct.Struct("<4sQ2H2I4Q"), b"PK\x06\x06"
_LOCATOR, _LOCATOR_MARK = struct.Struct("<4sIQI"), b"PK\x06\x07"
_UNSAID = (*[(1 << 16) - 1] * 4, *[(1 << 32) - 1] * 2)  # what the end says of what the longer one tells
_LOCAL = struct.Struct("<4s2xHH16xHH")  # mark, flags, method, sizes of name and extra
_LOCAL_MARK = b"PK\x03\x04"
NOT_WHOLE = (  # what reading a damaged part raises, whatever lies in it
    *(EOFError, IndexError, KeyError, OSError, OverflowError, RuntimeError),
    *(ValueError, struct.error, zipfile.BadZipFile, zlib.error),
)


class ArchiveError(Exception):
    """What is the matter with an archive; `why` in words that follow on `it`."""

    def __init__(self, kind: Literal["damaged", "unsafe", "too_large"], why: str) -> None:
        super().__init__(kind, why)
        self.kind, self.why = kind, why


@contextmanager
def open_archive(source: Path | BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Raises for what is no whole archive, for one that would unpack to more than can be believed, and for parts
    that readers could take for different ones: named twice, one in another, encrypted, links, outside of it."""
    try:
        members = zipfile.ZipFile(source)
    except NOT_WHOLE as error:
        raise ArchiveError("damaged", f"is no whole archive: {error}") from error
    with members:
        try:
            _check(members)
        except NOT_WHOLE as error:
            raise ArchiveError("damaged", f"is no whole archive: {error}") from error
        yield members


def read_part(members: zipfile.ZipFile, name: str) -> bytes:
    """All of one part, held against its checksum."""
    try:
        return members.read(name)
    except NOT_WHOLE as error:
        raise ArchiveError("damaged", f"has a part {name[:80]!r} that is not whole: {error}") from error


def read_json(members: zipfile.ZipFile, name: str) -> Any:  # whatever it holds
    """One part as JSON, if its size can be believed of such a text."""
    try:
        part = members.getinfo(name)
    except KeyError as error:
        raise ArchiveError("damaged", f"has no part {name[:80]!r}") from error
    if part.file_size > min(_TEXT, max(_SMALL_TEXT, _TEXT_TIMES * part.compress_size)):
        raise ArchiveError("too_large", f"has a text {name[:80]!r} of {part.file_size >> 20:,} MB")
    try:
        return json.loads(read_part(members, name))
    except (ValueError, RecursionError) as error:
        raise ArchiveError("damaged", f"has a part {name[:80]!r} that is no JSON: {error}") from error


def _check(members: zipfile.ZipFile) -> None:
    parts = members.infolist()
    if len(parts) > _MOST_PARTS:
        raise ArchiveError("too_large", f"holds {len(parts):,} parts")
    for name, count in Counter(part.filename for part in parts).items():
        if count > 1:
            raise ArchiveError("unsafe", f"holds {name[:80]!r} twice")
    for part in parts:
        _check_part(part)
    size = _check_places(members, parts)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > max(_SOME, _TIMES * size):
        message = f"would unpack to {unpacked >> 20:,} MB, which cannot be believed of {size >> 10:,} kB"
        raise ArchiveError("too_large", message)


def _check_part(part: zipfile.ZipInfo) -> None:
    name = part.filename
    if part.flag_bits & ~_FLAGS or part.compress_type not in _KINDS:
        raise ArchiveError("unsafe", f"holds {name[:80]!r} encrypted, or compressed in an unusual way")
    steps = name.replace("\\", "/").split("/")
    if len(name) > _LONGEST_NAME or name != part.orig_filename or not name.isprintable():
        raise ArchiveError("unsafe", f"holds {name[:80]!r}, which is no name of a file")
    if not steps[0] or ".." in steps or steps[0].endswith(":"):
        raise ArchiveError("unsafe", f"holds {name[:80]!r}, which lies outside of it")
    if stat.S_IFMT(part.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError("unsafe", f"holds {name[:80]!r}, which is a link or a device")


def _check_places(members: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> int:
    """Its size; raises where parts, their list and its end do not follow on one another from the first byte on."""
    file = members.fp
    if file is None:  # it was opened above
        raise ValueError("it is closed")
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size))
    if members.comment or not file.read().startswith(_END_MARK):
        raise ArchiveError("damaged", "is cut short, or goes on after its end")
    at = 0
    for part in sorted(parts, key=lambda one: one.header_offset):
        if part.header_offset != at:
            raise ArchiveError("unsafe", f"holds {part.filename[:80]!r} within or behind other bytes")
        at = _end_of(file, part)
    if at != members.start_dir:
        raise ArchiveError("unsafe", "has a list of parts within or behind other bytes")
    _check_end(file, len(parts), at, size)
    return size


def _end_of(file: Any, part: zipfile.ZipInfo) -> int:  # the file, which has no narrower type there
    """Where a part ends by its own header, which has to say what the list of parts says."""
    file.seek(part.header_offset)
    mark, flags, method, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    if mark != _LOCAL_MARK or method != part.compress_type or flags & ~_FLAGS:
        raise ArchiveError("unsafe", f"says of {part.filename[:80]!r} two different things")
    here = file.read(name).decode("utf-8" if part.flag_bits & 0x800 else "cp437")
    if here != part.orig_filename:
        raise ArchiveError("unsafe", f"calls {part.filename[:80]!r} {here[:80]!r} as well")
    end: int = part.header_offset + _LOCAL.size + name + extra + part.compress_size
    if not flags & _SIZES_FOLLOW:
        return end
    file.seek(end)
    return end + _length_of_sizes(file.read(24), part)


def _length_of_sizes(follows: bytes, part: zipfile.ZipInfo) -> int:
    """Of the checksum and sizes that follow a part's data: with a mark or without, long or short."""
    sizes = (part.compress_size, part.file_size)
    forms = ("<IQQ", "<III") if max(sizes) < 1 << 32 else ("<IQQ",)
    for form in forms:  # the long one first: of an empty part the short one is its beginning
        said = struct.pack(form, part.CRC, *sizes)
        for mark in (b"PK\x07\x08", b""):
            if follows.startswith(mark + said):
                return len(mark + said)
    raise ArchiveError("unsafe", f"says of {part.filename[:80]!r} two different things")


def _check_end(file: Any, count: int, start: int, size: int) -> None:  # the file, as above
    """The end, and the longer one of large archives, have to tell of the one list that lies before them."""
    file.seek(size - _END.size)
    end = _END.unpack(file.read(_END.size))[1:-1]
    place = size - _END.size - _LOCATOR.size
    file.seek(max(0, place))
    large = file.read(4) == _LOCATOR_MARK
    if large:
        place -= _END64.size
    said = (0, 0, count, count, (place if large else size - _END.size) - start, start)
    if large and not _is_large_end(file, place, said):
        raise ArchiveError("unsafe", "has two ends that tell of different lists of parts")
    if any(
        one != two and not (large and one == most) for one, two, most in zip(end, said, _UNSAID, strict=True)
    ):
        raise ArchiveError("unsafe", "has an end that tells of another list of parts")


def _is_large_end(file: Any, place: int, said: tuple[int, ...]) -> bool:  # the file, as above
    """Whether it lies at the place, says so, and is found where the archive says that it is."""
    file.seek(max(0, place))
    mark, length, _by, _for, *found = _END64.unpack(file.read(_END64.size))
    locator = _LOCATOR.unpack(file.read(_LOCATOR.size))
    whole = (mark, length) == (_END64_MARK, _END64.size - 12) and tuple(found) == said
    return whole and locator == (_LOCATOR_MARK, 0, place, 1)
