"""Everything that decides what a box holds, as it was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from boxship import frames
from boxship._pack.wishes import Wishes
from boxship.box import Card
from boxship.core.column import column_of
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.table_bytes import to_bytes
from boxship.errors import DataError, UsageError

TARGET = "target"


class Data:
    """Rows as given: a file, or an object that `frames` reads. Read once, when first asked for."""

    def __init__(self, given: object, target: object = None) -> None:
        self._given = Path(given) if isinstance(given, str) else given
        self._values = None if target is None or isinstance(target, str) else target
        self.target = target if isinstance(target, str) else (TARGET if self._values is not None else None)

    @cached_property
    def digest(self) -> Digest:
        """Of a file's bytes as they are, of anything else the table's."""
        if isinstance(self._given, Path) and self._values is None and self._given.is_file():
            return Digest.of_file(self._given)
        return Digest.of(to_bytes(self.table))

    @cached_property
    def table(self) -> Table:
        table = frames.read(self._given)
        if not table.names or not table.length:
            what = "rows" if table.names else "columns"
            raise DataError("data.empty", f"the data has no {what}", "name the data the model was trained on")
        if self._values is None:
            return table
        if TARGET in table.schema.places:
            raise DataError(
                "data.duplicate_name",
                f"the data has a column {TARGET!r} and the target is given beside it",
                f"pass target={TARGET!r}, or rename the column",
            )
        columns = {name: table.column(name) for name in table.names}
        return Table.from_columns({**columns, TARGET: column_of(_plain(self._values), TARGET)})


def _plain(values: Any) -> Any:  # a Series of any library says itself what it holds
    return values.to_numpy() if hasattr(values, "to_numpy") else values


@dataclass(frozen=True)
class Inputs:
    """The model file, the data and every wish."""

    model: Path
    data: Data
    wishes: Wishes
    card: Card
    code: tuple[Path, ...]
    trust: tuple[str, ...]
    require: tuple[str, ...]
    golden: Data | None

    def key(self, surroundings: Mapping[str, str]) -> dict[str, object]:
        """What has to be equal for the same box to come out, but for lock and code."""
        if not self.model.is_file():
            what = "is a folder" if self.model.is_dir() else "does not exist"
            message = f"the model {self.model} {what}"
            raise UsageError("model.not_found", message, "name the file that the model was saved to")
        return {
            **surroundings,
            "model": [self.model.suffix, Digest.of_file(self.model).hex],
            "data": [self.data.digest.hex, self.data.target],
            "golden": self.golden.digest.hex if self.golden else None,
            "wishes": self.wishes,
            "card": self.card,
            "code": [_written(path.absolute()) for path in self.code],
            "folder": _written(_here()),
            "trust": self.trust,
            "require": self.require,
        }

    @property
    def trusted(self) -> tuple[str, ...]:
        """Code that is given is trusted by its module names, beside what `trust` says."""
        return (*self.trust, *(pattern for path in self.code for pattern in _patterns(path)))


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        message = "the working folder has been removed"
        raise UsageError("cli.no_folder", message, "cd into a folder that is there") from error


def _written(path: Path) -> str:
    """As text that JSON can hold, though the system's paths are bytes."""
    return ascii(str(path))


def _patterns(path: Path) -> list[str]:
    if path.suffix == ".py" or (path / "__init__.py").exists():
        return [f"{path.stem}.*"]
    found = [one.stem for one in path.glob("*.py")] + [one.parent.name for one in path.glob("*/__init__.py")]
    return [f"{name}.*" for name in sorted(found)]
