"""From how people name a box to the opened box."""

import os
from pathlib import Path

from boxship.box import Box, open_box
from boxship.settings import Settings, current
from boxship.stores import LocalStore, Reference


def open(  # noqa: A001  # the public name is boxship.open
    box: str | os.PathLike[str], *, settings: Settings | None = None, verify: bool = True
) -> Box:
    """Open a box by name, version, digest or folder, and verify every byte.

    `churn` is the version last packed, `churn:1.4.0` a version, `churn@sha256:...` or
    `sha256:...` a digest; a path (any `PathLike`, or text that begins with `.`, `/` or `~`) is
    the folder of a box, wherever it was copied to.
    """
    settings = settings or current()
    store = LocalStore(settings.home / "store")
    reference = Reference.parse(box) if isinstance(box, str) else Reference(folder=Path(box))
    return open_box(store.find(reference), expected=reference.digest, verify=verify)
