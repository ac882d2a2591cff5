"""What is asked of every file before it is read."""

import re
import shlex
from pathlib import Path

from boxship.core.name import did_you_mean
from boxship.core.table import Table
from boxship.errors import DataError
from boxship.path import is_device, is_folder, named

_URL = re.compile(r"([a-z][a-z0-9+.-]+):/", re.IGNORECASE)  # a path has one slash of the two
OBJECTS = "pandas and polars data frames, Arrow tables, numpy arrays, lists of dicts, dicts of lists"


def checked(path: Path) -> Path:
    """The path, of a file that is there, can be read and is not empty."""
    name = named(path)
    if is_folder(path):
        raise DataError("data.is_folder", f"{name} is a folder", "name one file in it")
    if is_device(path):
        message = f"{name} is a pipe or a device"
        raise DataError("data.not_a_file", message, "it is read more than once: write it to a file first")
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except FileNotFoundError as error:
        if url := _URL.match(str(path)):
            given = f"{url[1]}://{str(path)[url.end() :]}"[:200]
            message = f"{given!r} is a URL, which is not read"
            raise DataError("data.no_file", message, "download it first, and name the file") from error
        hint = f"{beside(path)}check the path"
        raise DataError("data.no_file", f"there is no file {name}", hint) from error
    except (OSError, ValueError) as error:  # ValueError: what no path can hold
        why = getattr(error, "strerror", error)
        raise DataError(
            "data.unreadable", f"{name} cannot be read: {why}", "check the path, its owner and mode"
        ) from error
    if not first:
        raise DataError("data.empty_file", f"{name} is empty", "a table needs at least a header")
    return path


def beside(path: Path) -> str:
    """Which file of the same folder may have been meant, as the beginning of a hint."""
    try:
        names = sorted(one.name for one in path.parent.iterdir() if not one.name.startswith("."))
    except (OSError, ValueError):
        return ""
    return did_you_mean(path.name, names)


_COMPRESSED = {  # the first bytes, how that is called, and the command that undoes it
    b"\x1f\x8b": ("gzip", "gzip -dc <"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -dc <"),
    b"\xfd7zXZ\0": ("xz", "xz -dc <"),
    b"BZh91AY&SY": ("bzip2", "bzip2 -dc <"),
    b"PK\x03\x04": ("zip", "unzip -p"),
}


def refuse_no_text(path: Path) -> None:
    """For files of text: what is compressed, binary or UTF-16 is told by its first bytes."""
    with path.open("rb") as file:
        first = file.read(64)
    for magic, (how, command) in _COMPRESSED.items():
        if first.startswith(magic):
            new = path.with_stem(f"{path.stem}-plain")
            hint = f"{command} {shlex.quote(str(path))} > {shlex.quote(str(new))}"
            raise damaged(path, f"it is compressed with {how}", "text", hint)
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise not_utf8(path, "its first bytes are those of UTF-16", "utf-16")
    if 0 in first:
        order = _order_of_utf16(first)
        if order:
            raise not_utf8(path, "its first bytes are those of UTF-16", f"utf-16{order}")
        raise damaged(path, f"byte {first.index(0)} is zero, so it is no text", "text")


def _order_of_utf16(first: bytes) -> str:
    """Without a mark: most of its letters have a zero on one side, and none on the other."""
    for order, letters, zeros in (("le", first[::2], first[1::2]), ("be", first[1::2], first[::2])):
        if 0 not in letters and 2 * zeros.count(0) > len(zeros):
            return order
    return ""


def not_utf8(path: Path, why: str, likely: str) -> DataError:
    """The error for text in another encoding, with the command that mends it."""
    new = path.with_stem(f"{path.stem}-utf8")
    command = f"iconv -f {likely} -t utf-8 {shlex.quote(str(path))} > {shlex.quote(str(new))}"
    return DataError("data.not_utf8", f"{str(path)!r} is not UTF-8: {why}", command)


_WHOLE = "copy it again, or give it the suffix of what it is"


def damaged(path: Path, why: object, form: str, hint: str = _WHOLE) -> DataError:
    """The error for a file that is not what its suffix says, or not whole."""
    reason = str(why).strip().splitlines()
    return DataError(
        "data.damaged",
        f"{str(path)!r} is not a whole {form} file: {reason[0] if reason else 'it cannot be read'}",
        hint,
    )


def refuse_nested(table: Table, form: str) -> None:
    """For flat formats, which have no place for tensors, records and bytes."""
    for name, type_ in zip(table.names, table.schema.types, strict=True):
        if type_.shape or type_.kind in ("record", "binary"):
            raise DataError(
                "data.cannot_write",
                f"column {name!r} is {type_}, which {form} cannot hold",
                "write Parquet, Arrow or JSON lines",
            )
