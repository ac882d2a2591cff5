"""Cleaning rooms: what dead builders left, and rooms that nobody needs."""

import shutil
from collections.abc import Collection

from boxship.room.hold import in_use, nobody_builds
from boxship.settings import Settings


def clean_rooms(settings: Settings, keep: Collection[str]) -> tuple[str, ...]:
    """Remove what dead builders left and every room not in `keep` (digests) and not in use.

    The digests of the removed rooms. Does nothing while somebody is building.
    """
    rooms = settings.home / "rooms"
    if not rooms.is_dir():
        return ()
    removed = []
    with nobody_builds(rooms) as alone:
        for path in (settings.home / "locks").glob(".tmp-*") if alone else ():
            path.unlink(missing_ok=True)
        for path in sorted(rooms.iterdir()) if alone else ():
            if path.name.startswith(".lock-"):
                path.unlink()
            elif path.name.startswith("tmp-"):
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != ".building" and f"sha256:{path.name}" not in keep and not in_use(path):
                aside = path.with_name(f"tmp-removed-{path.name}")
                path.rename(aside)  # first the name, so that half a room is never taken for one
                shutil.rmtree(aside, ignore_errors=True)
                removed.append(f"sha256:{path.name}")
    return tuple(removed)
