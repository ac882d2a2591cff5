"""One column: typed values, with its nulls."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boxship.core.moment import beyond_years, in_days, in_microseconds, in_utc
from boxship.core.type import INTEGERS, MOMENTS, NUMBERS, Type
from boxship.errors import DataError

Array = NDArray[Any]
_OTHER_TYPE = "correct the data, or name another type for the column in the contract file"


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """A category column as stored: a code a row (-1 is null) into its levels."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]

    def __getitem__(self, index: Any) -> "Codes":  # whatever numpy takes as an index
        return Codes(self.codes[index], self.levels)

    def __len__(self) -> int:
        return len(self.codes)

    def texts(self) -> Array:
        """The levels row by row, None where null."""
        table = np.empty(len(self.levels) + 1, object)
        table[:-1] = self.levels
        return table[self.codes]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Values of one type. `values` of a category are its texts' codes; `levels` names them."""

    type: Type
    values: Array
    mask: NDArray[np.bool_] | None = None
    levels: tuple[str, ...] = ()

    @classmethod
    def stored_as(cls, type_: Type, part: Array | Codes) -> "Column":
        if isinstance(part, Codes):
            return cls(type_, part.codes, None, part.levels)
        return cls(type_, part)

    @classmethod
    def empty(cls, type_: Type) -> "Column":
        return cls(type_, np.empty((0, *type_.shape), type_.dtype))

    @property
    def stored(self) -> Array | Codes:
        return Codes(self.values, self.levels) if self.type.kind == "category" else self.values

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column) or self.type != other.type or len(self) != len(other):
            return False
        if self.type.kind == "category":
            mine, theirs = Codes(self.values, self.levels).texts(), Codes(other.values, other.levels).texts()
            return bool(np.array_equal(mine, theirs))
        nulls, others = self.nulls(), other.nulls()
        if not np.array_equal(nulls, others):
            return False
        if self.type.shape:
            return bool(np.array_equal(self.values, other.values, equal_nan=self.type.is_float))
        if self.type.kind == "record":
            return bool(self.values.tolist() == other.values.tolist())
        return bool(np.array_equal(self.values[~nulls], other.values[~nulls]))

    __hash__ = None  # type: ignore[assignment]  # equal by content, too large to hash by it

    def take(self, rows: NDArray[np.intp]) -> "Column":
        """Other rows, by position."""
        mask = None if self.mask is None else self.mask[rows]
        return Column(self.type, self.values[rows], mask, self.levels)

    def nulls(self) -> NDArray[np.bool_]:
        """True where there is no value."""
        if self.type.shape:
            return np.zeros(len(self), bool)
        if self.type.is_float:
            return np.isnan(self.values)
        if self.type.kind in ("date", "datetime"):
            return np.isnat(self.values)
        if self.type.kind == "category":
            return np.asarray(self.values < 0)
        if self.type.kind in ("text", "binary", "record"):
            return np.fromiter((value is None for value in self.values), bool, len(self))
        return np.zeros(len(self), bool) if self.mask is None else self.mask

    def to_list(self) -> list[object]:
        """Plain Python values, None for null."""
        if self.type.kind == "category":
            return list(Codes(self.values, self.levels).texts())
        if self.type.shape:
            return [row.tolist() for row in self.values]
        values: list[object] = self.values.tolist()
        nulls = self.nulls()
        if nulls.any():
            return [None if null else value for value, null in zip(values, nulls, strict=True)]
        return values


def column_of(
    values: ArrayLike | Iterable[object] | Column, name: str = "", type_: Type | None = None
) -> Column:
    """A column from an array or from plain Python values; the type is inferred where none is given."""
    if isinstance(values, Column):
        return values
    if isinstance(values, np.ma.MaskedArray):
        return _masked(values, name, type_)
    if isinstance(values, np.ndarray) and values.dtype != object:
        return _from_array(values, name, type_)
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)  # type: ignore[arg-type]
    return from_values(items, name, type_)


def _masked(values: "np.ma.MaskedArray[Any, Any]", name: str, type_: Type | None) -> Column:
    column = _from_array(values.data, name, type_)
    mask = np.ma.getmaskarray(values)
    if column.type.has_mask:
        return Column(column.type, column.values, mask if mask.any() else None)
    return from_values(
        [None if m else v for v, m in zip(values.data.tolist(), mask, strict=True)], name, type_
    )


def _from_array(values: Array, name: str, type_: Type | None) -> Column:
    found = type_ or Type(_kind_of(values.dtype, name), values.shape[1:])
    if found.shape and found.kind not in (*NUMBERS, "bool"):
        raise DataError(
            "data.unknown_dtype",
            f"column {name!r} holds {found.kind} in several dimensions, and a tensor holds numbers or booleans",
            "give each column of it a name of its own",
        )
    if values.dtype.kind in "US":
        return from_values(values.tolist(), name, found)
    if values.dtype.kind in "iuf" and found.is_integer:
        return Column(found, _exact_integers(values, name, found))
    if found.kind in ("text", "category", "record", "binary"):
        return from_values(values.tolist(), name, found)
    if found.kind in MOMENTS:
        read = in_days if found.kind == "date" else in_microseconds
        return Column(found, read(values, name))
    return Column(found, np.asarray(values, found.dtype))


def _exact_integers(values: Array, name: str, type_: Type) -> Array:
    if values.dtype == type_.dtype:
        return values
    with np.errstate(invalid="ignore"):
        out = values.astype(type_.dtype)
    same = out == values if values.dtype.kind == "f" else (out == values) & ((out < 0) == (values < 0))
    if not np.all(same):
        row = int(np.flatnonzero(~same)[0])
        raise DataError(
            "data.not_integer",
            f"column {name!r} row {row} holds a number that {type_} cannot hold exactly",
            _OTHER_TYPE,
        )
    return out


def _kind_of(dtype: np.dtype[Any], name: str) -> str:
    if dtype.kind in "iuf" and dtype.name in NUMBERS:
        return dtype.name
    if dtype.kind == "f":
        return "float64"
    if dtype.kind == "M":
        return "date" if np.datetime_data(dtype)[0] in ("D", "M", "Y", "W") else "datetime"
    kinds = {"b": "bool", "U": "text", "S": "binary"}
    if dtype.kind not in kinds:
        raise DataError(
            "data.unknown_dtype",
            f"column {name!r} has the dtype {dtype}, which a table cannot hold",
            "cast it to numbers, text, booleans or dates",
        )
    return kinds[dtype.kind]


def with_nulls(column: Column, nulls: NDArray[np.bool_]) -> Column:
    """The column with null in those rows. Tensors have no null."""
    if not nulls.any():
        return column
    if column.type.has_mask:
        return Column(column.type, column.values, column.nulls() | nulls)
    values = column.values.copy()
    values[nulls] = null_of(column.type)
    return Column(column.type, values, None, column.levels)


def null_of(type_: Type) -> object:
    """How a column without a mask stores a null."""
    if type_.is_float:
        return np.nan
    if type_.kind == "category":
        return -1
    return np.datetime64("NaT") if type_.kind in MOMENTS else None


def category_of(texts: Iterable[object], levels: Sequence[str] | None = None) -> Column:
    """A category column; levels in the order given, else sorted. What is not a level is null."""
    items = list(texts)
    known = tuple(levels) if levels is not None else tuple(sorted({str(t) for t in items if t is not None}))
    code_of = {level: code for code, level in enumerate(known)}
    codes = np.fromiter(
        (code_of.get(t, -1) if isinstance(t, str) else -1 for t in items), np.int32, len(items)
    )
    return Column(Type("category"), codes, None, known)


def from_values(items: Sequence[object], name: str = "", type_: Type | None = None) -> Column:
    """A column from plain Python values, None for null; exact or refused, never guessed."""
    found = type_ or infer_type(items, name)
    if found.kind == "category":
        return category_of(items)
    if found.shape:
        return Column(found, np.asarray(items, found.dtype).reshape(len(items), *found.shape))
    if found.kind in ("text", "binary", "record"):
        out = np.empty(len(items), object)
        out[:] = [_text(item) for item in items] if found.kind == "text" else items
        return Column(found, out)
    nulls = np.fromiter((item is None or _is_nan(item) for item in items), bool, len(items))
    if found.is_float:
        return Column(found, np.array([np.nan if item is None else item for item in items], found.dtype))
    if found.kind in MOMENTS:
        return Column(
            found, np.array([_moment(item, name, row) for row, item in enumerate(items)], found.dtype)
        )
    filled = [0 if null else item for item, null in zip(items, nulls, strict=True)]
    try:
        values = np.array(filled, found.dtype)
    except (OverflowError, ValueError, TypeError) as error:
        row = next(row for row, item in enumerate(filled) if not _can_hold(found, item))
        raise DataError(
            "data.not_integer", f"column {name!r} row {row} holds what {found} cannot hold", _OTHER_TYPE
        ) from error
    return Column(found, values, nulls if nulls.any() else None)


def _can_hold(type_: Type, item: object) -> bool:
    try:
        np.array([item], type_.dtype)
    except (OverflowError, ValueError, TypeError):
        return False
    return True


def _text(item: object) -> object:
    if type(item) is str or item is None:
        return item
    return None if _is_nan(item) else str(item)  # numpy's texts are none that can be written


def _is_nan(item: object) -> bool:
    return isinstance(item, float) and item != item  # noqa: PLR0124  # only NaN differs from itself


def _moment(item: object, name: str, row: int) -> np.datetime64:
    if item is None or _is_nan(item):
        return np.datetime64("NaT", "us")
    if isinstance(item, dt.datetime):
        try:
            item = in_utc(item)
        except OverflowError as error:
            raise beyond_years(name, row) from error
    moment: np.datetime64 = np.datetime64(item, "us")  # type: ignore[call-overload]  # a date or ISO text
    return moment


_ORDER = {bool: "bool", int: "int64", float: "float64", str: "text", bytes: "binary", dict: "record"}


def infer_type(items: Sequence[object], name: str = "") -> Type:
    """The one type all values share; integers among floats are floats; else `data.mixed_types`."""
    kinds: dict[str, int] = {}
    for row, item in enumerate(items):
        if item is None or _is_nan(item):
            continue
        kinds.setdefault(_kind_of_value(item), row)
    if "other" in kinds:
        raise DataError(
            "data.unknown_value",
            f"column {name!r} row {kinds['other']} holds a {type(items[kinds['other']]).__name__}",
            "a column holds numbers, text, booleans, dates, bytes, lists or records",
        )
    if set(kinds) <= {"int64", "float64"} and kinds:
        return _number_type(items, kinds, name)
    if len(kinds) > 1:
        (one, first), (two, second) = sorted(kinds.items(), key=lambda pair: pair[1])[:2]
        raise DataError(
            "data.mixed_types",
            f"column {name!r} is {one} in row {first} and {two} in row {second}",
            "clean the column, or name its type in the contract file",
        )
    if kinds.keys() == {"list"}:
        return _tensor_type(items)
    found = next(iter(kinds), "float64")
    return Type(found)


def _kind_of_value(item: object) -> str:
    if isinstance(item, dt.datetime):
        return "datetime"
    if isinstance(item, dt.date):
        return "date"
    if isinstance(item, (list, tuple, np.ndarray)):
        return "list"
    for known, kind in _ORDER.items():
        if isinstance(item, known):
            return kind
    if isinstance(item, np.generic):
        return _kind_of_value(item.item())
    return "other"


def _number_type(items: Sequence[object], kinds: dict[str, int], name: str) -> Type:
    has_nan = any(_is_nan(item) for item in items)
    if kinds.keys() == {"int64"} and not has_nan:
        numbers = [item for item in items if isinstance(item, int)]
        low, high = min(numbers), max(numbers)
        for kind in ("int64", "uint64"):
            info = np.iinfo(kind)
            if info.min <= low and high <= info.max:
                return Type(kind)
        raise DataError(
            "data.not_integer",
            f"column {name!r} row {items.index(high if high > 0 else low)} holds an integer that 64 bits "
            "cannot hold",
            "cast the column to float, or to text",
        )
    for row, item in enumerate(items):
        if isinstance(item, int) and not isinstance(item, bool) and not _is_exact(item):
            raise DataError(
                "data.mixed_types",
                f"column {name!r} holds fractions, and in row {row} an integer that float64 cannot hold",
                "make the column all integers or all floats",
            )
    return Type("float64")


def _is_exact(number: int) -> bool:
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def _tensor_type(items: Sequence[object]) -> Type:
    """Records, each read by itself, where numpy would make other values of some."""
    try:
        array = np.asarray(list(items))
    except ValueError:
        return Type("record")
    if array.dtype.kind not in "biuf" or array.ndim < 2 or not _holds_all(array, items):
        return Type("record")
    kind = "bool" if array.dtype.kind == "b" else array.dtype.name
    return Type(kind if kind in (*INTEGERS, "float32", "float64", "bool") else "float64", array.shape[1:])


def _holds_all(array: Array, items: Sequence[object]) -> bool:
    """Whether its booleans were none of numbers before, and its floats no integers that floats cannot hold."""
    if array.dtype.kind == "b" or {getattr(item, "dtype", None) for item in items} == {array.dtype}:
        return True
    flat: list[object] = np.array(items, object).ravel().tolist()
    kinds = {*map(type, flat)}
    if not kinds.isdisjoint({bool, np.bool_}):
        return False
    if array.dtype.kind != "f" or kinds == {float}:
        return True
    return all(_is_exact(int(one)) for one in flat if isinstance(one, (int, np.integer)))
