"""The same inputs again: what they gave the last time, so that nothing is learnt or proven twice."""

import logging
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path

import msgspec

from boxship.core.digest import Digest, canonical_json
from boxship.stores import disk

log = logging.getLogger(__name__)


class Remembered(msgspec.Struct, frozen=True):
    """The box that came of some inputs, the modules its lock was taken for, what was told, and why it has no twin."""

    box: str
    modules: tuple[str, ...]
    notes: tuple[str, ...] = ()
    no_twin: str = ""


def sweep_memos(home: Path, boxes: Collection[str]) -> None:
    """Forget the boxes that are gone, and what killed packs were about to rename."""
    for path in (home / "memo").glob("*/*"):
        try:
            kept = not path.name.startswith(".") and _read(path).box in boxes
        except (OSError, msgspec.DecodeError):
            kept = False
        if not kept:
            path.unlink(missing_ok=True)


def _read(path: Path) -> Remembered:
    return msgspec.json.decode(path.read_bytes(), type=Remembered)


class Memo:
    """One small file a set of inputs, under `home/memo`. Losing it costs time, never truth."""

    def __init__(self, home: Path, inputs: object) -> None:
        key = Digest.of(canonical_json([version("boxship"), inputs]))
        self._path = home / "memo" / key.hex[:2] / key.hex

    def read(self) -> Remembered | None:
        try:
            return _read(self._path)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, remembered: Remembered) -> None:
        """The box is proven and named by now: what fails here is logged, and no more."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace_file(self._path, canonical_json(remembered))
        except OSError as error:
            log.warning("inputs not remembered", extra={"error": error.strerror})
