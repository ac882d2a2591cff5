"""An ONNX file that cannot be made is a reason and no failure; another day it may be made."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boxship._pack import onnx
from boxship._pack.onnx import write_onnx
from boxship.errors import BoxError, BoxshipError, HostError, RemoteError
from boxship.settings import Settings

AROUND: Any = SimpleNamespace(
    say=lambda _: None,
    environment=SimpleNamespace(minor="3.11", base=None),
    settings=Settings(home=Path("x")),
)


@pytest.mark.parametrize(
    ("error", "is_lasting"),
    [
        (RemoteError("room.offline", "the index cannot be reached", "go on"), False),
        (HostError("room.disk_full", "the disk is full", "free some"), False),
        (BoxError("lock.unresolvable", "onnx wants another numpy", "wait"), True),
    ],
)
def test_what_prevents_it(error: BoxshipError, is_lasting: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(onnx, "ensure", refuse)
    nothing: Any = None
    written = write_onnx(nothing, "", nothing, nothing, nothing, AROUND)
    assert (written.file, written.record, written.reason) == (b"", None, error.message)
    assert written.is_lasting == is_lasting
