"""Everything that decides what a box holds, as it was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from boxship._pack.data import Data
from boxship._pack.own_code import is_module
from boxship._pack.wishes import Wishes
from boxship.core.card import Card
from boxship.core.digest import Digest
from boxship.core.manifest import Manifest
from boxship.errors import UsageError
from boxship.frames.file import beside
from boxship.path import is_file, is_folder, named

_CHANGED = "was written to while it was being packed"
_WAIT = "pack again when nothing writes to it any more"


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
    entry: Path | None = None  # what names the code that makes the model of a file
    called: tuple[str, ...] = ()  # code that was named or handed over in person
    state: tuple[Path, ...] = ()  # files of a class of one's own, and folders of them

    @cached_property
    def model_digest(self) -> Digest:
        """Of the file as it was when packing began."""
        if not is_file(self.model):
            what = "is a folder" if is_folder(self.model) else "does not exist"
            message = f"the model {named(self.model)} {what}"
            hint = f"{beside(self.model)}name the file that the model was saved to"
            raise UsageError("model.not_found", message, hint)
        return Digest.of_file(self.model)

    @cached_property
    def model_files(self) -> dict[str, Path]:
        """All that is the model, by its place in the box. By content, not by name: only the suffix tells
        readers something."""
        files = {f"model/model{self.model.suffix}": self.model}
        if self.entry is not None:
            files[f"model/model{self.entry.suffix}"] = self.entry
        for given in self.state:
            found = (
                sorted(path for path in given.rglob("*") if path.is_file()) if is_folder(given) else [given]
            )
            for path in found:
                place = f"model/state/{path.relative_to(given.parent).as_posix()}"
                if files.setdefault(place, path) != path:
                    raise UsageError(
                        "state.twice", f"two files of the model's state are called {place[12:]}", "rename one"
                    )
        return files

    @cached_property
    def _beside(self) -> dict[str, str]:
        """The digests of what lies beside the model's own file, as they were when packing began."""
        found = {}
        for place, path in self.model_files.items():
            if path == self.model:
                continue
            if not is_file(path):
                raise UsageError(
                    "state.not_found", f"there is no {named(path)}", "--state names a file or a folder"
                )
            found[place] = Digest.of_file(path).hex
        return found

    def is_model_of(self, manifest: Manifest) -> bool:
        """Whether a box holds the model as it was when packing began."""
        held = {file.path: file.sha256 for file in manifest.under("model")}
        return manifest.model.sha256 == self.model_digest.hex and held.items() >= self._beside.items()

    def refuse_changed(self, manifest: Manifest) -> None:
        """What was written to since it was known by its digest is not what that digest stands for."""
        if not self.is_model_of(manifest):
            raise UsageError("model.changed", f"the model {self.model} {_CHANGED}", _WAIT)
        for data in (self.data, self.golden):
            if data is not None and data.has_changed():
                raise UsageError("data.changed", f"the file {data.name} {_CHANGED}", _WAIT)

    def key(self, surroundings: Mapping[str, str]) -> dict[str, object]:
        """What has to be equal for the same box to come out, but for lock and code."""
        return {
            **surroundings,
            "model": [self.model.suffix, self.model_digest.hex, self._beside],
            "data": [self.data.suffix, self.data.digest.hex, self.data.targets],
            "golden": [self.golden.suffix, self.golden.digest.hex] if self.golden else None,
            "wishes": self.wishes,
            "card": self.card,
            "code": [_written(path.absolute()) for path in self.code],
            "folder": _written(_here()),
            "trust": self.trust,
            "require": self.require,
        }

    @property
    def trusted(self) -> tuple[str, ...]:
        """Code that is given is trusted by its module names, and what is named, beside what `trust` says."""
        return (*self.trust, *self.called, *(pattern for path in self.code for pattern in _patterns(path)))


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
    if is_module(path):
        return [f"{path.stem}.*"]
    found = [one.stem for one in path.glob("*.py")] + [one.parent.name for one in path.glob("*/__init__.py")]
    return [f"{name}.*" for name in sorted(found)]
