"""PEP 508 requirements: a name, extras, versions, and when it counts."""

import re
from dataclasses import dataclass

from boxship.room.marker import Marker, parse_marker
from boxship.room.name import normalise
from boxship.room.version import allows

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*")


@dataclass(frozen=True)
class Requirement:
    """One requirement, its name normalised."""

    name: str
    extras: frozenset[str]
    specifier: str
    url: str
    marker: Marker | None

    def allows(self, version: str) -> bool:
        return allows(self.specifier, version)


def parse_requirement(text: str) -> Requirement:
    """ValueError says what is no requirement."""
    if not (m := _NAME.match(text)):
        raise ValueError(f"{text!r} is no requirement: it has no name")
    rest = text[m.end() :]
    url = ""
    if rest.startswith("@"):  # a URL may hold a semicolon, so its end is a space
        url, _, marker = rest[1:].strip().partition(" ")
        specifier, marker = "", marker.strip().removeprefix(";")
    else:
        specifier, _, marker = rest.partition(";")
    specifier = specifier.strip().removeprefix("(").removesuffix(")").strip()
    if specifier and specifier[0] not in "=!<>~":
        raise ValueError(f"{text!r} is no requirement: {specifier!r} is no version")
    extras = frozenset(normalise(extra) for extra in (m[2] or "").split(",") if extra.strip())
    return Requirement(
        normalise(m[1]), extras, specifier, url, parse_marker(marker) if marker.strip() else None
    )
