"""A box on disk: opened, verified, read."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from boxship.core.card import Card
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.manifest import NAME, Manifest
from boxship.core.profile import Profile
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes
from boxship.errors import BoxError
from boxship.path import named

ATTACHMENTS = ("proof", "hashes", "attestation")


@dataclass(frozen=True)
class Box:
    """An opened box. Its folder holds `box/` (what the digest covers) and `attachments/`.

    The folder can be copied anywhere and opened there.
    """

    folder: Path
    digest: Digest
    manifest: Manifest

    def __repr__(self) -> str:
        return f"Box({self.digest.short}, {self.manifest.adapter}, {str(self.folder)!r})"

    @property
    def files(self) -> Path:
        return self.folder / "box"

    def read(self, path: str) -> bytes:
        """One file of the box, verified."""
        expected = self.manifest.file(path)
        try:
            data = (self.files / path).read_bytes()
        except OSError as error:
            raise _missing(path, error) from error
        if len(data) != expected.size or Digest.of(data).hex != expected.sha256:
            raise _damaged(path)
        return data

    @cached_property
    def contract(self) -> Contract:
        return Contract.from_bytes(self.read("contract.json"))

    @cached_property
    def lock(self) -> str:
        return self.read("lock.txt").decode()

    @cached_property
    def profile(self) -> Profile:
        return Profile.from_bytes(self.read("profile.bin"))

    @cached_property
    def golden(self) -> Table:
        return from_bytes(self.read("golden.in"))

    @cached_property
    def card(self) -> Card:
        return Card.from_bytes(self.read("card.json"))

    @property
    def model_file(self) -> Path:
        return self.files / self.manifest.model.path

    def attachments(self, kind: str) -> list[bytes]:
        """The attachments of a kind, oldest first, each verified by its own digest."""
        return [read_attachment(path) for path in self.attached(kind)]

    def attached(self, kind: str) -> list[Path]:
        """Where they lie."""
        folder = self.folder / "attachments" / kind
        try:
            paths = sorted(folder.iterdir(), key=lambda path: (path.stat().st_mtime_ns, path.name))
        except FileNotFoundError:
            return []
        return [path for path in paths if not path.name.startswith(".")]


def open_box(folder: Path, *, expected: Digest | None = None, verify: bool = True) -> Box:
    """Open the box in a folder; every byte is verified unless the caller has just done so."""
    folder = folder.absolute()  # a room is told where the box lies, and has another working folder
    try:
        data = (folder / "box" / NAME).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: what no path can hold
        raise BoxError(
            "box.not_found",
            f"there is no box in {named(folder)}",
            "a box's folder holds box/manifest.json",
        ) from error
    digest = Digest.of(data)
    if expected is not None and digest != expected:
        raise BoxError("box.damaged", f"the manifest in {folder} is not that of {expected.short}", _MEND)
    box = Box(folder, digest, Manifest.from_bytes(data, of=f"the box in {folder}"))
    if verify:
        verify_files(box)
    return box


def verify_files(box: Box) -> None:
    """Compare every file with the manifest; the first that differs is named."""
    for file in box.manifest.files:
        path = box.files / file.path
        try:
            size = path.stat().st_size
            same = size == file.size and Digest.of_file(path).hex == file.sha256
        except OSError as error:
            raise _missing(file.path, error) from error
        if not same:
            raise _damaged(file.path)
    known = {file.path for file in box.manifest.files} | {NAME}
    for path in box.files.rglob("*"):
        inside = path.relative_to(box.files).as_posix()
        if not path.is_dir() and inside not in known:
            raise BoxError("box.extra_file", f"{inside} lies in the box and not in its manifest", _MEND)


_MEND = "copy the box again from where it was made, or pack it again"
_MEANWHILE = {"twin": "; until then the model itself answers", "hashes": ""}


def read_attachment(path: Path) -> bytes:
    """What lies beside a box, verified."""
    kind = path.parent.name
    said = f"attachment {kind}/{path.name[:12]}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _missing(said, error) from error
    if Digest.of(data).hex != path.stem:
        raise _damaged(said, _MEANWHILE.get(kind, "; the box itself is whole"))
    return data


def _missing(path: str, error: OSError) -> BoxError:
    return BoxError("box.missing_file", f"cannot read {path} of the box: {error.strerror}", _MEND)


def _damaged(path: str, meanwhile: str = "") -> BoxError:
    message = f"{path} of the box is not what its digest says"
    return BoxError("box.damaged", message, _MEND + meanwhile, {"path": path})
