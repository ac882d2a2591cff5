"""The store on this machine: content-addressed, safe under parallel packs and kill -9."""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from boxship.core.digest import Digest
from boxship.core.manifest import NAME, File, Manifest
from boxship.errors import BoxError, BoxshipError, UsageError
from boxship.stores import disk
from boxship.stores.reference import Reference, check_name, check_version


class Named(NamedTuple):
    """One name for a digest."""

    name: str
    version: str
    digest: Digest
    latest: bool


@dataclass(frozen=True)
class Staged:
    """A box being made: its files are written, nobody can find it yet."""

    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> Digest:
        return self.manifest.digest


class LocalStore:
    """Layout under `root`:

    `blobs/sha256/ab/<hex>` every file of every box once; `boxes/<hex>/box/` a box as hard links
    to its blobs; `boxes/<hex>/attachments/<kind>/<hex>`; `names/<name>/<version>` a pointer,
    `names/<name>/.latest` the version last packed; `tmp/` what is being made, each folder held
    by a lock that dies with its maker.

    A box becomes visible by one rename, a name by another. Whoever makes holds `lock` shared;
    `clean` holds it alone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    # making

    @contextmanager
    def making(self) -> Iterator[Path]:
        """A folder to work in, gone afterwards; nothing is collected while it is open."""
        folder = self.root / "tmp" / uuid.uuid4().hex
        with disk.said(f"writing to {self.root}"):
            (folder / "box").mkdir(parents=True)
        try:
            with disk.locked(self.root / "lock", shared=True), disk.locked(folder / "maker.lock"):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def stage(self, folder: Path, files: Mapping[str, bytes | Path], *, adapter: str, python: str) -> Staged:
        """Write the files and the manifest into the folder that `making` gave."""
        with disk.said(f"writing to {self.root}"):
            made = [_stage_file(folder / "box", path, content) for path, content in sorted(files.items())]
            manifest = Manifest.of(adapter, python, made)
            disk.write_file(folder / "box" / NAME, manifest.to_bytes())
        return Staged(folder, manifest)

    def add(self, staged: Staged, attachments: Mapping[str, bytes]) -> Path:
        """Make the staged box visible, with its attachments; known content is kept as it is."""
        with disk.said(f"writing to {self.root}"):
            target = self._box_folder(staged.digest)
            if not target.exists():
                self._share(staged)
                for kind, data in attachments.items():
                    _write_attachment(staged.folder, kind, data)
                aside = staged.folder / "whole"
                aside.mkdir()
                for part in ("box", "attachments"):
                    if (staged.folder / part).exists():
                        (staged.folder / part).rename(aside / part)
                _sync_tree(aside)
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    aside.rename(target)
                except OSError:
                    if not target.exists():
                        raise
                else:
                    disk.sync_folder(target.parent)
                    return target
            for kind, data in attachments.items():
                _write_attachment(target, kind, data)
        return target

    def _share(self, staged: Staged) -> None:
        """Put every file under its digest, and let the box's own files be links to them."""
        files = [*staged.manifest.files, File(NAME, staged.digest.hex, 0)]
        for file in files:
            path = staged.folder / "box" / file.path
            blob = self.root / "blobs" / "sha256" / file.sha256[:2] / file.sha256
            blob.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o444)
            if blob.exists() and Digest.of_file(blob).hex == file.sha256:
                link = path.with_name(f".{path.name}.link")
                os.link(blob, link)
                link.replace(path)
                continue
            blob.unlink(missing_ok=True)
            os.link(path, blob)
            disk.sync_folder(blob.parent)

    # names

    def name(self, name: str, digest: Digest, version: str | None = None) -> Named:
        """Point a name at a box. A version is written once; without one a new content gets the
        next integer and known content keeps its own. Either way it is now the latest."""
        check_name(name)
        folder = self.root / "names" / name
        with disk.said(f"naming {name}"), disk.locked(folder / ".lock"):
            known = {one: self._pointer(folder / one) for one in self._versions(name)}
            if version is not None:
                check_version(version)
                if known.get(version, digest) != digest:
                    raise UsageError(
                        "store.version_taken",
                        f"{name}:{version} is {known[version].short}, not {digest.short}",
                        "a version is written once: choose another, or leave --version out",
                    )
            else:
                same = [one for one in known if known[one] == digest]
                version = max(same, key=_order) if same else _next(known)
            if version not in known:
                disk.replace_file(folder / version, _pointer_bytes(f"{name}:{version}", str(digest)))
            disk.replace_file(folder / ".latest", _pointer_bytes(f"{name}:latest", version))
        return Named(name, version, digest, latest=True)

    def names(self) -> list[Named]:
        """Every name and version, sorted."""
        try:
            folders = sorted(path for path in (self.root / "names").iterdir() if path.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        found: list[Named] = []
        for folder in folders:
            versions = sorted(self._versions(folder.name), key=_order)
            latest = self._latest(folder.name) if versions else None
            found += [Named(folder.name, v, self._pointer(folder / v), v == latest) for v in versions]
        return found

    def find(self, reference: Reference) -> Path:
        """The folder of the box that is meant."""
        if reference.folder is not None:
            return reference.folder
        digest = reference.digest
        if digest is None:
            if reference.name is None:
                raise UsageError("name.malformed", "no box is named", "boxship list shows the boxes")
            digest = self._pointer(self._version_file(reference.name, reference.version))
        folder = self._box_folder(digest)
        if not folder.exists():
            raise UsageError(
                "store.unknown_box", f"there is no box {digest.short} here", "boxship list shows the boxes"
            )
        return folder

    def _version_file(self, name: str, version: str | None) -> Path:
        folder = self.root / "names" / name
        versions = self._versions(name)
        if not versions:
            known = sorted({named.name for named in self.names()})
            raise UsageError(
                "store.unknown_name",
                f"there is no box named {name}",
                f"there are {', '.join(known)}" if known else "boxship pack makes the first one",
            )
        wanted = version or self._latest(name)
        if wanted not in versions:
            raise UsageError(
                "store.unknown_version",
                f"{name} has no version {wanted}",
                f"it has {', '.join(sorted(versions, key=_order))}",
            )
        return folder / wanted

    def _versions(self, name: str) -> list[str]:
        try:
            entries = [path.name for path in (self.root / "names" / name).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [entry for entry in entries if not entry.startswith(".")]

    def _latest(self, name: str) -> str:
        path = self.root / "names" / name / ".latest"
        if not path.exists():  # the maker was killed between the version and this pointer
            return max(self._versions(name), key=_order)
        return _read_pointer(path, f"{name}:latest")

    def _pointer(self, path: Path) -> Digest:
        return Digest.parse(_read_pointer(path, f"{path.parent.name}:{path.name}"))

    # keeping

    def boxes(self) -> list[Digest]:
        """Every box, named or not."""
        try:
            return [
                Digest(path.name) for path in sorted((self.root / "boxes").iterdir()) if len(path.name) == 64
            ]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def folder(self, digest: Digest) -> Path:
        return self.find(Reference(digest=digest))

    def faults(self) -> list[BoxshipError]:
        """Verify every blob and every pointer; boxes themselves are verified by opening them."""
        found: list[BoxshipError] = []
        for blob in sorted((self.root / "blobs" / "sha256").glob("*/*")):
            if Digest.of_file(blob).hex != blob.name:
                message = f"the blob {blob.name[:12]} is not what its digest says"
                found.append(
                    BoxError("store.damaged_blob", message, "boxship check names the boxes that hold it")
                )
        try:
            for named in self.names():
                self.find(Reference(digest=named.digest))
        except BoxshipError as error:
            found.append(error)
        return found

    def collect(self, roots: Iterable[Digest], *, dry_run: bool = False) -> tuple[list[Digest], int]:
        """Remove boxes that are not roots, blobs that no box holds, and what dead makers left.

        Gives the boxes removed and the bytes freed. Waits until no pack is running.
        """
        keep = {root.hex for root in roots}
        with disk.said("collecting garbage"), disk.locked(self.root / "lock"):
            dead = [digest for digest in self.boxes() if digest.hex not in keep]
            freed = 0
            for digest in dead:
                freed += _size(self._box_folder(digest) / "attachments")
                if not dry_run:
                    aside = self.root / "tmp" / f"dead-{uuid.uuid4().hex}"
                    aside.parent.mkdir(parents=True, exist_ok=True)
                    self._box_folder(digest).rename(aside)
            freed += self._sweep_tmp(dry_run=dry_run)
            freed += self._sweep_blobs(dead, dry_run=dry_run)
        return dead, freed

    def _sweep_tmp(self, *, dry_run: bool) -> int:
        freed = 0
        for folder in (self.root / "tmp").glob("*"):
            if disk.try_lock(folder / "maker.lock") if (folder / "maker.lock").exists() else True:
                freed += _size(folder, alone=True)
                if not dry_run:
                    shutil.rmtree(folder, ignore_errors=True)
        return freed

    def _sweep_blobs(self, dead: Iterable[Digest], *, dry_run: bool) -> int:
        gone = {digest.hex for digest in dead}
        used: set[str] = set()
        for digest in self.boxes():
            if digest.hex not in gone:
                manifest = Manifest.from_bytes((self._box_folder(digest) / "box" / NAME).read_bytes())
                used |= {file.sha256 for file in manifest.files} | {digest.hex}
        freed = 0
        for blob in (self.root / "blobs" / "sha256").glob("*/*"):
            if blob.name not in used:
                freed += blob.stat().st_size
                if not dry_run:
                    blob.unlink()
        return freed

    def _box_folder(self, digest: Digest) -> Path:
        return self.root / "boxes" / digest.hex


def _stage_file(folder: Path, path: str, content: bytes | Path) -> File:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())
        return File(path, Digest.of_file(target).hex, target.stat().st_size)
    disk.write_file(target, content)
    return File(path, Digest.of(content).hex, len(content))


def attach(folder: Path, kind: str, data: bytes) -> Digest:
    """Lay an attachment beside the box in a folder."""
    with disk.said(f"writing to {folder}"):
        return _write_attachment(folder, kind, data)


def _write_attachment(folder: Path, kind: str, data: bytes) -> Digest:
    digest = Digest.of(data)
    target = folder / "attachments" / kind
    target.mkdir(parents=True, exist_ok=True)
    if not (target / digest.hex).exists():
        disk.replace_file(target / digest.hex, data)
    return digest


def _pointer_bytes(what: str, value: str) -> bytes:
    return f"{value} {Digest.of(f'{what} {value}'.encode()).hex[:16]}\n".encode()


def _read_pointer(path: Path, what: str) -> str:
    try:
        value, _, _ = path.read_bytes().decode("ascii", "replace").partition(" ")
        if path.read_bytes() == _pointer_bytes(what, value):
            return value
    except OSError as error:
        raise BoxError(
            "store.damaged_pointer", f"the pointer {what} cannot be read: {error.strerror}"
        ) from error
    raise BoxError(
        "store.damaged_pointer",
        f"the pointer {what} is not what was written",
        f"remove {path} and pack again, or restore it from a copy",
    )


def _order(version: str) -> tuple[int, int, str]:
    return (1, int(version), "") if version.isdecimal() else (0, 0, version)


def _next(known: Iterable[str]) -> str:
    return str(max((int(version) for version in known if version.isdecimal()), default=0) + 1)


def _sync_tree(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            disk.sync_folder(path)


def _size(folder: Path, *, alone: bool = False) -> int:
    """Bytes under a folder; `alone` counts only files that no other link holds."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(stat.st_size for stat in stats if not alone or stat.st_nlink == 1)
