"""The `hashes` attachment: read strictly, since it lies beside a box and not in its digest, and written anew."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from boxship.errors import BoxError
from boxship.room.lock import PIN, is_marker

_ENTRY = re.compile(PIN + r"((?: --hash=sha256:[0-9a-f]{64})+)")


class Frozen(NamedTuple):
    """One package, and every file of it that may be installed."""

    name: str
    version: str
    marker: str  # "" where it holds everywhere
    hashes: tuple[str, ...]  # sha256


def parse_frozen(text: str) -> tuple[Frozen, ...]:
    """BoxError lock.hashes_malformed where anything but names, versions, markers and hashes is in it:
    what uv reads could name another index, a URL or a file."""
    found: dict[str, Frozen] = {}
    for line in re.sub(r" *\\\n *", " ", text).split("\n"):
        if not line:
            continue
        m = _ENTRY.fullmatch(line)
        if m is None or m[1] in found or not is_marker(m[3] or ""):
            raise BoxError(
                "lock.hashes_malformed",
                f"the box's hashes hold {line[:100]!r}, which is not one package with its hashes",
                "do not use this box, or leave the hashes attachment out: they are resolved anew",
                {"line": line[:1000]},
            )
        found[m[1]] = Frozen(m[1], m[2], m[3] or "", tuple(re.findall(r"[0-9a-f]{64}", m[4])))
    return tuple(found.values())


def render_frozen(packages: Sequence[Frozen]) -> str:
    """As uv reads it, and as it writes it."""
    lines = []
    for one in packages:
        marker = f" ; {one.marker}" if one.marker else ""
        hashes = [f"--hash=sha256:{digest}" for digest in one.hashes]
        lines.append(" \\\n    ".join([f"{one.name}=={one.version}{marker}", *hashes]) + "\n")
    return "".join(lines)
