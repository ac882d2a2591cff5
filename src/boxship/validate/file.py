"""A report as a file."""

import os
from pathlib import Path

from boxship.errors import HostError, UsageError
from boxship.path import is_folder, named
from boxship.stores.disk import replace_file
from boxship.validate.about import About
from boxship.validate.page import to_html
from boxship.validate.report import Validation

_FORMS = (".html", ".json")


def refuse_report(path: Path) -> Path:
    """Before anything is measured: a suffix that says no form, a folder that takes no file."""
    if path.suffix.lower() not in _FORMS:
        raise UsageError(
            "check.unknown_report",
            f"the report {named(path)} is to be {path.suffix or 'of no suffix'}",
            "give it the suffix .html or .json",
        )
    if is_folder(path):
        raise _cannot(path, "it is a folder")
    if not is_folder(path.parent):
        raise _cannot(path, "its folder is not there")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _cannot(path, "its folder takes no new files")
    return path


def write_report(found: Validation, path: Path, about: About) -> None:
    """Whole under its name, or as it was before."""
    data = to_html(found, about).encode() if path.suffix.lower() == ".html" else found.to_json() + b"\n"
    try:
        replace_file(path, data)
    except OSError as error:
        raise _cannot(path, error.strerror or str(error)) from error


def _cannot(path: Path, why: str) -> HostError:
    return HostError(
        "check.cannot_write",
        f"the report {named(path)} cannot be written: {why}",
        "name a file in a folder that you may write",
    )
