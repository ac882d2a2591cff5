"""Everything that decides what a box holds, as it was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boxship._pack.data import Data
from boxship._pack.wishes import Wishes
from boxship.core.card import Card
from boxship.core.digest import Digest
from boxship.errors import UsageError


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
            "data": [self.data.digest.hex, self.data.targets],
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
