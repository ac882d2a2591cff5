"""Cleaning rooms: what dead builders left, and rooms that nobody needs."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from boxship.room.hold import in_use, nobody_builds, unused
from boxship.settings import Settings


def clean_rooms(settings: Settings, keep: Collection[str], *, dry_run: bool = False) -> tuple[str, ...]:
    """Remove what dead builders left and every room not in `keep` (digests) and not in use.

    The digests of the removed rooms; `dry_run` only says them. Does nothing while somebody is building.
    """
    rooms = settings.home / "rooms"
    if not rooms.is_dir():
        return ()
    with nobody_builds(rooms) as alone:
        if not alone:
            return ()
        unneeded = [path for path in _rooms(rooms) if f"sha256:{path.name}" not in keep]
        if dry_run:
            gone = [path for path in unneeded if not in_use(path)]
        else:
            gone = [path for path in unneeded if _set_aside(path)]
            _sweep(settings)
    return tuple(f"sha256:{path.name}" for path in gone)


def _set_aside(path: Path) -> bool:
    """Take the room's name first, so that half a room is never taken for one; False while it is used."""
    with unused(path) as free:
        if free:
            path.rename(path.with_name(f"tmp-removed-{path.name}-{os.urandom(4).hex()}"))
    return free


def _rooms(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "tmp-"))]


def _sweep(settings: Settings) -> None:
    """What dead builders left, and rooms that were set aside; not those somebody is still in."""
    for path in (*(settings.home / "locks").glob(".tmp-*"), *(settings.home / "rooms").glob(".lock-*")):
        path.unlink(missing_ok=True)
    for path in (settings.home / "rooms").glob("tmp-*"):
        with unused(path) as free:
            if free:
                shutil.rmtree(path, ignore_errors=True)
