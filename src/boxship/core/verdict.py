"""What the contract says of each row. Made once a request: structs cost a fifth of data classes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from boxship.core.table import Table

OK, FLAGGED, REJECTED = 0, 1, 2
WORDS = ("ok", "flagged", "rejected")
Rows = NDArray[np.intp]


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a row is not ok, as answered to the caller.

    `verdict` is told where this alone would have given the row another one than it has.
    """

    field: str | None
    code: str
    got: Any = None  # whatever the caller sent
    expected: str | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of violation of one field, and all rows that have it."""

    field: str | None
    code: str
    rows: Rows
    got: Sequence[object]
    expected: str | None
    rejects: bool

    def moved(self, positions: Rows) -> "Fault":
        """The same fault, its rows counted in the table that `positions` point into."""
        return Fault(self.field, self.code, positions[self.rows], self.got, self.expected, self.rejects)


class Verdicts(msgspec.Struct, frozen=True, eq=False):
    """One verdict a row: ok, flagged or rejected, with the reasons. Kept as faults, not row by row."""

    length: int
    faults: tuple[Fault, ...] = ()

    @property
    def all_ok(self) -> bool:
        return not self.faults

    def codes(self) -> NDArray[np.uint8]:
        out = np.zeros(self.length, np.uint8)
        for fault in self.faults:
            level = REJECTED if fault.rejects else FLAGGED
            np.maximum.at(out, fault.rows, np.uint8(level))
        return out

    def reasons(self) -> dict[int, tuple[Reason, ...]]:
        """The reasons of every row that is not ok: first what rejects it, each in the order it was found."""
        found: dict[int, list[Reason]] = defaultdict(list)
        refused = {row for fault in self.faults if fault.rejects for row in fault.rows.tolist()}
        for fault in sorted(self.faults, key=lambda fault: not fault.rejects):
            for row, got in zip(fault.rows.tolist(), fault.got, strict=True):
                other = WORDS[FLAGGED] if row in refused and not fault.rejects else None
                found[row].append(Reason(fault.field, fault.code, got, fault.expected, other))
        return {row: tuple(found[row]) for row in sorted(found)}

    def counts(self) -> dict[str, int]:
        numbers = np.bincount(self.codes(), minlength=3) if self.faults else (self.length, 0, 0)
        return {word: int(number) for word, number in zip(WORDS, numbers, strict=True)}


class Decoded(msgspec.Struct, frozen=True, eq=False):
    """What a codec made of one request: a table of the rows that could be read, where they
    stood, and a verdict on every row, read or not."""

    table: Table
    verdicts: Verdicts
    positions: Rows | None = None

    def __len__(self) -> int:
        return self.verdicts.length

    @classmethod
    def whole(cls, table: Table) -> "Decoded":
        return cls(table, Verdicts(table.length))


class Answers(msgspec.Struct, frozen=True, eq=False):
    """One answer a row: the outputs of the accepted rows, where they stand, every verdict."""

    table: Table
    verdicts: Verdicts
    positions: Rows | None = None

    def __len__(self) -> int:
        return self.verdicts.length
