"""Paths as they were given: some can be none, being too long, or rows written as text."""

import os
from pathlib import Path


def named(path: Path) -> str:
    """For a message."""
    return repr(str(path)[:200])


def is_file(path: Path) -> bool:
    """Path asks the same, and raises where a name is too long to be one."""
    return os.path.isfile(path)  # noqa: PTH113  # see above


def is_folder(path: Path) -> bool:
    """See is_file."""
    return os.path.isdir(path)  # noqa: PTH112  # see is_file


def is_device(path: Path) -> bool:
    """Whether it is there, and neither a file nor a folder."""
    return os.path.exists(path) and not (is_file(path) or is_folder(path))  # noqa: PTH110  # see is_file
