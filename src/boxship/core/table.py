"""Named columns of equal length: the only shape data has inside."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike, DTypeLike, NDArray

from boxship.core.column import Array, Codes, Column, category_of, column_of
from boxship.core.name import names_hint
from boxship.core.type import Type
from boxship.errors import DataError

Mask = NDArray[np.bool_]


class Group(NamedTuple):
    """Columns that share one part of a table: a block of one dtype, or a single other column."""

    dtype: np.dtype[np.generic]
    members: tuple[int, ...]
    block: bool


class Schema:
    """The names and types of a table's columns, in order, and how they are laid out.

    Two schemas with the same columns are equal. Made once and shared by many tables.
    """

    __slots__ = ("groups", "names", "places", "types")

    def __init__(self, fields: Iterable[tuple[str, Type]]) -> None:
        pairs = tuple(fields)
        self.names: tuple[str, ...] = tuple(name for name, _ in pairs)
        self.types: tuple[Type, ...] = tuple(type_ for _, type_ in pairs)
        _check_names(self.names)
        self.groups = _grouped(self.types)
        places: dict[str, tuple[int, int]] = {}
        for g, group in enumerate(self.groups):
            for offset, member in enumerate(group.members):
                places[self.names[member]] = (g, offset)
        self.places = places

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and (self.names, self.types) == (other.names, other.types)

    def __hash__(self) -> int:
        return hash((self.names, self.types))

    def __repr__(self) -> str:
        return f"Schema({', '.join(f'{n}: {t}' for n, t in zip(self.names, self.types, strict=True))})"

    def type_of(self, name: str) -> Type:
        group, offset = self.place(name)
        return self.types[self.groups[group].members[offset]]

    def place(self, name: str) -> tuple[int, int]:
        try:
            return self.places[name]
        except KeyError:
            raise missing_column(name, self.names) from None


class Table:
    """Named columns of one length. Frozen: a change gives another table, which shares what it can.

    Columns of one fixed-width dtype lie in one row-major block, so that a model which takes
    numbers is handed one array. `parts` follows `schema.groups`; `masks` marks the nulls of
    integer and boolean columns and holds no column without any.

    >>> table = Table.of({"age": [41, 29], "city": ["Rome", None]})
    >>> table.schema
    Schema(age: int64, city: text)
    >>> table.take([1]).to_rows()
    [{'age': 29, 'city': None}]
    """

    __slots__ = ("length", "masks", "parts", "schema")

    def __init__(
        self,
        schema: Schema,
        length: int,
        parts: tuple[Any, ...],  # an array, or the codes and levels of a category
        masks: Mapping[str, Mask] | None = None,
    ) -> None:
        self.schema = schema
        self.length = length
        self.parts = parts
        self.masks: Mapping[str, Mask] = masks or {}

    @classmethod
    def of(
        cls, columns: Mapping[str, ArrayLike | Column], types: Mapping[str, Type] | None = None
    ) -> "Table":
        """From arrays, lists or columns; types are inferred where none is given."""
        wanted = types or {}
        made = {name: column_of(values, name, wanted.get(name)) for name, values in columns.items()}
        return cls.from_columns(made)

    @classmethod
    def from_columns(cls, columns: Mapping[str, Column]) -> "Table":
        schema = Schema((name, column.type) for name, column in columns.items())
        length = _one_length(columns)
        ordered = tuple(columns.values())
        parts: list[Any] = []  # see __init__
        for group in schema.groups:
            members = [ordered[index] for index in group.members]
            parts.append(_block(members, length, group.dtype) if group.block else members[0].stored)
        masks = {name: c.mask for name, c in columns.items() if c.mask is not None and c.mask.any()}
        return cls(schema, length, tuple(parts), masks)

    @classmethod
    def from_block(cls, schema: Schema, block: Array) -> "Table":
        """One row-major block that holds every column; nothing is copied or checked."""
        return cls(schema, block.shape[0], (block,))

    @classmethod
    def empty(cls, schema: Schema) -> "Table":
        return cls.from_columns({n: Column.empty(t) for n, t in zip(schema.names, schema.types, strict=True)})

    def __len__(self) -> int:
        return self.length

    def __repr__(self) -> str:
        return f"Table({self.length} rows, {self.schema!r})"

    def __eq__(self, other: object) -> bool:
        """The same names, types and values in the same order; a null equals a null."""
        return (
            isinstance(other, Table)
            and self.schema == other.schema
            and self.length == other.length
            and all(self.column(name) == other.column(name) for name in self.schema.names)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, too large to hash by it

    @property
    def names(self) -> tuple[str, ...]:
        return self.schema.names

    def column(self, name: str) -> Column:
        """One column; a view where the layout allows."""
        group, offset = self.schema.place(name)
        type_ = self.schema.type_of(name)
        part = self.parts[group]
        if self.schema.groups[group].block:
            return Column(type_, part[:, offset], self.masks.get(name))
        return Column.stored_as(type_, part)

    def null_names(self) -> list[str]:
        """The columns that hold a null. A block of floats without any costs one pass."""
        found = set(self.masks)
        for group, part in zip(self.schema.groups, self.parts, strict=True):
            clean = group.block and part.dtype.kind in "biuf" and not np.isnan(part.min(initial=0))
            if not clean:
                names = [self.schema.names[index] for index in group.members]
                found |= {name for name in names if name not in found and self.column(name).nulls().any()}
        return [name for name in self.schema.names if name in found]

    def block(self, names: Sequence[str], dtype: DTypeLike = "float64") -> Array:
        """The named number columns as one row-major array; no copy if they already are one.

        A null integer or boolean becomes NaN in a float block.
        """
        if len(self.schema.groups) == 1 and tuple(names) == self.schema.names and not self.masks:
            part = self.parts[0]
            if self.schema.groups[0].block and part.dtype == dtype:
                return part  # type: ignore[no-any-return]  # a part of a block is an array
        out = np.empty((self.length, len(names)), dtype)
        for index, name in enumerate(names):
            column = self.column(name)
            out[:, index] = column.values
            if column.mask is not None and out.dtype.kind == "f":
                out[column.mask, index] = np.nan
        return out

    def select(self, names: Sequence[str]) -> "Table":
        if tuple(names) == self.schema.names:
            return self
        return Table.from_columns({name: self.column(name) for name in names})

    def take(self, rows: ArrayLike) -> "Table":
        """Other rows, by position or by a mask of all rows."""
        index = np.asarray(rows)
        if index.dtype == bool:
            index = np.flatnonzero(index)
        index = index.astype(np.intp, copy=False)
        return self._rows(index, len(index))

    def between(self, start: int, stop: int) -> "Table":
        """The rows from start up to stop, as views."""
        stop = max(start, min(stop, self.length))
        return self._rows(slice(start, stop), stop - start)

    def _rows(self, index: Array | slice, length: int) -> "Table":
        parts = tuple(part[index] for part in self.parts)
        masks = {name: mask[index] for name, mask in self.masks.items()}
        return Table(self.schema, length, parts, {name: mask for name, mask in masks.items() if mask.any()})

    def to_rows(self) -> list[dict[str, object]]:
        """Plain Python values, a dict a row: for people and for tests."""
        lists = {name: self.column(name).to_list() for name in self.names}
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def concat(tables: Sequence[Table]) -> Table:
    """One table under another; the schemas have to be equal."""
    schema = tables[0].schema
    for table in tables:
        if table.schema is not schema and table.schema != schema:
            raise DataError(
                "table.schemas_differ", f"cannot join {table.schema!r} to {schema!r}", "cast them first"
            )
    if len(tables) == 1:
        return tables[0]
    parts = tuple(map(_under, zip(*[table.parts for table in tables], strict=True)))
    return Table(schema, sum([table.length for table in tables]), parts, _masks_under(tables))


def _under(parts: tuple[Any, ...]) -> Any:  # parts of one group, as in Table
    if isinstance(parts[0], Codes):
        return category_of(np.concatenate([part.texts() for part in parts])).stored
    return np.concatenate(parts)


def _masks_under(tables: Sequence[Table]) -> dict[str, Mask]:
    names = {name for table in tables for name in table.masks}
    return {
        name: np.concatenate([table.masks.get(name, np.zeros(table.length, bool)) for table in tables])
        for name in names
    }


def missing_column(name: str, names: Sequence[str]) -> DataError:
    hint = names_hint("the columns are", name, names)
    return DataError("data.missing_column", f"there is no column {name!r}", hint)


def _check_names(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise DataError(
                "data.empty_name",
                f"column {position} has the name {name!r}",
                "give every column a name that is text and not empty"
                + ("; is it an index? to_csv(..., index=False) leaves it out" if name == "" else ""),
            )
        if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
            raise DataError(
                "data.not_unicode",
                f"column {position} has the name {name!r}, which is half of a character",
                "rename it: a name is written into files as UTF-8",
            )
        if name in seen:
            raise DataError(
                "data.duplicate_name",
                f"two columns are named {name!r}",
                "rename one: a name means one column",
            )
        seen.add(name)


def _one_length(columns: Mapping[str, Column]) -> int:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        few, many = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise DataError(
            "data.lengths_differ",
            f"column {few!r} has {lengths[few]} rows, column {many!r} has {lengths[many]}",
            "columns of one table have one length",
        )
    return next(iter(lengths.values()), 0)


def _grouped(types: Sequence[Type]) -> tuple[Group, ...]:
    blocks: dict[str, list[int]] = {}
    order: list[tuple[int, Group | str]] = []
    for index, type_ in enumerate(types):
        if not type_.in_block:
            order.append((index, Group(type_.dtype, (index,), block=False)))
        elif type_.kind in blocks:
            blocks[type_.kind].append(index)
        else:
            blocks[type_.kind] = [index]
            order.append((index, type_.kind))
    return tuple(
        Group(Type(group).dtype, tuple(blocks[group]), block=True) if isinstance(group, str) else group
        for _, group in order
    )


def _block(members: Sequence[Column], length: int, dtype: np.dtype[np.generic]) -> Array:
    shared = _shared_block(members, length)
    if shared is not None:
        return shared
    out = np.empty((length, len(members)), dtype)
    for index, column in enumerate(members):
        out[:, index] = column.values
    return out


def _shared_block(members: Sequence[Column], length: int) -> Array | None:
    """The block these columns are already views of, side by side and in order, if there is one."""
    first = members[0].values
    size = first.itemsize
    if first.base is None or length < 2:
        return None
    for index, column in enumerate(members):
        view = column.values
        if view.base is not first.base or view.strides != (size * len(members),):
            return None
        if view.ctypes.data != first.ctypes.data + index * size:
            return None
    # Every element lies in one of the views, so nothing outside of them is reached.
    return as_strided(
        first, (length, len(members)), (size * len(members), size), writeable=first.flags.writeable
    )
