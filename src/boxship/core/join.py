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
        if not whole.verdicts.faults:
            return Answers(whole.table.between(start, stop), Verdicts(stop - start))
        before, after = start, len(whole) - stop
        return _cut(whole, (before, stop - start, after), (start, stop, len(whole)))[1]


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
    if whole.verdicts.faults and len(lengths) > 1:
        return [Share(one, 0, len(one)) for one in _cut(whole, lengths, stops)]
    return [Share(whole, stop - length, stop) for length, stop in zip(lengths, stops, strict=True)]


def _positions(one: Decoded) -> Rows:
    return np.arange(one.table.length) if one.positions is None else one.positions


def _shifted(fault: Fault, start: int) -> Fault:
    return Fault(fault.field, fault.code, fault.rows + start, fault.got, fault.expected, fault.rejects)


def _cut(whole: Answers, lengths: Sequence[int], stops: Sequence[int]) -> list[Answers]:
    """Every request's rows alone. Each fault is looked at once, however many requests there are."""
    faults = _by_request(whole.verdicts.faults, lengths, stops)
    answered = np.arange(whole.table.length) if whole.positions is None else whole.positions
    places = np.searchsorted(answered, (0, *stops)).tolist()
    found = []
    for length, stop, low, high, its in zip(lengths, stops, places[:-1], places[1:], faults, strict=True):
        kept = None if high - low == length else answered[low:high] - (stop - length)
        found.append(Answers(whole.table.between(low, high), Verdicts(length, tuple(its)), kept))
    return found


def _by_request(faults: Sequence[Fault], lengths: Sequence[int], stops: Sequence[int]) -> list[list[Fault]]:
    """What is wrong with the rows of each, counted from its first."""
    found: list[list[Fault]] = [[] for _ in lengths]
    for fault in faults:
        owners = np.searchsorted(stops, fault.rows, side="right")
        for owner in np.unique(owners).tolist():
            places = np.flatnonzero(owners == owner)
            rows = fault.rows[places] - (stops[owner] - lengths[owner])
            got = [fault.got[place] for place in places.tolist()]
            found[owner].append(Fault(fault.field, fault.code, rows, got, fault.expected, fault.rejects))
    return found
