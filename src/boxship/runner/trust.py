"""What whoever packed a box here said to trust: kept in their home, since a box cannot vouch for itself."""

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from boxship.adapters.pickles import check_trust
from boxship.box import Box
from boxship.core.digest import Digest, canonical_json
from boxship.settings import Settings
from boxship.stores import LocalStore, disk


def record_trust(home: Path, box: Digest, names: Sequence[str]) -> None:
    """Keep the names for this content; before it can be found, so that no box is there without."""
    path = _path(home, box)
    with disk.said("recording what is trusted"):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, canonical_json(sorted(names)))


def recorded_trust(home: Path, box: Digest) -> tuple[str, ...] | None:
    """The names, none for most boxes; None where this content was not packed with this home."""
    try:
        return msgspec.json.decode(_path(home, box).read_bytes(), type=tuple[str, ...])
    except (OSError, msgspec.DecodeError):
        return None


def trusted(box: Box, settings: Settings, trust: Sequence[str] = ()) -> tuple[str, ...]:
    """What the opener trusts: what was recorded when the box was packed here, and what is given now."""
    return (*(recorded_trust(settings.home, box.digest) or ()), *check_trust(trust))


def is_own(box: Box, settings: Settings) -> bool:
    """Whether it lies in this home's store, where only our own packs lay boxes."""
    return box.folder == LocalStore(settings.home.absolute() / "store").place(box.digest)


def sweep_trust(home: Path, boxes: Collection[Digest]) -> None:
    """Forget what was said of boxes that are gone, and what killed packs were about to rename."""
    kept = {box.hex for box in boxes}
    for path in (home / "trust").glob("*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _path(home: Path, box: Digest) -> Path:
    return home / "trust" / box.hex
