"""What a profile keeps of words: counts by value, a sketch of how many there are, lengths, characters."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from boxship.core.profile_number import FEWEST

VALUES = 64
_LONGEST = 128  # a value that is longer is a text, not a category
_REGISTERS = 256


class Sketch(msgspec.Struct, frozen=True, array_like=True):
    """A mergeable estimate of how many different values there are (HyperLogLog, 256 registers).

    The standard error is 6.5 %; up to a few dozen values it is nearly exact.
    """

    registers: bytes = b""

    @classmethod
    def of(cls, values: Iterable[str]) -> "Sketch":
        registers = bytearray(_REGISTERS)
        for value in values:
            hashed = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            number = int.from_bytes(hashed, "little")
            rank = 57 - (number >> 8).bit_length()
            registers[number & 255] = max(registers[number & 255], rank)
        return cls(bytes(registers) if any(registers) else b"")

    def merge(self, other: "Sketch") -> "Sketch":
        if not self.registers or not other.registers:
            return self if self.registers else other
        return Sketch(bytes(map(max, self.registers, other.registers)))

    @property
    def estimate(self) -> int:
        if not self.registers:
            return 0
        empty = self.registers.count(0)
        raw = 0.7182725932495458 * _REGISTERS**2 / sum(1 / (1 << register) for register in self.registers)
        if raw <= 2.5 * _REGISTERS and empty:
            # linear counting, as a sum of fractions: a logarithm is not the same on every machine
            return round(_REGISTERS * sum(1 / part for part in range(empty + 1, _REGISTERS + 1)))
        return round(raw)


class Values(msgspec.Struct, frozen=True, array_like=True):
    """Rows by value: the frame's values, each of which ten rows stand behind, and all others together."""

    values: tuple[str, ...]
    counts: tuple[int, ...] = ()
    other: int = 0
    sketch: Sketch = Sketch()

    @property
    def distinct(self) -> int:
        """An estimate, see `Sketch`."""
        return self.sketch.estimate

    def by_value(self) -> dict[str, int]:
        return dict(zip(self.values, self.counts, strict=True))

    def merge(self, other: "Values") -> "Values":
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return Values(self.values, counts, self.other + other.other, self.sketch.merge(other.sketch))

    def public(self) -> "Values":
        """Without what fewer than ten rows stand behind."""
        if sum(self.counts) + self.other >= FEWEST:
            return self
        return msgspec.structs.replace(self, sketch=Sketch())


def frame_values(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The most frequent of the values that ten rows stand behind, most frequent first."""
    enough = [v for v, n in counts.items() if n >= FEWEST and len(v) <= _LONGEST and _is_unicode(v)]
    return tuple(sorted(enough, key=lambda value: (-counts[value], value))[:VALUES])


def count_values(frame: Sequence[str], counts: Mapping[str, int]) -> Values:
    known = tuple(counts.get(value, 0) for value in frame)
    sketch = Sketch.of(value for value, rows in counts.items() if rows)
    return Values(tuple(frame), known, sum(counts.values()) - sum(known), sketch)


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


# 0, 1, 2, 3, 4, 6, 8, 12, 16, ...: the same for every text, so that any two can be merged
LENGTHS = (0, 1, 2, 3, *(size for power in range(2, 31) for size in (1 << power, 3 << power - 1)))
CLASSES = ("letter", "digit", "space", "punctuation", "other", "non-ascii")
_PIECE = 1 << 20


class Text(msgspec.Struct, frozen=True, array_like=True):
    """How long texts are and what they are made of. `lengths` counts by LENGTHS, as far as any reach.

    `classes` counts characters by CLASSES (none of binary values, whose lengths are in bytes).
    """

    lengths: tuple[int, ...] = ()
    classes: tuple[int, ...] = (0,) * len(CLASSES)

    @classmethod
    def of(cls, texts: Sequence[str | bytes]) -> "Text":
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        places = np.searchsorted(LENGTHS, sizes, "right") - 1
        return cls(tuple(np.bincount(places).tolist()) if len(texts) else (), _classes(texts))

    def merge(self, other: "Text") -> "Text":
        longest = max(len(self.lengths), len(other.lengths))
        mine, theirs = ((*part, *(0,) * (longest - len(part))) for part in (self.lengths, other.lengths))
        return Text(
            tuple(a + b for a, b in zip(mine, theirs, strict=True)),
            tuple(a + b for a, b in zip(self.classes, other.classes, strict=True)),
        )


def _classes(texts: Sequence[str | bytes]) -> tuple[int, ...]:
    totals = np.zeros(256, np.int64)
    for start in range(0, len(texts), 4096):
        words = [text for text in texts[start : start + 4096] if isinstance(text, str)]
        joined = "".join(words).encode("utf-8", "surrogatepass")
        for piece in range(0, len(joined), _PIECE):
            part = np.frombuffer(joined, np.uint8, min(_PIECE, len(joined) - piece), piece)
            totals += np.bincount(part, minlength=256)
    return tuple(np.bincount(_CLASS_OF_BYTE, totals, len(CLASSES) + 1).astype(np.int64).tolist()[:-1])


def _class_of(byte: int) -> int:
    if byte >= 0x80:
        return 5 if byte >= 0xC0 else len(CLASSES)  # the first byte of a character stands for it
    character = chr(byte)
    if character.isalpha():
        return 0
    if character.isdigit():
        return 1
    if character in " \t\n\r\v\f":
        return 2
    return 3 if character.isprintable() else 4


_CLASS_OF_BYTE = np.array([_class_of(byte) for byte in range(256)])
