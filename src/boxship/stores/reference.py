"""How people name a box."""

import re
from pathlib import Path
from typing import NamedTuple, Self

from boxship import argument
from boxship.core.digest import Digest
from boxship.errors import UsageError

_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
LATEST = "latest"
_START = re.compile(r"sha256:[0-9a-f]{8,63}")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class Reference(NamedTuple):
    """`churn`, `churn:1.4.0`, `churn@sha256:...`, `sha256:...`, or the folder of a box.

    `start` is the beginning of a digest, as `list` shows it."""

    name: str | None = None
    version: str | None = None
    digest: Digest | None = None
    start: str | None = None
    folder: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        if text.startswith((".", "/", "~")):
            return cls(folder=Path(text).expanduser())
        name, at, digest = text.partition("@")
        if at or text.startswith("sha256:"):
            named = check_name(name) if at else None
            digest = digest or text
            if _START.fullmatch(digest):
                return cls(named, start=digest.removeprefix("sha256:"))
            return cls(named, digest=Digest.parse(digest))
        name, colon, version = text.partition(":")
        return cls(check_name(name), check_version(version) if colon else None)


def check_name(name: str) -> str:
    if not isinstance(name, str) or len(name) > 128 or not _NAME.fullmatch(name):
        raise UsageError(
            "name.malformed",
            f"{argument.shown(name)} cannot name a box",
            "lower-case letters and digits with single . _ - between, at most 128; a folder starts with ./",
        )
    return name


def check_new_version(version: str) -> str:
    if version == LATEST:
        raise UsageError(
            "version.malformed",
            f"no box can have the version {LATEST}: it means the last one that was packed",
            "choose another, or leave --version out",
        )
    return check_version(version)


def check_version(version: str) -> str:
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise UsageError(
            "version.malformed",
            f"{version!r:.140} cannot be a version",
            "a text of letters, digits, . _ and -, at most 128, the first a letter or a digit",
        )
    return version
