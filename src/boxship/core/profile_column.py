"""The profile of one column."""

from collections import Counter
from collections.abc import Iterator
from functools import reduce
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from boxship.core.column import Array, Codes, Column
from boxship.core.moment import FIRST, LAST, moment_text
from boxship.core.profile_bound import Number
from boxship.core.profile_number import (
    FEWEST,
    NumberFrame,
    Numbers,
    count,
    finite,
    frame_of,
    scores_of,
    sort,
)
from boxship.core.profile_rank import MISSING
from boxship.core.profile_value import Text, Values, count_values, frame_values
from boxship.core.type import MOMENTS, Type
from boxship.errors import DataError

_PIECE = 1 << 20  # elements of tensors that are sorted at a time

_T = TypeVar("_T", Numbers, Values, Text)


class ColumnProfile(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one column; which parts there are depends on its type.

    `numbers`: numbers, dates (days) and datetimes (microseconds) since 1970; of tensors range and moments
    over all elements, where `missing` counts elements too. `values`: categories, booleans, texts of which
    few make up half, the keys of records. `text`: texts and binary. Of a sensitive column there is nothing.
    """

    name: str
    type: str
    rows: int = 0
    missing: int = 0
    sensitive: bool = False
    numbers: Numbers | None = None
    values: Values | None = None
    text: Text | None = None

    @property
    def bounds(self) -> tuple[Number, Number] | tuple[str, str] | None:
        """The lowest and highest value, rounded outward; moments as text."""
        frame = None if self.numbers is None else self.numbers.frame
        if frame is None or frame.low is None or frame.high is None:
            return None
        if self.type not in MOMENTS:
            return frame.low, frame.high
        dtype = np.dtype(MOMENTS[self.type])
        moments = np.array([frame.low, frame.high], np.int64).astype(dtype)
        low, high = np.clip(moments, FIRST.astype(dtype), LAST.astype(dtype))
        return moment_text(low), moment_text(high)

    @classmethod
    def of(cls, name: str, column: Column, *, sensitive: bool = False) -> "ColumnProfile":
        """Make a frame of this column and count the column on it."""
        rows, type_ = len(column), str(column.type)
        if sensitive:
            return cls(name, type_, rows, sensitive=True)
        if column.type.shape:
            return _tensors(cls(name, type_, numbers=Numbers(_tensor_frame(column))), column)
        if _is_numeric(column.type):
            values = sort(_present(column))
            return _numbers(cls(name, type_, numbers=Numbers(frame_of(values))), values, rows)
        return _words(cls(name, type_, **_word_frames(column)), column)

    def observe(self, column: Column) -> "ColumnProfile":
        """Count another column on this one's frame."""
        if self.sensitive:
            return ColumnProfile(self.name, self.type, len(column), sensitive=True)
        mine = Type.parse(self.type)
        if _family(mine) != _family(column.type):
            return self._all_missing(column)
        if mine.shape:
            return _tensors(self, column)
        if _is_numeric(mine):
            return _numbers(self, sort(_present(column)), len(column))
        return _words(self, column)

    def without_rows(self) -> "ColumnProfile":
        """The frame alone: no row was counted yet."""
        return self.observe(Column.empty(Type.parse(self.type))) if self.rows else self

    def merge(self, other: "ColumnProfile") -> "ColumnProfile":
        return ColumnProfile(
            self.name,
            self.type,
            self.rows + other.rows,
            self.missing + other.missing,
            self.sensitive,
            _merged(self.numbers, other.numbers),
            _merged(self.values, other.values),
            _merged(self.text, other.text),
        )

    def has_frame_of(self, other: "ColumnProfile") -> bool:
        return self.frame == other.frame

    def public(self) -> "ColumnProfile":
        """Without what fewer than ten rows stand behind: what may be written."""
        enough = self.rows - (0 if self.is_tensor else self.missing) >= FEWEST
        return msgspec.structs.replace(
            self,
            numbers=self.numbers and self.numbers.public(enough=enough),
            values=self.values and self.values.public(),
            text=self.text if enough else self.text and Text(),
        )

    @property
    def is_tensor(self) -> bool:
        return "[" in self.type

    def scores(self, column: Column) -> NDArray[np.int8] | None:
        """Row by row the score of a value's bin; None for a column that has no ranks."""
        if self.numbers is None or not self.numbers.frame.scores:
            return None
        values = column.values.view(np.int64) if column.type.kind in ("date", "datetime") else column.values
        scores = scores_of(self.numbers.frame, values, MISSING)
        if not column.type.is_float:
            scores[column.nulls()] = MISSING
        return scores

    @property
    def frame(self) -> tuple[object, ...]:
        """All that has to be the same for counts to be added."""
        numbers = self.numbers and self.numbers.frame
        values = self.values and self.values.values
        return self.name, self.type, self.sensitive, numbers, values, self.text is None

    def _all_missing(self, column: Column) -> "ColumnProfile":
        if not column.nulls().all():
            raise DataError(
                "profile.wrong_type",
                f"column {self.name!r} is {column.type}, its profile is of {self.type}",
                "give it the type that the contract names",
            )
        return msgspec.structs.replace(self.without_rows(), rows=len(column), missing=len(column))


def _merged(a: _T | None, b: _T | None) -> _T | None:
    return a.merge(b) if a is not None and b is not None else None


def _is_numeric(type_: Type) -> bool:
    return type_.is_number or type_.kind in ("date", "datetime")


def _family(type_: Type) -> tuple[str, tuple[int, ...]]:
    """Types of one family are counted on each other's frames."""
    if type_.kind in ("text", "category"):
        return "words", ()
    if type_.shape or type_.is_number:
        return "numbers", type_.shape
    return type_.kind, ()


def _present(column: Column) -> Array:
    """Values that are there; NaN stays, it sorts to the end."""
    if column.type.is_float:
        return column.values
    values = column.values.view(np.int64) if column.type.kind in ("date", "datetime") else column.values
    nulls = column.nulls()
    return values[~nulls] if nulls.any() else values


def _numbers(profile: ColumnProfile, values: Array, rows: int) -> ColumnProfile:
    counts = count(_frame_of_numbers(profile), values)
    missing = rows - counts.finite - counts.infinite
    return msgspec.structs.replace(profile, rows=rows, missing=missing, numbers=counts)


def _frame_of_numbers(profile: ColumnProfile) -> NumberFrame:
    if profile.numbers is None:
        raise AssertionError(f"{profile.name!r} has no frame of numbers")
    return profile.numbers.frame


def _tensors(profile: ColumnProfile, column: Column) -> ColumnProfile:
    frame = _frame_of_numbers(profile)
    pieces = [sort(piece) for piece in _pieces(column)] or [sort(column.values.ravel())]
    counts = reduce(Numbers.merge, (count(frame, piece) for piece in pieces))
    missing = column.values.size - counts.finite - counts.infinite
    return msgspec.structs.replace(profile, rows=len(column), missing=missing, numbers=counts)


def _tensor_frame(column: Column) -> NumberFrame:
    """From the two ends of each piece: ten rows stand behind them, their elements do not."""
    ends = [finite(sort(piece))[[0, -1]] for piece in _pieces(column) if np.isfinite(piece).any()]
    dtype = sort(column.values[:0].ravel())
    if not ends or len(column) < FEWEST:
        return frame_of(dtype)
    return frame_of(sort(np.repeat(np.concatenate(ends), FEWEST)), range_only=True)


def _pieces(column: Column) -> Iterator[Array]:
    rows = max(1, _PIECE // max(1, column.type.size))
    for start in range(0, len(column), rows):
        piece = column.values[start : start + rows].reshape(-1)
        yield piece.view(np.uint8) if piece.dtype == bool else piece


def _word_frames(column: Column) -> dict[str, Any]:  # fields of a ColumnProfile
    if column.type.kind == "binary":
        return {"text": Text()}
    counts = _counts(column)
    frame = frame_values(counts)
    if column.type.kind != "text":
        return {"values": Values(frame)}
    few = bool(frame) and 2 * sum(counts[value] for value in frame) >= sum(counts.values())
    return {"values": Values(frame) if few else None, "text": Text()}


def _words(profile: ColumnProfile, column: Column) -> ColumnProfile:
    nulls = column.nulls()
    values = profile.values and count_values(profile.values.values, _counts(column))
    text = profile.text and Text.of(_texts(column)[~nulls].tolist())
    return msgspec.structs.replace(
        profile, rows=len(column), missing=int(nulls.sum()), values=values, text=text
    )


def _texts(column: Column) -> Array:
    if column.type.kind == "category":
        return Codes(column.values, column.levels).texts()
    return column.values


def _counts(column: Column) -> dict[str, int]:
    """Rows by value; of records rows by key."""
    if column.type.kind == "category":
        rows = np.bincount(column.values + 1, minlength=len(column.levels) + 1)[1:].tolist()
        return dict(zip(column.levels, rows, strict=True))
    if column.type.kind == "bool":
        there = column.values[~column.nulls()]
        true = int(np.count_nonzero(there))
        return {"false": len(there) - true, "true": true}
    if column.type.kind == "record":
        return Counter(str(key) for value in column.values if isinstance(value, dict) for key in value)
    return Counter(value for value in column.values if value is not None)
