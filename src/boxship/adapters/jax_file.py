"""A function that jax.export serialised, told by its bytes."""

import struct
from collections.abc import Collection, Mapping
from pathlib import Path

from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan

ROOT = "jax.export.Exported"
_PROGRAM = b"ML\xefR"  # https://mlir.llvm.org/docs/BytecodeFormat/ begins so
_SMALLEST = 64


def scan_jax(path: Path) -> Scan | None:
    """What calling it needs; None where it is no table of a flat buffer that holds such a program.

    Nothing in it is Python: a program is compiled by XLA, and what it may call is looked at when it is loaded.
    """
    data = path.read_bytes()
    if len(data) < _SMALLEST or _PROGRAM not in data or not _is_table(data):
        return None
    return Scan("jax", ROOT, (Use("jax.export", "Exported", 0, called=False),), {})


def needed(installed: Collection[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """What JAX reads such files with, which is no requirement of JAX."""
    del installed, environ
    return ("flatbuffers",)


def _is_table(data: bytes) -> bool:
    """Whether its first number leads to a table, and that to a list of where its fields lie."""
    root: int = struct.unpack_from("<I", data)[0]
    if not 4 <= root <= len(data) - 4:
        return False
    back: int = struct.unpack_from("<i", data, root)[0]
    places = root - back
    if not 4 <= places <= len(data) - 4:
        return False
    size: int
    table: int
    size, table = struct.unpack_from("<HH", data, places)
    return (
        size >= 4
        and size % 2 == 0
        and table >= 4
        and places + size <= len(data)
        and root + table <= len(data)
    )
