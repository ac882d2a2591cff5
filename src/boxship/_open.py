"""From how people name a box to the opened box."""

import os
from pathlib import Path
from typing import Protocol

from boxship import argument
from boxship.box import Box, open_box
from boxship.core.digest import Digest
from boxship.errors import UsageError
from boxship.settings import Settings, current
from boxship.stores import LocalStore, Reference


class Known(Protocol):
    """What knows its box: what `pack` and `list` give, and a box itself."""

    @property
    def digest(self) -> Digest | None:
        """The box."""


BoxLike = str | os.PathLike[str] | Digest | Known


def open(  # noqa: A001  # the public name is boxship.open
    box: BoxLike, *, settings: Settings | None = None, verify: bool = True
) -> Box:
    """Open a box by name, version, digest or folder, and verify every byte.

    `churn` is the version last packed, `churn:1.4.0` a version, `churn@sha256:...` or
    `sha256:...` a digest; a path (any `PathLike`, or text that begins with `.`, `/` or `~`) is
    the folder of a box, wherever it was copied to. What `pack` gave is its box.
    """
    settings, verify = current(settings), argument.flag("verify", verify)
    store = LocalStore(settings.home / "store")
    if isinstance(box, Box):
        return open_box(box.folder, expected=box.digest, verify=verify)
    reference = _reference(box)
    return open_box(store.find(reference), expected=reference.digest, verify=verify)


def _reference(box: BoxLike) -> Reference:
    if isinstance(box, str):
        return Reference.parse(box)
    if isinstance(box, os.PathLike):
        return Reference(folder=Path(box))
    digest = box if isinstance(box, Digest) else getattr(box, "digest", None)
    if isinstance(digest, Digest):
        return Reference(digest=digest)
    message = f"a {type(box).__name__} names no box"
    raise UsageError("name.malformed", message, "give a name, a digest, a folder, or what pack gave")
