"""The mergeable summary of a table's columns."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from boxship.core import profile_bytes
from boxship.core.column import Column
from boxship.core.profile_bound import rounded_bounds
from boxship.core.profile_column import ColumnProfile
from boxship.core.profile_rank import COLUMNS, MISSING, ROWS, Ranks
from boxship.core.table import Table, missing_column
from boxship.errors import DataError

__all__ = ["FORMAT", "ColumnProfile", "Profile", "rounded_bounds"]

FORMAT = profile_bytes.FORMAT
_THREADS = 2
_S = TypeVar("_S")
_T = TypeVar("_T")
_FEW_ROWS = 50_000  # below, starting a thread costs more than it saves


@dataclass(frozen=True)
class Profile:
    """What training data looked like, or live data: one type, so that the two can be compared.

    `Profile.of` makes a *frame* from reference data (bin edges, frequent values, bounds) and counts on
    it. `observe` counts other rows on the same frame; profiles of one frame merge exactly, in any order.
    Bytes are the same on every machine. Nothing that fewer than ten rows stand behind is written,
    nor anything of a sensitive column but its type and its rows.

    Exact: rows, missing, infinite, bins, atoms, counts by value, lengths, character classes, integers.
    At most five rows off: edges and quantiles (NumberFrame). Within half a step a value: moments
    (Moments.step). Rounded outward: bounds. Estimated: distinct values (Sketch), correlation (Ranks).

    >>> training = Profile.of(Table.of({"age": list(range(100))}))
    >>> training.column("age").numbers.low, training.column("age").numbers.high
    (0, 99)
    >>> training.observe(Table.of({"age": [200, None]})).column("age").missing
    1
    """

    rows: int
    targets: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]
    ranks: Ranks

    def __repr__(self) -> str:
        return f"Profile({self.rows} rows, {', '.join(f'{one.name}: {one.type}' for one in self.columns)})"

    @classmethod
    def of(cls, table: Table, *, sensitive: Collection[str] = (), targets: Sequence[str] = ()) -> "Profile":
        """A profile with a frame of its own. Uses two threads on a large table, and ends them."""
        for name in (*sensitive, *targets):
            table.schema.place(name)  # it has to be there
        hidden = frozenset(sensitive)

        def profiled(name: str) -> ColumnProfile:
            return ColumnProfile.of(name, table.column(name), sensitive=name in hidden)

        columns = tuple(_each(profiled, table.names, table.length))
        ranked = tuple(c.name for c in columns if c.numbers and c.numbers.frame.scores)[:COLUMNS]
        return cls(table.length, tuple(targets), columns, _ranks(columns, ranked, table))

    def observe(self, table: Table) -> "Profile":
        """Count another table on this profile's frame; its further columns are left out."""

        def observed(column: ColumnProfile) -> ColumnProfile:
            there = column.name in table.schema.places
            return column.observe(table.column(column.name)) if there else column.without_rows()

        columns = tuple(_each(observed, self.columns, table.length))
        return Profile(table.length, self.targets, columns, _ranks(columns, self.ranks.columns, table))

    def merge(self, other: "Profile") -> "Profile":
        """Both together; `profile.frames_differ` where they were not counted on one frame."""
        self._check_frame(other)
        columns = tuple(a.merge(b) for a, b in zip(self.columns, other.columns, strict=True))
        return Profile(self.rows + other.rows, self.targets, columns, self.ranks.merge(other.ranks))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def column(self, name: str) -> ColumnProfile:
        try:
            return self._by_name[name]
        except KeyError:
            raise missing_column(name, self.names) from None

    def correlation(self) -> NDArray[np.float64]:
        """Rank correlation of the columns that `ranks.columns` names, at most a hundred; see Ranks."""
        return self.ranks.correlation()

    def to_bytes(self) -> bytes:
        """Canonical bytes, without what fewer than ten rows stand behind."""
        columns = tuple(column.public() for column in self.columns)
        return profile_bytes.write((self.rows, self.targets, columns, self.ranks))

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> "Profile":
        """Read any format up to this one: `profile.newer_format`, `profile.damaged`."""
        return cls(*profile_bytes.read(data))

    @cached_property
    def _by_name(self) -> dict[str, ColumnProfile]:
        return {column.name: column for column in self.columns}

    def _check_frame(self, other: "Profile") -> None:
        if (self.names, self.targets, self.ranks.columns) != (
            other.names,
            other.targets,
            other.ranks.columns,
        ):
            raise _frames_differ("their columns are not the same")
        for mine, theirs in zip(self.columns, other.columns, strict=True):
            if not mine.has_frame_of(theirs):
                raise _frames_differ(f"column {mine.name!r} was counted on other edges")


def _frames_differ(why: str) -> DataError:
    return DataError(
        "profile.frames_differ",
        f"these profiles cannot be merged: {why}",
        "count both with the observe() of one reference profile",
    )


def _ranks(columns: Sequence[ColumnProfile], ranked: tuple[str, ...], table: Table) -> Ranks:
    """Rank sums over rows drawn by a stride; a column that the table lacks has no ranks there."""
    by_name = {column.name: column for column in columns}
    stride = max(1, -(-table.length // ROWS))
    drawn = np.arange(0, table.length, stride)

    def scored(name: str) -> NDArray[np.int8] | None:
        if name not in table.schema.places:
            return None
        return by_name[name].scores(_every(table.column(name), stride))

    scores = np.full((len(ranked), len(drawn)), MISSING, np.int8)
    for row, found in enumerate(_each(scored, ranked, table.length)):
        if found is not None:
            scores[row] = found
    return Ranks.of(ranked, scores)


def _every(column: Column, stride: int) -> Column:
    mask = None if column.mask is None else column.mask[::stride]
    return Column(column.type, np.ascontiguousarray(column.values[::stride]), mask)


def _each(act: Callable[[_S], _T], items: Sequence[_S], rows: int) -> list[_T]:
    """The act on each item, in order; sorting lets go of the interpreter's lock, so two threads pay."""
    if rows < _FEW_ROWS:
        return [act(item) for item in items]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(act, items))
