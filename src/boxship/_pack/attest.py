"""Who packed a box, when, where, from which commit and with which tools."""

import datetime as dt
import getpass
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from boxship.core.digest import Digest, canonical_json

FORMAT = 1


def attestation(
    box: Digest, *, trusted: Sequence[str], links: Mapping[str, str], notes: Sequence[str]
) -> bytes:
    """The attachment's bytes; it holds clocks and names, which is why it is no part of the box."""
    return canonical_json(
        {
            "format": FORMAT,
            "box": str(box),
            "who": _user(),
            "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "where": {"host": platform.node(), "system": platform.platform()},
            "commit": _commit(Path.cwd()),
            "tools": {"boxship": version("boxship"), "python": platform.python_version()},
            "trusted": sorted(trusted),
            "links": dict(links),
            "notes": list(notes),
        }
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _commit(folder: Path) -> str | None:
    """The commit of the working folder, with `+changes` where it does not say everything."""
    try:
        found = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return found + ("+changes" if changed else "")


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words],  # noqa: S607  # the git of whoever packs
        capture_output=True,
        text=True,
        timeout=5,
        check=True,
    )
    return done.stdout.strip()
