"""Zip archives from anywhere: looked through before anything is read out of them."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxship.adapters.pickle_values import unsafe
from boxship.errors import BoxError

_SOME = 1 << 28  # bytes that any archive may unpack to
_TIMES = 300  # its own size, for larger ones
_ENCRYPTED = 0x41  # flags: encrypted, and strongly
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Raises for what is no archive, for one that would unpack to more than can be believed, and for parts
    that readers could take for different ones: named twice, encrypted, or outside of it."""
    try:
        members = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(path, f"it is no whole archive: {error}") from error
    with members:
        _check(path, members.infolist())
        yield members


def _check(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    twice = [name for name, count in Counter(part.filename for part in parts).items() if count > 1]
    if twice:
        raise unsafe(0, f"holds {twice[0][:80]!r} twice")
    for part in parts:
        if part.flag_bits & _ENCRYPTED or part.compress_type not in _KINDS:
            raise unsafe(
                part.header_offset, "holds a part that is encrypted, or compressed in an unusual way"
            )
        name = part.filename
        if (
            name.startswith(("/", "\\"))
            or ".." in name.replace("\\", "/").split("/")
            or "\0" in part.orig_filename
        ):
            raise unsafe(part.header_offset, f"holds {name[:80]!r}, which lies outside of it")
    unpacked, size = sum(part.file_size for part in parts), path.stat().st_size
    if unpacked > max(_SOME, _TIMES * size):
        raise BoxError(
            "model.too_large",
            f"the model file would unpack to {unpacked >> 20:,} MB, which cannot be believed of {size >> 10:,} kB",
            "do not load it unless you know where it comes from",
        )


def damaged(path: Path, why: str) -> BoxError:
    return BoxError("model.damaged", f"{path.name} cannot be read: {why}", "copy or save the model again")
