"""The user's own modules that a model needs: found, and followed through their imports."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from boxship._pack.imports import Import, imports_of
from boxship.errors import BoxError, UsageError

_LEFT_OUT = {"__pycache__", ".git", ".venv", "tests", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_LARGEST = 64 * 2**20


class OwnCode(NamedTuple):
    """Files to put under `code/`, and the other modules that these import, or would if they were there."""

    files: dict[str, Path]
    imports: tuple[str, ...]
    modules: tuple[str, ...]  # top-level names found
    optional: tuple[str, ...]


def find_own_code(modules: Iterable[str], given: Sequence[Path], near: Path) -> OwnCode:
    """Modules that stand in the given files and folders, else beside the working folder."""
    for path in given:
        if not path.exists():
            raise UsageError("code.not_found", f"there is no {path}", "--code names a .py file or a folder")
    folders = [path.parent if is_module(path) else path for path in given]
    tops = [path.stem for path in given if is_module(path)] + [name.split(".")[0] for name in modules]
    wanted = [Import(top, optional=False) for top in tops]
    files: dict[str, Path] = {}
    missing: set[Import] = set()
    found: set[str] = set()
    while wanted:
        one = wanted.pop()
        if one.top in found or one.top in sys.stdlib_module_names:
            continue
        place = _place(one.top, [*folders, near])
        if place is None:
            missing.add(one)
            continue
        found.add(one.top)
        added = _files(place)
        files |= added
        wanted += [name for path in added.values() if path.suffix == ".py" for name in imports_of(path)]
    needed = {one.top for one in missing if not one.optional}
    optional = {one.top for one in missing} - needed
    return OwnCode(files, tuple(sorted(needed)), tuple(sorted(found)), tuple(sorted(optional)))


def is_module(path: Path) -> bool:
    """Whether Python would import it by its name."""
    return (path.suffix == ".py" and path.is_file()) or (path / "__init__.py").exists()


def _place(top: str, folders: Sequence[Path]) -> Path | None:
    places = (place for folder in folders for place in (folder / top, folder / f"{top}.py"))
    return next((place for place in places if is_module(place)), None)


def _files(place: Path) -> dict[str, Path]:
    if place.is_file():
        return {place.name: place}
    found: dict[str, Path] = {}
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place.parent)
        if path.is_dir() or _LEFT_OUT & set(inside.parts) or path.suffix == ".pyc":
            continue
        if path.suffix in (".so", ".pyd", ".dylib"):
            raise BoxError(
                "code.not_portable",
                f"the package {place.name} holds the compiled file {inside}",
                "make a wheel of it and install that; it is then locked by its version",
            )
        found[inside.as_posix()] = path
    size = sum(map(_size, found.values()))
    if size > _LARGEST:
        raise BoxError(
            "code.too_large",
            f"the package {place.name} holds {size >> 20} MB",
            "keep data out of the package",
        )
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise UsageError(
            "code.unreadable",
            f"cannot read {path}: {error.strerror}",
            "is it a link to what is gone? remove it, or put the file there",
        ) from error
