"""The boxes of this store."""

from dataclasses import dataclass

from boxship.box import open_box
from boxship.core.digest import Digest
from boxship.errors import BoxshipError
from boxship.settings import Settings, current
from boxship.stores import LocalStore
from boxship.stores.local import Unreadable


@dataclass(frozen=True)
class Listed:
    """One name of a box. `fault` says what is wrong with it, where something is.

    `digest` is None where the pointer cannot be read.
    """

    name: str
    version: str
    digest: Digest | None
    latest: bool
    adapter: str = ""
    size_bytes: int = 0
    proofs: int = 0
    fault: str = ""


def list(*, settings: Settings | None = None) -> tuple[Listed, ...]:  # noqa: A001  # the public name is boxship.list
    """Every name and version, sorted by name and version; plain integers last."""
    store = LocalStore(current(settings).home / "store")
    found: tuple[Listed, ...] = ()
    for named in store.pointers():
        if isinstance(named, Unreadable):
            found += (Listed(named.name, named.version, None, latest=False, fault=named.error.code),)
            continue
        about, fault = ("", 0, 0), ""
        try:
            box = open_box(store.folder(named.digest), expected=named.digest, verify=False)
            about = (box.manifest.adapter, box.manifest.size_bytes, len(box.attached("proof")))
            box.attachments("proof")
        except BoxshipError as error:
            fault = error.code
        found += (Listed(*named, *about, fault),)
    return found
