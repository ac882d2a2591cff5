"""The training data as given, and which of its columns the model predicts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from boxship import frames
from boxship.codecs.rows import read_rows
from boxship.codecs.table import cast_column, fit_table
from boxship.core.column import column_of
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.core.verdict import Decoded
from boxship.errors import DataError
from boxship.path import is_file


class Data:
    """Rows as given: a file, or an object that `frames` reads. Read once, when first asked for.

    `target` is the name of a column or several names, or the values themselves: one a row, or a
    frame or a two-dimensional array of them. Those of a column that the data has are that column.
    """

    def __init__(self, given: object, target: object = None) -> None:
        self._given = Path(given) if isinstance(given, str) else given
        names = _names(target)
        self._values = None if names is not None else target
        self._named = names or ()
        self._state: tuple[int, ...] | None = None

    @cached_property
    def digest(self) -> Digest:
        """Of a file's bytes as they are, of anything else the table's."""
        self._state = self._look()
        if isinstance(self._given, Path) and self._values is None and is_file(self._given):
            return Digest.of_file(self._given)
        try:
            return Digest.of(to_bytes(self.table))
        except DataError:
            if not self._is_listed or self._values is not None:
                raise
            # rows that make no table are read one by one, and nothing is known to be like them
            return Digest.of(uuid4().bytes)

    def has_changed(self) -> bool:
        """Whether the file was written to since its digest was taken: rows may have been read after that."""
        return self._state != self._look()

    def _look(self) -> tuple[int, ...] | None:
        try:
            found = self._given.stat() if isinstance(self._given, Path) else None
        except (OSError, ValueError):
            return None  # reading it says what is wrong
        return None if found is None else (found.st_ino, found.st_size, found.st_mtime_ns)

    @property
    def name(self) -> str:
        """Of the file, where it is one."""
        return self._given.name if isinstance(self._given, Path) else "data"

    @property
    def suffix(self) -> str:
        """Of the file: by it a reader is chosen."""
        return self._given.suffix.lower() if isinstance(self._given, Path) else ""

    @property
    def targets(self) -> tuple[str, ...]:
        return self._beside.names if self._values is not None else self._named

    @cached_property
    def table(self) -> Table:
        """The columns of the data, and those of a target that was given beside it."""
        table = frames.read(self._given)
        if not table.names or not table.length:
            what = "rows" if table.names else "columns"
            raise DataError("data.empty", f"the data has no {what}", "name the data the model was trained on")
        if self._values is None:
            return table
        columns = {name: table.column(name) for name in table.names}
        for name in self._beside.names:
            given = self._beside.column(name)
            held = columns.setdefault(name, given)
            if cast_column(given, held.type) != held:
                raise DataError(
                    "data.duplicate_name",
                    f"the data has a column {name!r}, and the target of that name has other values",
                    f"give the target a name of its own, {self._renaming(name)}: {name!r} stays an input then",
                )
        return Table.from_columns(columns)

    def _renaming(self, name: str) -> str:
        is_frame = hasattr(self._values, "columns")
        return f"target=y.rename(columns={{{name!r}: 'target'}})" if is_frame else "target=y.rename('target')"

    def rows(self, contract: Contract) -> Decoded:
        """As `call` reads a file or a list of dicts: every row by itself, so that a bad one is told by its place."""
        if isinstance(self._given, Path) or self._is_listed:
            return read_rows(contract, self._given).decoded
        return fit_table(contract, self.table)

    @property
    def _is_listed(self) -> bool:
        return isinstance(self._given, (list, tuple)) and any(isinstance(one, Mapping) for one in self._given)

    def with_texts(self, names: Collection[str]) -> Table:
        """The table, with these columns as text where the file does not say what they hold."""
        table = self.table
        other = {name for name in table.names if name in names and table.schema.type_of(name).kind != "text"}
        texts = frames.read_texts(self._given) if other and isinstance(self._given, Path) else None
        if texts is None:
            return table
        return Table.from_columns({n: (texts if n in other else table).column(n) for n in table.names})

    def refuse_zones(self, names: Sequence[str]) -> None:
        """A model that was trained on local hours would be shown others."""
        if not any(self.table.schema.type_of(name).kind == "datetime" for name in names):
            return
        zones = frames.zones(self._given)
        for name in names:
            if name in zones:
                raise DataError(
                    "data.has_zone",
                    f"column {name!r} tells its moments in the zone {zones[name]}, a table in UTC: "
                    "the model would be shown other hours than in training",
                    "convert it to UTC, in pandas by .dt.tz_convert('UTC'), and fit again",
                    {"column": name, "zone": zones[name]},
                )

    def units(self) -> dict[str, str]:
        """The units that pandas or numpy keep the datetimes of a frame in, where that is what was given."""
        given: Any = self._given  # whatever was given as data
        if not hasattr(given, "iloc") or not hasattr(given, "columns"):
            return {}
        found = zip(self.table.names, given.dtypes, strict=False)
        return {
            name: np.datetime_data(dtype.str)[0] for name, dtype in found if getattr(dtype, "kind", "") == "M"
        }

    def as_given(self, names: Sequence[str], positions: NDArray[np.intp]) -> object:
        """Those columns and rows of a pandas frame or an array, untouched; None of anything else."""
        place_of = {name: place for place, name in enumerate(self.table.names)}
        places = [place_of[name] for name in names]
        if isinstance(self._given, np.ndarray):
            plain = self._given.ndim == 2 and not self._given.dtype.names
            return self._given[positions][:, places] if plain else None
        rows = getattr(self._given, "iloc", None)
        if rows is None:
            return None
        return rows[positions, places] if hasattr(self._given, "columns") else rows[positions]

    @cached_property
    def _beside(self) -> Table:
        return _target_table(self._values)


def _names(target: object) -> tuple[str, ...] | None:
    """The columns that are named; None where the target is values.

    A list of a few texts names columns; labels, one a row, come as an array or a Series, or are many.
    """
    if target is None:
        return ()
    if isinstance(target, str):
        return (target,)
    if isinstance(target, (list, tuple)) and target and all(isinstance(one, str) for one in target):
        return tuple(target) if len(set(target)) == len(target) else None
    return None


def _target_table(values: Any) -> Table:
    if hasattr(values, "columns"):  # a data frame of any library names its columns itself
        return frames.read(values)
    name = getattr(values, "name", None)
    name = name if isinstance(name, str) and name else "target"
    if hasattr(values, "to_frame"):  # a Series of any library
        return frames.read(values.to_frame(name))
    if hasattr(values, "to_numpy"):  # says itself what it holds
        values = values.to_numpy()
    if _is_matrix(values):
        matrix = np.asarray(values)
        if matrix.ndim != 2 or matrix.shape[1] == 1:
            return Table.of({name: matrix.reshape(len(matrix), -1)[:, 0]})
        return frames.read(matrix, names=[f"{name}_{place}" for place in range(matrix.shape[1])])
    if not isinstance(values, Iterable):
        raise DataError(
            "data.unknown_source",
            f"a {type(values).__name__} is no target",
            "name a column of the data, or give an array of one value a row",
        )
    return Table.from_columns({name: column_of(values, name)})


def _is_matrix(values: object) -> bool:
    if isinstance(values, np.ndarray):
        return values.ndim == 2
    return isinstance(values, Sequence) and bool(values) and isinstance(values[0], (list, tuple))
