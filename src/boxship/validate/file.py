"""A report as a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from boxship.errors import BoxshipError, HostError, UsageError
from boxship.path import is_file, is_folder, named
from boxship.stores.disk import replace_file
from boxship.validate.about import About
from boxship.validate.page import failure_html, to_html
from boxship.validate.report import Validation

_FORMS = (".html", ".json")


def refuse_report(path: Path, data: object) -> Path:
    """Before anything is measured: a suffix that says no form, a folder that takes no file, the data itself."""
    if path.suffix.lower() not in _FORMS:
        raise UsageError(
            "check.unknown_report",
            f"the report {named(path)} is to be {path.suffix or 'of no suffix'}",
            "give it the suffix .html or .json",
        )
    if isinstance(data, (str, os.PathLike)) and is_file(path) and is_file(Path(data)) and path.samefile(data):
        raise _cannot(path, "it is the data")
    if is_folder(path):
        raise _cannot(path, "it is a folder")
    if not is_folder(path.parent):
        raise _cannot(path, "its folder is not there")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _cannot(path, "its folder takes no new files")
    return path


@contextmanager
def told_in(path: Path | None) -> Iterator[None]:
    """What stops a check stands in its report too: an old one would be taken for that of this check."""
    try:
        yield
    except BaseException as error:
        if path is not None:
            _write_failure(path, error)
        raise


def _write_failure(path: Path, error: BaseException) -> None:
    code, message, hint = "check.stopped", f"stopped by {type(error).__name__}", "check again"
    if isinstance(error, BoxshipError):
        code, message, hint = error.code, error.message, error.hint
    as_json = msgspec.json.encode({"error": {"code": code, "message": message, "hint": hint}}) + b"\n"
    data = failure_html(message, hint).encode() if path.suffix.lower() == ".html" else as_json
    try:
        replace_file(path, data)
    except OSError:  # then none at all
        with suppress(OSError):
            path.unlink(missing_ok=True)


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
