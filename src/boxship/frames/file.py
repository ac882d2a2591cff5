"""What is asked of every file before it is read."""

import shlex
from pathlib import Path

from boxship.core.table import Table
from boxship.errors import DataError
from boxship.path import is_device, is_folder, named


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
        raise DataError("data.no_file", f"there is no file {name}", "check the path") from error
    except (OSError, ValueError) as error:  # ValueError: what no path can hold
        why = getattr(error, "strerror", error)
        raise DataError(
            "data.unreadable", f"{name} cannot be read: {why}", "check the path, its owner and mode"
        ) from error
    if not first:
        raise DataError("data.empty_file", f"{name} is empty", "a table needs at least a header")
    return path


def refuse_wide(path: Path) -> None:
    """For files of text: half of the bytes of UTF-16 are zero, and its mark is none of UTF-8."""
    with path.open("rb") as file:
        first = file.read(4)
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise not_utf8(path, "its first bytes are those of UTF-16", "utf-16")
    if 0 in first:
        order = "le" if first.index(0) % 2 else "be"
        raise not_utf8(path, "its first bytes are those of UTF-16", f"utf-16{order}")


def not_utf8(path: Path, why: str, likely: str) -> DataError:
    """The error for text in another encoding, with the command that mends it."""
    new = path.with_stem(f"{path.stem}-utf8")
    command = f"iconv -f {likely} -t utf-8 {shlex.quote(str(path))} > {shlex.quote(str(new))}"
    return DataError("data.not_utf8", f"{str(path)!r} is not UTF-8: {why}", command)


def damaged(path: Path, why: object, form: str) -> DataError:
    """The error for a file that is not what its suffix says, or not whole."""
    reason = str(why).strip().splitlines()
    return DataError(
        "data.damaged",
        f"{str(path)!r} is not a whole {form} file: {reason[0] if reason else 'it cannot be read'}",
        "copy it again, or give it the suffix of what it is",
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
