"""Archives that two readers could read as two things are read by none."""

import io
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship.archive import ArchiveError, open_archive, read_json, read_part

MORE = 1 << 24


def archive(
    *parts: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as members:
        warnings.simplefilter("ignore")
        for name, data in parts or [("a", b"12"), ("b/c", b"{}")]:
            members.writestr(name, data)
        members.comment = comment
    return out.getvalue()


def verdict(data: bytes) -> str:
    try:
        with open_archive(io.BytesIO(data)) as members:
            for name in members.namelist():
                read_part(members, name)
    except ArchiveError as error:
        return error.kind
    return "ok"


def local(change: bytes, at: int) -> bytes:
    """The first part's own header changed, and not the list of parts."""
    data = bytearray(archive())
    data[at : at + len(change)] = change
    return bytes(data)


def listed(change: bytes, at: int) -> bytes:
    """What the list says of the first part changed, and not the part's own header."""
    data = bytearray(archive())
    start = data.index(b"PK\x01\x02") + at
    data[start : start + len(change)] = change
    return bytes(data)


def link() -> zipfile.ZipInfo:
    one = zipfile.ZipInfo("a")
    one.create_system, one.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return one


def within() -> bytes:
    """A part that is the whole of another, header and all."""
    data = bytearray(archive(("a", archive(("b", b"xx"))[: 31 + 2]), ("b", b"xx")))
    start = data.rindex(b"PK\x01\x02")
    data[start + 42 : start + 46] = struct.pack("<I", 31)
    return bytes(data)


def moved(gap: bytes, *, before_list: bool = False) -> bytes:
    """Bytes that nothing tells of before the second part or the list of parts, every place as it then is."""
    data = bytearray(archive())
    start, second = data.index(b"PK\x01\x02"), data.index(b"PK\x03\x04", 1)
    if not before_list:
        entry = data.index(b"PK\x01\x02", start + 1)
        data[entry + 42 : entry + 46] = struct.pack("<I", second + len(gap))
    data[-6:-2] = struct.pack("<I", start + len(gap))
    place = start if before_list else second
    return bytes(data[:place] + gap + data[place:])


def large(of: bytes = b"", *, told: int = 0, count: int | None = None, saturated: bool = True) -> bytes:
    """With the longer end of large archives, of which the archive says that it lies so many bytes before itself."""
    data = of or archive()
    end = list(struct.unpack("<4s4H2IH", data[-22:]))
    place = len(data) - 22
    record = (end[3] if count is None else count, *end[4:7])
    longer = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *record)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place - told, 1)
    if saturated:
        end[3:7] = [0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF]
    return data[:-22] + longer + locator + struct.pack("<4s4H2IH", *end)


def streamed(*, mark: bytes | None = None) -> bytes:
    """As to a pipe: the sizes follow the data, and what follows may be spoilt."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    out = Pipe()
    with zipfile.ZipFile(out, "w") as members:
        members.writestr("a", b"12")
        members.writestr("empty", b"")
    data = out.getvalue()
    return data if mark is None else data.replace(b"PK\x07\x08", mark)


@pytest.mark.parametrize(
    "data",
    [
        archive(),
        large(),
        large(saturated=False),
        streamed(),
        archive(method=zipfile.ZIP_DEFLATED),
        archive(("ä", b"1")),
        archive(("a", bytes(1 << 20)), method=zipfile.ZIP_DEFLATED),
    ],
)
def test_honest_archives_are_read(data: bytes) -> None:
    assert verdict(data) == "ok"


UNSAFE: dict[str, Callable[[], bytes]] = {
    "twice": lambda: archive(("a", b"1"), ("a", b"2")),
    "up": lambda: archive(("../a", b"")),
    "up in the middle": lambda: archive(("a/../../b", b"")),
    "absolute": lambda: archive(("/etc/passwd", b"")),
    "another drive": lambda: archive(("C:/a", b"")),
    "up by the other slash": lambda: archive(("a\\..\\..\\b", b"")),
    "a line in a name": lambda: archive(("a\nb", b"")),
    "a name without end": lambda: archive(("a" * 2000, b"")),
    "a link": lambda: archive((link(), b"/etc/passwd")),
    "encrypted in the list": lambda: listed(b"\x01", 8),
    "patched data": lambda: listed(b"\x20", 8),
    "strong encryption": lambda: listed(b"\x40", 8),
    "names that are masked": lambda: listed(b"\x00\x20", 8),
    "encrypted by itself": lambda: local(b"\x01", 6),
    "7z's methods": lambda: archive(method=zipfile.ZIP_LZMA),
    "bzip2": lambda: archive(method=zipfile.ZIP_BZIP2),
    "another method in itself": lambda: local(b"\x08", 8),
    "another name in itself": lambda: local(b"z", 30),
    "no header of its own": lambda: local(b"PK\x07\x08", 0),
    "one in another": within,
    "two in a row": lambda: archive() + archive(),
    "behind other bytes": lambda: b"#!/bin/sh\n" + archive(),
    "bytes between parts": lambda: moved(archive()),
    "bytes before the list": lambda: moved(archive(), before_list=True),
    "sizes that do not follow": lambda: streamed(mark=b"PK\x07\x09"),
    "another number of parts": lambda: archive()[:-12] + b"\x01\x00" + archive()[-10:],
}


@pytest.mark.parametrize("trick", UNSAFE)
def test_two_readings_of_one_archive(trick: str) -> None:
    assert verdict(UNSAFE[trick]()) == "unsafe"


@pytest.mark.parametrize(
    "data", [large(told=1), large(told=98), large(count=1), large(large(), told=98, saturated=False)]
)
def test_two_ends_of_one_archive(data: bytes) -> None:
    """Some versions of Python find some of them themselves."""
    assert verdict(data) in ("unsafe", "damaged")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        archive() + b"x",
        archive(comment=b"PK\x05\x06"),
        listed(b"\0\0\0\0", 16),  # the checksum
    ],
)
def test_what_is_not_whole(data: bytes) -> None:
    assert verdict(data) == "damaged"


def test_a_bomb_of_one_part_and_of_many() -> None:
    assert verdict(archive(("a", bytes(300 << 20)), method=zipfile.ZIP_DEFLATED)) == "too_large"
    assert verdict(archive(*((str(at), b"") for at in range(50_001)))) == "too_large"


def test_a_text_is_as_large_as_can_be_believed() -> None:
    data = archive(("a", b"[" + b" " * MORE + b"]"), method=zipfile.ZIP_DEFLATED)
    with pytest.raises(ArchiveError) as caught, open_archive(io.BytesIO(data)) as members:
        read_json(members, "a")
    assert caught.value.kind == "too_large"
    with open_archive(io.BytesIO(archive(("a", b"[1]")))) as members:
        assert read_json(members, "a") == [1]


@pytest.mark.parametrize("text", [b"", b"[" * 100_000, b"\xff", b"{]"])
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(ArchiveError) as caught, open_archive(io.BytesIO(archive(("a", text)))) as members:
        read_json(members, "a")
    assert caught.value.kind == "damaged"


WHOLE = archive(
    ("a", b"some text that is long enough"), ("b", zlib.compress(b"more")), method=zipfile.ZIP_DEFLATED
)


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(1, 255)), max_size=4), st.integers(0, 40)
)
def test_spoilt_archives_are_told_or_read(spoilt: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(WHOLE[: len(WHOLE) - cut])
    for place, change in spoilt:
        data[place % len(data)] ^= change
    assert verdict(bytes(data)) in ("ok", "damaged", "unsafe", "too_large")
