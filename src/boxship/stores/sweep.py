"""Garbage collection of a local store."""

import shutil
import uuid
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from boxship.core.digest import Digest
from boxship.core.manifest import NAME, Manifest
from boxship.errors import BoxError
from boxship.stores import disk
from boxship.stores.local import LocalStore, folders


def sweep(
    store: LocalStore, roots: Callable[[], Iterable[Digest]], *, dry_run: bool = False
) -> tuple[list[Digest], int]:
    """Remove boxes that are not roots, blobs that no box holds, and what dead makers left.

    Gives the boxes removed and the bytes freed. Waits until no pack is running; only then are
    the roots asked for, so that what was named meanwhile is one.
    """
    with store.alone():
        keep = set(roots())
        dead = [digest for digest in store.boxes() if digest not in keep]
        freed = 0
        for digest in dead:
            if dry_run:
                freed += _size(store.folder(digest) / "attachments")
            else:
                aside = store.root / "tmp" / f"dead-{uuid.uuid4().hex}"
                aside.parent.mkdir(parents=True, exist_ok=True)
                store.folder(digest).rename(aside)
        freed += _sweep_tmp(store.root / "tmp", dry_run=dry_run)
        freed += _sweep_blobs(store, dead, dry_run=dry_run)
        if not dry_run:
            _sweep_asides(store.root)
    return dead, freed


def _sweep_tmp(parent: Path, *, dry_run: bool) -> int:
    freed = 0
    for folder in parent.glob("*"):
        if disk.try_lock(folder / "maker.lock") if (folder / "maker.lock").exists() else True:
            freed += _size(folder, alone=True)
            if not dry_run:
                shutil.rmtree(folder, ignore_errors=True)
    return freed


def _sweep_blobs(store: LocalStore, dead: Collection[Digest], *, dry_run: bool) -> int:
    used: set[str] = set()
    for digest in store.boxes():
        if digest not in dead:
            manifest = _manifest(store, digest)
            used |= {file.sha256 for file in manifest.files} | {digest.hex}
    freed = 0
    for blob in (store.root / "blobs" / "sha256").glob("*/[!.]*"):
        if blob.name not in used:
            freed += blob.stat().st_size
            if not dry_run:
                blob.unlink()
    return freed


def _manifest(store: LocalStore, digest: Digest) -> Manifest:
    try:
        data = (store.folder(digest) / "box" / NAME).read_bytes()
    except FileNotFoundError as error:
        raise BoxError(
            "box.missing_file",
            f"the box {digest.short} has no manifest, so nobody knows which files it holds",
            f"pack it again, or remove {store.folder(digest)}",
        ) from error
    return Manifest.from_bytes(data, of=f"box {digest.short}")


def _sweep_asides(root: Path) -> None:
    """What killed makers were about to rename, and names that got no version."""
    for pattern in ("boxes/*/attachments/*/.*", "blobs/sha256/*/.*", "names/*/.?*.*"):
        for path in root.glob(pattern):
            path.unlink(missing_ok=True)
    for folder in folders(root / "names"):
        if not any(not path.name.startswith(".") for path in folder.iterdir()):
            shutil.rmtree(folder)


def _size(folder: Path, *, alone: bool = False) -> int:
    """Bytes under a folder; `alone` counts only files that no other link holds."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(stat.st_size for stat in stats if not alone or stat.st_nlink == 1)
