"""Cleaning rooms: what dead builders left, and rooms that nobody needs."""

import shutil
from collections.abc import Collection
from pathlib import Path

from boxship.room.hold import in_use, nobody_builds
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
        unneeded = [path for path in _rooms(rooms) if f"sha256:{path.name}" not in keep and not in_use(path)]
        if not dry_run:
            _sweep(settings)
            for path in unneeded:
                aside = path.with_name(f"tmp-removed-{path.name}")
                path.rename(aside)  # first the name, so that half a room is never taken for one
                shutil.rmtree(aside, ignore_errors=True)
    return tuple(f"sha256:{path.name}" for path in unneeded)


def _rooms(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "tmp-"))]


def _sweep(settings: Settings) -> None:
    """What dead builders left."""
    for path in (*(settings.home / "locks").glob(".tmp-*"), *(settings.home / "rooms").glob(".lock-*")):
        path.unlink(missing_ok=True)
    for path in (settings.home / "rooms").glob("tmp-*"):
        shutil.rmtree(path, ignore_errors=True)
