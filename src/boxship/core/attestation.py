"""Who packed a box, when, where, from which commit and with which tools."""

import msgspec

from boxship.core.digest import canonical_json
from boxship.errors import BoxError

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
        try:
            number = msgspec.json.decode(data, type=_Numbered).format
            if number != FORMAT:
                raise BoxError(
                    "attestation.newer_format",
                    f"the attestation has the format {number}, this Boxship reads {FORMAT}",
                    "pip install --upgrade boxship",
                )
            return msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BoxError(
                "attestation.damaged",
                f"the attestation cannot be read: {error}",
                "copy the box again from where it was made, or pack it again",
            ) from error


class _Numbered(msgspec.Struct):
    format: int
