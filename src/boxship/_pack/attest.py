"""What can be said of who packs a box here, and from which commit."""

import datetime as dt
import getpass
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from boxship.core.attestation import Attestation
from boxship.core.digest import Digest


def attestation(
    box: Digest, *, trusted: Sequence[str], links: Mapping[str, str], notes: Sequence[str]
) -> Attestation:
    """What is attested of a box that is packed here and now."""
    return Attestation(
        box=str(box),
        who=_user(),
        when=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        where={"host": platform.node(), "system": platform.platform()},
        commit=_commit(Path.cwd()),
        tools={"boxship": version("boxship"), "python": platform.python_version()},
        trusted=tuple(sorted(trusted)),
        links=dict(links),
        notes=tuple(notes),
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
