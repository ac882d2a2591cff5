"""The frozen reader of profiles in format 1.

Nothing here may change. When a format 2 comes, it gets a file of its own, and the functions below
say how its fields follow from these.
"""

import msgspec
from msgspec.structs import astuple

from boxship.core.profile_bound import Number
from boxship.core.profile_column import ColumnProfile
from boxship.core.profile_number import NumberFrame, Numbers
from boxship.core.profile_rank import Ranks
from boxship.core.profile_sum import Grid, Sums
from boxship.core.profile_value import Sketch, Text, Values

_Ints = tuple[int, ...]
_Fields = tuple[int, tuple[str, ...], tuple[ColumnProfile, ...], Ranks]


class _Grid(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    center: float
    exponent: int


class _Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    dtype: str
    low: Number | None
    high: Number | None
    power: int
    edges: tuple[Number, ...]
    quantiles: tuple[Number, ...]
    scores: _Ints
    atoms: tuple[Number, ...]
    grid: _Grid | None


class _Sums(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    count: int
    clipped: int
    packed: tuple[bytes, bytes, bytes, bytes]


class _Numbers(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    frame: _Frame
    bins: _Ints
    atoms: _Ints
    integers: int
    finite: int
    minus_infinite: int
    plus_infinite: int
    low: Number | None
    high: Number | None
    sums: _Sums

    def __post_init__(self) -> None:
        parts = len(self.frame.scores)
        if len(self.bins) != (parts + 2 if parts else 0) or len(self.frame.edges) != max(0, parts - 1):
            raise ValueError("bins do not fit their edges")
        if len(self.atoms) != len(self.frame.atoms):
            raise ValueError("counts do not fit their atoms")


class _Sketch(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    registers: bytes


class _Values(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    values: tuple[str, ...]
    counts: _Ints
    other: int
    sketch: _Sketch

    def __post_init__(self) -> None:
        if len(self.values) != len(self.counts) or len(self.sketch.registers) not in (0, 256):
            raise ValueError("counts do not fit their values")


class _Text(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    lengths: _Ints
    classes: tuple[int, int, int, int, int, int]


class _Column(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    name: str
    type: str
    rows: int
    missing: int
    sensitive: bool
    numbers: _Numbers | None
    values: _Values | None
    text: _Text | None


class _Ranks(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    columns: tuple[str, ...]
    totals: _Ints
    products: _Ints
    together: _Ints

    def __post_init__(self) -> None:
        size = len(self.columns)
        pairs = size * (size + 1) // 2
        if (len(self.totals), len(self.products)) != (size, pairs) or len(self.together) not in (1, pairs):
            raise ValueError("sums do not fit their columns")


class _Profile(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    rows: int
    targets: tuple[str, ...]
    columns: tuple[_Column, ...]
    ranks: _Ranks


_DECODER = msgspec.msgpack.Decoder(_Profile)


def read(body: bytes | memoryview) -> _Fields:
    """The fields of a profile, from its body; ValueError (of which msgspec's errors are) for damage."""
    whole = _DECODER.decode(body)
    ranks = Ranks(*astuple(whole.ranks))
    return whole.rows, whole.targets, tuple(_column(column) for column in whole.columns), ranks


def _column(wire: _Column) -> ColumnProfile:
    return ColumnProfile(
        wire.name,
        wire.type,
        wire.rows,
        wire.missing,
        wire.sensitive,
        _numbers(wire.numbers) if wire.numbers else None,
        _values(wire.values) if wire.values else None,
        Text(*astuple(wire.text)) if wire.text else None,
    )


def _numbers(wire: _Numbers) -> Numbers:
    *marks, grid = astuple(wire.frame)
    frame = NumberFrame(*(*marks, Grid(*astuple(grid)) if grid else None))
    _, *counts, sums = astuple(wire)
    return Numbers(frame, *(*counts, Sums(*astuple(sums))))


def _values(wire: _Values) -> Values:
    return Values(wire.values, wire.counts, wire.other, Sketch(wire.sketch.registers))
