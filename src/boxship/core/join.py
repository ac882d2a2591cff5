"""Requests asked as one table, and to each its share of the answers."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from boxship.core.table import Schema, Table, concat
from boxship.core.verdict import Answers, Decoded, Fault, Rows, Verdicts


class Share(NamedTuple):
    """The rows of one request in the answers to many: from start up to stop."""

    whole: Answers
    start: int
    stop: int

    def cut(self) -> Answers:
        """These rows alone, counted from 0."""
        whole, start, stop = self
        if start == 0 and stop == len(whole):
            return whole
        length = stop - start
        if not whole.verdicts.faults:
            return Answers(whole.table.between(start, stop), Verdicts(length))
        answered = np.arange(whole.table.length) if whole.positions is None else whole.positions
        low, high = np.searchsorted(answered, (start, stop)).tolist()
        verdicts = Verdicts(length, _of_rows(whole.verdicts.faults, start, stop))
        kept = None if high - low == length else answered[low:high] - start
        return Answers(whole.table.between(low, high), verdicts, kept)


class Packed(NamedTuple):
    """Good rows that are one block of numbers, as its bytes: many of them are joined before a table is made."""

    rows: int
    data: bytes

    def __len__(self) -> int:
        return self.rows


def join(schema: Schema, many: Sequence[Decoded | Packed]) -> Decoded:
    """One under another, with the verdicts they have; all are of that schema."""
    packed = [one.data for one in many if type(one) is Packed]
    if len(packed) == len(many):
        return Decoded.whole(_table(schema, b"".join(packed)))
    return _join(
        [Decoded.whole(_table(schema, one.data)) if isinstance(one, Packed) else one for one in many]
    )


def _table(schema: Schema, data: bytes) -> Table:
    group = schema.groups[0]
    shape = len(data) // (len(schema.names) * group.dtype.itemsize), len(schema.names)
    return Table.from_block(schema, np.ndarray(shape, group.dtype, bytearray(data)))


def _join(many: Sequence[Decoded]) -> Decoded:
    if len(many) == 1:
        return many[0]
    table = concat([one.table for one in many])
    if not any([one.verdicts.faults for one in many]):  # noqa: C419  # a generator takes twice as long
        return Decoded(table, Verdicts(table.length))
    starts = [0, *accumulate([one.verdicts.length for one in many])]
    placed = list(zip(many, starts, strict=False))
    faults = [_shifted(fault, start) for one, start in placed for fault in one.verdicts.faults]
    positions = np.concatenate([_positions(one) + start for one, start in placed])
    return Decoded(table, Verdicts(starts[-1], tuple(faults)), positions)


def shares(whole: Answers, lengths: Sequence[int]) -> list[Share]:
    """What each of the requests that were joined gets, by how many rows it had."""
    stops = list(accumulate(lengths))
    return [Share(whole, stop - length, stop) for length, stop in zip(lengths, stops, strict=True)]


def _positions(one: Decoded) -> Rows:
    return np.arange(one.table.length) if one.positions is None else one.positions


def _shifted(fault: Fault, start: int) -> Fault:
    return Fault(fault.field, fault.code, fault.rows + start, fault.got, fault.expected, fault.rejects)


def _of_rows(faults: Sequence[Fault], start: int, stop: int) -> tuple[Fault, ...]:
    """What is wrong with the rows from start up to stop, counted from start."""
    found = []
    for fault in faults:
        places = np.flatnonzero((fault.rows >= start) & (fault.rows < stop))
        if len(places):
            got = [fault.got[place] for place in places.tolist()]
            rows = fault.rows[places] - start
            found.append(Fault(fault.field, fault.code, rows, got, fault.expected, fault.rejects))
    return tuple(found)
