"""Garbage collection: boxes without a name, blobs without a box, rooms without a use."""

from collections.abc import Collection
from dataclasses import dataclass

from boxship import argument
from boxship._pack.memo import sweep_memos
from boxship._pack.prove import Proof
from boxship.box import open_box
from boxship.core.digest import Digest
from boxship.errors import BoxshipError
from boxship.onnx.proven import OnnxTwin
from boxship.room.clean import clean_rooms
from boxship.runner.trust import sweep_trust
from boxship.settings import Settings, current
from boxship.stores import LocalStore
from boxship.stores.sweep import sweep


@dataclass(frozen=True)
class Cleaned:
    """What was removed, or would be."""

    boxes: tuple[Digest, ...]
    rooms: tuple[str, ...]
    freed_bytes: int


def clean(*, rooms: bool = False, dry_run: bool = False, settings: Settings | None = None) -> Cleaned:
    """Remove boxes that no name points to, and what killed packs left; `rooms` removes all rooms.

    Rooms are made again when needed. Waits until no pack is running.
    """
    settings = current(settings)
    rooms, dry_run = argument.flag("rooms", rooms), argument.flag("dry_run", dry_run)
    store = LocalStore(settings.home / "store")
    dead, freed = sweep(store, lambda: {named.digest for named in store.names()}, dry_run=dry_run)
    if not dry_run:
        with store.alone():
            sweep_memos(settings.home, {str(digest) for digest in store.boxes()})
            sweep_trust(settings.home, store.boxes())
    keep = () if rooms else _rooms_in_use(store, set(store.boxes()) - set(dead))
    gone = clean_rooms(settings, keep, dry_run=dry_run)
    return Cleaned(tuple(dead), gone, freed)


def _rooms_in_use(store: LocalStore, boxes: Collection[Digest]) -> set[str]:
    """The rooms that the proofs of these boxes name, and those of their ONNX files."""
    found: set[str] = set()
    for digest in boxes:
        try:
            box = open_box(store.folder(digest), verify=False)
            found |= {Proof.from_bytes(data).room for data in box.attachments("proof")}
            found |= {OnnxTwin.of_file(data).room for data in box.attachments("onnx")}
        except BoxshipError:
            continue  # a damaged box keeps no room; `check` names the damage
    return found
