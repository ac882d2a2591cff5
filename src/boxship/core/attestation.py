"""Who packed a box, when, where, from which commit and with which tools."""

import msgspec

from boxship.core.digest import canonical_json
from boxship.core.numbered import read_numbered

FORMAT = 1


class Attestation(msgspec.Struct, frozen=True):
    """The attachment `attestation`; it holds clocks and names, which is why it is no part of the box."""

    box: str
    who: str
    when: str
    where: dict[str, str]
    commit: str | None
    tools: dict[str, str]
    trusted: tuple[str, ...]
    links: dict[str, str]
    notes: tuple[str, ...]
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        return canonical_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Attestation":
        return read_numbered(
            data, cls, FORMAT, "the attestation", ("attestation.newer_format", "attestation.damaged")
        )
