"""What a box consists of: the bytes whose digest is the box."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

import msgspec

from boxship.core.digest import Digest, canonical_json
from boxship.core.numbered import read_numbered
from boxship.errors import BoxError

FORMAT = 1
NAME = "manifest.json"
ENTRY = ".entry"  # of a file that names code of the user's own
_PATH = re.compile(r"[^/\x00-\x1f\\][^\x00-\x1f\\]*")


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the box, by content."""

    path: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Adapter, Python minor and every file. No name, version, clock, host or user."""

    adapter: str
    python: str
    files: tuple[File, ...]
    format: int = FORMAT

    @classmethod
    def of(cls, adapter: str, python: str, files: Iterable[File]) -> "Manifest":
        return cls(adapter, python, tuple(sorted(files, key=lambda file: file.path)))

    @property
    def digest(self) -> Digest:
        return Digest.of(self.to_bytes())

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)

    def file(self, path: str) -> File:
        for file in self.files:
            if file.path == path:
                return file
        raise BoxError("box.missing_file", f"the box has no {path}", "pack it again, or copy the whole box")

    @property
    def model(self) -> File:
        """What the adapter loads; what names its code lies beside it, or is all there is."""
        named = [file for file in self.under("model") if PurePosixPath(file.path).stem == "model"]
        if not named:
            raise BoxError("box.missing_file", "the box has no model", "pack it again, or copy the whole box")
        return min(named, key=lambda file: file.path.endswith(ENTRY))

    def under(self, folder: str) -> tuple[File, ...]:
        return tuple(file for file in self.files if file.path.startswith(folder + "/"))

    def to_bytes(self) -> bytes:
        return canonical_json(self)

    @classmethod
    def from_bytes(cls, data: bytes, *, of: str = "a box") -> "Manifest":
        """Bytes that are not exactly what `to_bytes` writes are refused: the digest is the box.

        `of` says in errors which box it is.
        """
        codes = ("box.newer_format", "box.damaged")
        manifest = read_numbered(data, cls, FORMAT, f"the manifest of {of}", codes)
        if manifest.to_bytes() != data:
            raise BoxError(
                "box.damaged", f"the manifest of {of} is not in canonical form", "copy the box again"
            )
        for file in manifest.files:
            _check_path(file.path, of)
        return manifest


def _check_path(path: str, of: str) -> None:
    parts = path.split("/")
    if not _PATH.fullmatch(path) or any(part in ("", ".", "..") for part in parts):
        raise BoxError(
            "box.unsafe_path", f"the manifest of {of} names the path {path!r}", "do not use this box"
        )
