"""What a profile keeps of numbers: bins and quantiles of the reference data, and integer counts on them."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from boxship.core.profile_bound import Number, power_of, round_down, round_up, rounded_bounds, simplest
from boxship.core.profile_sum import Grid, Moments, Sums

Sorted = NDArray[Any]  # float64, int64 or uint64, ascending, NaN last

FEWEST = 10  # rows that have to stand behind a number or a category
BINS = 64
QUANTILES = 101
ATOMS = 40
_TOP_SCORE = 63


class NumberFrame(msgspec.Struct, frozen=True, array_like=True):
    """What is taken from the reference data once and never changes: the marks that counts refer to.

    `low` and `high` are bounds rounded outward to `power`; bin k holds edges[k-1] <= value < edges[k],
    the first from `low`, the last up to `high`. An inner edge or quantile is a value that ten rows
    share, or else the shortest number among the ten neighbouring rows: it is at most five rows off.
    `scores` are the bins' middle ranks from -63 to 63.
    """

    dtype: str
    low: Number | None = None
    high: Number | None = None
    power: int = 0
    edges: tuple[Number, ...] = ()
    quantiles: tuple[Number, ...] = ()
    scores: tuple[int, ...] = ()
    atoms: tuple[Number, ...] = ()
    grid: Grid | None = None

    @property
    def is_integer(self) -> bool:
        return self.dtype != "float64"

    def aligned(self, values: Sorted) -> tuple[Sorted, np.dtype[Any]]:
        """Values in the frame's own type; other types meet as float64."""
        if values.dtype == self.dtype:
            return values, values.dtype
        return values.astype(np.float64), np.dtype(np.float64)

    def floor(self, value: Number) -> Number:
        """A minimum, told no finer than the frame tells its own. Monotone, so that minima merge exactly."""
        if self.low is None or self.high is None:
            return value
        if value >= self.low:
            return max(self.held(round_down(value, self.power)), self.low)
        return self.held(round_down(value, max(self.power, power_of(value, self.high))))

    def ceil(self, value: Number) -> Number:
        """A maximum, like `floor`."""
        if self.low is None or self.high is None:
            return value
        if value <= self.high:
            return min(self.held(round_up(value, self.power)), self.high)
        return self.held(round_up(value, max(self.power, power_of(self.low, value))))

    def held(self, value: Number) -> Number:
        """In the frame's own type, and no wider than it."""
        if not self.is_integer:
            return float(value)
        limits = np.iinfo(self.dtype)
        return min(max(int(value), int(limits.min)), int(limits.max))


class Numbers(msgspec.Struct, frozen=True, array_like=True):
    """Integer counts on a frame. `bins` begins with what lies under it and ends with what lies over it."""

    frame: NumberFrame
    bins: tuple[int, ...] = ()
    atoms: tuple[int, ...] = ()
    integers: int = 0
    finite: int = 0
    minus_infinite: int = 0
    plus_infinite: int = 0
    low: Number | None = None
    high: Number | None = None
    sums: Sums = Sums()

    @property
    def infinite(self) -> int:
        return self.minus_infinite + self.plus_infinite

    @property
    def all_integers(self) -> bool:
        """Every finite value is a whole number."""
        return self.finite > 0 and self.integers == self.finite

    @property
    def moments(self) -> Moments | None:
        return self.sums.moments(self.frame.grid) if self.frame.grid else None

    def merge(self, other: "Numbers") -> "Numbers":
        return Numbers(
            self.frame,
            _added(self.bins, other.bins),
            _added(self.atoms, other.atoms),
            self.integers + other.integers,
            self.finite + other.finite,
            self.minus_infinite + other.minus_infinite,
            self.plus_infinite + other.plus_infinite,
            other.low if self.low is None else self.low if other.low is None else min(self.low, other.low),
            other.high
            if self.high is None
            else self.high
            if other.high is None
            else max(self.high, other.high),
            self.sums.merge(other.sums),
        )

    def public(self, *, enough: bool) -> "Numbers":
        """Without what fewer than ten values, or not enough rows, stand behind."""
        if enough and self.finite >= FEWEST:
            return self
        return msgspec.structs.replace(self, low=None, high=None, sums=Sums())


def _added(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def sort(values: NDArray[Any]) -> Sorted:
    """A sorted copy in the widest type of its kind; NaN last, one zero."""
    dtype = np.float64 if values.dtype.kind == "f" else np.uint64 if values.dtype == np.uint64 else np.int64
    out: Sorted = np.array(values, dtype)
    if dtype is np.float64:
        out += 0.0  # -0.0 becomes 0.0: the order of equal values must not matter
    out.sort()
    return out


def finite(values: Sorted) -> Sorted:
    if values.dtype.kind != "f":
        return values
    return values[values.searchsorted(-np.inf, "right") : values.searchsorted(np.inf)]


def frame_of(values: Sorted, *, range_only: bool = False) -> NumberFrame:
    """The frame that these values make; without ten finite ones there is none but their type."""
    inside = finite(values)
    rows, dtype = len(inside), str(values.dtype)
    if rows < FEWEST:
        return NumberFrame(dtype)
    first, last = inside[0].item(), inside[-1].item()
    low, high = rounded_bounds(first, last)
    power = power_of(first, last) if first != last else power_of(first * 0, first) if first else 0
    frame = NumberFrame(dtype, low, high, power)
    low, high = frame.held(low), frame.held(high)
    frame = msgspec.structs.replace(frame, low=low, high=high, grid=Grid.over(low, high))
    if range_only:
        return frame
    edges = tuple(dict.fromkeys(_cuts(inside, min(BINS, rows // FEWEST))))
    inner = _cuts(inside, min(QUANTILES - 1, rows // FEWEST))
    edges = tuple(edge for edge in edges if edge > low)
    return msgspec.structs.replace(
        frame,
        edges=edges,
        quantiles=(low, *inner, high),
        scores=_scores(inside, edges),
        atoms=_atoms(inside),
    )


def _cuts(inside: Sorted, parts: int) -> list[Number]:
    """The inner cuts of so many equal parts, none nearer to a value than its ten neighbours allow."""
    places = np.arange(1, parts) * (len(inside) - 1) // parts
    values = inside[places]
    shared = inside.searchsorted(values, "right") - inside.searchsorted(values) >= FEWEST
    return [
        value if is_shared else simplest(low, value, high)
        for low, value, high, is_shared in zip(
            inside[places - 4].tolist(),
            values.tolist(),
            inside[places + 5].tolist(),
            shared.tolist(),
            strict=True,
        )
    ]


def _scores(inside: Sorted, edges: tuple[Number, ...]) -> tuple[int, ...]:
    ends = [0, *inside.searchsorted(np.array(edges, inside.dtype)).tolist(), len(inside)]
    twice = 2 * len(inside)
    return tuple((2 * _TOP_SCORE * (a + b) + len(inside)) // twice - _TOP_SCORE for a, b in pairwise(ends))


def _atoms(inside: Sorted) -> tuple[Number, ...]:
    """The most frequent of the values that ten rows share, most frequent first."""
    span = FEWEST - 1
    repeated = inside[span:][inside[span:] == inside[:-span]]
    values = np.concatenate([repeated[:1], repeated[1:][repeated[1:] != repeated[:-1]]])
    counts = inside.searchsorted(values, "right") - inside.searchsorted(values)
    order = np.lexsort((values, -counts))[:ATOMS]
    return tuple(values[order].tolist())


def count(frame: NumberFrame, values: Sorted) -> Numbers:
    """Count sorted values on a frame."""
    values, dtype = frame.aligned(values)
    inside = finite(values)
    if dtype.kind == "f":
        minus = int(values.searchsorted(-np.inf, "right"))
        plus = int(values.searchsorted(np.nan)) - minus - len(inside)
        whole = int(np.count_nonzero(inside == np.rint(inside)))
    else:
        minus, plus, whole = 0, 0, len(inside)
    numbers = Numbers(frame, (), (), whole, len(inside), minus, plus)
    if frame.low is None or frame.high is None or frame.grid is None:
        return numbers
    return msgspec.structs.replace(
        numbers,
        bins=_bins(frame, inside),
        atoms=_atom_counts(frame, inside),
        low=frame.floor(inside[0].item()) if len(inside) else None,
        high=frame.ceil(inside[-1].item()) if len(inside) else None,
        sums=Sums.of(frame.grid, inside.astype(np.float64, copy=False)),
    )


def _bins(frame: NumberFrame, inside: Sorted) -> tuple[int, ...]:
    if not frame.scores:
        return ()
    marks = np.array([frame.low, *frame.edges], inside.dtype)
    starts = inside.searchsorted(marks).tolist()
    end = int(inside.searchsorted(np.array(frame.high, inside.dtype), "right"))
    places = [0, *starts, end, len(inside)]
    return tuple(b - a for a, b in pairwise(places))


def _atom_counts(frame: NumberFrame, inside: Sorted) -> tuple[int, ...]:
    marks = np.array(frame.atoms, inside.dtype)
    counts = inside.searchsorted(marks, "right") - inside.searchsorted(marks)
    return tuple(counts.tolist())


def scores_of(frame: NumberFrame, values: NDArray[Any], missing: int) -> NDArray[np.int8]:
    """Row by row the score of the bin a value falls in; `missing` for NaN."""
    dtype = np.dtype(frame.dtype) if values.dtype.kind in "iu" and frame.is_integer else np.dtype(np.float64)
    table = np.array(frame.scores, np.int8)
    scores = table[np.array(frame.edges, dtype).searchsorted(values.astype(dtype, copy=False), "right")]
    if values.dtype.kind == "f":
        scores[np.isnan(values)] = missing
    return scores
