"""A twin as it is kept beside its box: the program, and what proved it equal."""

import struct
from typing import Self

import msgspec

from boxship.core.digest import canonical_json
from boxship.core.numbered import read_numbered
from boxship.core.shown import at_most
from boxship.errors import BoxError
from boxship.twin.program import Program
from boxship.twin.program_bytes import from_bytes, to_bytes

FORMAT = 1
_MAGIC = b"BXTWINS\x01"


class Part(msgspec.Struct, frozen=True):
    """What was found on one kind of rows."""

    rows: int
    answered: int
    difference: float  # the widest of all numbers, in the contract's terms
    labels: int  # that differ, where the two best scores of the model lie closer than its tolerance


class Speed(msgspec.Struct, frozen=True):
    """The shortest time for so many rows, on the machine that packed."""

    rows: int
    model_us: float
    twin_us: float


class Record(msgspec.Struct, frozen=True):
    """The proof of equality: on which rows, how they were drawn, how wide the answers lay apart."""

    box: str
    seed: int
    itself: float  # the model's own answers to rows alone and in a batch, which no twin can be nearer to
    parts: dict[str, Part]
    boxship: str
    speeds: tuple[Speed, ...] = ()
    format: int = FORMAT

    def __repr__(self) -> str:
        return f"Record({self.words()})"

    def words(self) -> str:
        """For people: on how many rows, and how near."""
        rows = sum(part.rows for part in self.parts.values())
        widest = max(part.difference for part in self.parts.values())
        return f"{'bit for bit' if widest == 0 else f'within {at_most(widest)}'} equal on {rows:,} rows"


class Twin(msgspec.Struct, frozen=True):
    """The attachment `twin`."""

    record: Record
    program: Program

    def to_bytes(self) -> bytes:
        record = canonical_json(self.record)
        return (
            _MAGIC
            + struct.pack("<Q", len(record))
            + record
            + bytes(-len(record) % 8)
            + to_bytes(self.program)
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote: damage is `twin.damaged`."""
        if data[:8] != _MAGIC or len(data) < 16:
            raise BoxError("twin.damaged", "these bytes are not a whole twin", "pack the model again")
        (size,) = struct.unpack("<Q", data[8:16])
        codes = ("twin.newer_format", "twin.damaged")
        record = read_numbered(data[16 : 16 + size], Record, FORMAT, "the twin", codes)
        return cls(record, from_bytes(data[16 + size + -size % 8 :]))
