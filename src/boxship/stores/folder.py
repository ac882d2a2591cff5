"""A box's folder in the making: written, settled under its name, mended."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boxship.core.digest import Digest
from boxship.core.manifest import NAME, File, Manifest
from boxship.stores import disk

_SUFFIXES = {"onnx": ".onnx"}  # of kinds that other programs read


@dataclass(frozen=True)
class Staged:
    """A box being made: its files are written, nobody can find it yet."""

    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> Digest:
        return self.manifest.digest


def stage_file(folder: Path, path: str, content: bytes | Path) -> File:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())
        return File(path, Digest.of_file(target).hex, target.stat().st_size)
    disk.write_file(target, content)
    return File(path, Digest.of(content).hex, len(content))


def all_files(manifest: Manifest) -> list[File]:
    """Every file of the box, the manifest itself too."""
    return [*manifest.files, File(NAME, manifest.digest.hex, 0)]


def settle(staged: Staged, attachments: Mapping[str, bytes], target: Path) -> bool:
    """Rename the staged box into place; False where another maker was first."""
    for kind, data in attachments.items():
        write_attachment(staged.folder, kind, data)
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
        for moved in aside.iterdir():
            moved.rename(staged.folder / moved.name)
        return False
    disk.sync_folder(target.parent)
    return True


def mend(staged: Staged, target: Path) -> None:
    """Put what was staged in the place of what is damaged; a damaged attachment goes."""
    files = {file.path for file in all_files(staged.manifest)}
    for name in files:
        here, good = target / "box" / name, staged.folder / "box" / name
        here.parent.mkdir(parents=True, exist_ok=True)
        if not here.is_file() or not here.samefile(good):  # what is whole is shared again too
            disk.link_over(good, here)
    for path in (target / "box").rglob("*"):
        if not path.is_dir() and path.relative_to(target / "box").as_posix() not in files:
            path.unlink()
    for path in (target / "attachments").glob("*/[!.]*"):
        if Digest.of_file(path).hex != path.stem:
            path.unlink(missing_ok=True)


def attach(folder: Path, kind: str, data: bytes) -> Digest:
    """Lay an attachment beside the box in a folder that is in no store."""
    with disk.said(f"writing to {folder}"):
        return write_attachment(folder, kind, data)


def write_attachment(folder: Path, kind: str, data: bytes) -> Digest:
    digest = Digest.of(data)
    target = folder / "attachments" / kind
    target.mkdir(parents=True, exist_ok=True)
    known = target / (digest.hex + _SUFFIXES.get(kind, ""))
    if not known.exists() or Digest.of_file(known) != digest:
        disk.replace_file(known, data)
    return digest


def _sync_tree(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            disk.sync_folder(path)
