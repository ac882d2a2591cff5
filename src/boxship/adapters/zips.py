"""Archives that are models: what is the matter with one, told of its file."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from boxship.adapters.damage import damaged
from boxship.archive import ArchiveError, open_archive
from boxship.errors import BoxError


@contextmanager
def open_zip(path: Path, content: BinaryIO | None = None) -> Iterator[zipfile.ZipFile]:
    """The archive in a file, or in `content` that is to be that file; as `open_archive`, for what is read in it too."""
    try:
        with open_archive(content or path) as members:
            yield members
    except ArchiveError as error:
        raise _told(path, error) from error


def _told(path: Path, error: ArchiveError) -> BoxError:
    if error.kind == "damaged":
        return damaged(path, f"it {error.why}")
    if error.kind == "too_large":
        return BoxError(
            "model.too_large",
            f"{path.name} {error.why}",
            "do not load it unless you know where it comes from",
        )
    return unsafe(path, error.why)


def unsafe(path: Path, why: str) -> BoxError:
    """The error for an archive with what no framework writes in its place; `why` follows on its name."""
    return BoxError(
        "model.unsafe_archive",
        f"{path.name} {why}, which no framework writes",
        "save the model again from its source; do not load this file",
    )
