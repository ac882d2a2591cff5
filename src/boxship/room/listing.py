"""The listing of a room: every file with its hash, written when it was made, read again to verify."""

import base64
import csv
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_THREADS = 4  # hashing releases the GIL; the disk is the limit


def list_files(room: Path, leave_out: frozenset[str]) -> dict[str, str]:
    """relative path -> sha256, or `-> target` for a link. A FIFO or device has the hash `?`."""
    names = sorted(set(_walk(room)) - leave_out)
    with ThreadPoolExecutor(_THREADS) as pool:
        return dict(zip(names, pool.map(lambda name: _hash(room / name), names), strict=True))


def render_listing(files: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))


def parse_listing(text: str) -> dict[str, str]:
    pairs = (line.partition("  ") for line in text.splitlines())
    return {name: digest for digest, _, name in pairs}


def compare(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(path, what is wrong), for people."""
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield name, "is missing"
        elif name not in wanted:
            yield name, "was added"
        elif wanted[name] != found[name]:
            yield name, "was changed"


def against_records(room: Path, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) where a file is not what its wheel's RECORD says.

    uv links files out of its cache, so one damaged there would come into every room. Bytecode that
    a wheel ships (numpy 1.26 does) is left out: ours has taken its place.
    """
    for record in sorted(room.glob("lib/python*/site-packages/*.dist-info/RECORD")):
        site = record.parent.parent
        for name, digest, *_ in csv.reader(record.read_text("utf-8").splitlines()):
            if digest.startswith("sha256=") and not name.endswith(".pyc"):
                path = os.path.relpath(os.path.normpath(site / name), room)
                raw = base64.urlsafe_b64decode(digest.removeprefix("sha256=") + "==")
                if files.get(path) != raw.hex():
                    yield path, "is not what its wheel's RECORD says"


def _walk(room: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(room):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*names, *links):
            yield (Path(folder) / name).relative_to(room).as_posix()


def _hash(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    if not path.is_file():
        return "?"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
