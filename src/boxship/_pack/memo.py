"""The same inputs again: what they gave the last time, so that nothing is learnt or proven twice."""

from importlib.metadata import version
from pathlib import Path

import msgspec

from boxship.core.digest import Digest, canonical_json
from boxship.stores import disk


class Remembered(msgspec.Struct, frozen=True):
    """The box that came of some inputs, and the modules its lock was taken for."""

    box: str
    modules: tuple[str, ...]


class Memo:
    """One small file a set of inputs, under `home/memo`. Losing it costs time, never truth."""

    def __init__(self, home: Path, inputs: object) -> None:
        key = Digest.of(canonical_json([version("boxship"), inputs]))
        self._path = home / "memo" / key.hex[:2] / key.hex

    def read(self) -> Remembered | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Remembered)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, remembered: Remembered) -> None:
        with disk.said("remembering the inputs"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace_file(self._path, canonical_json(remembered))
