import logging
from pathlib import Path

import pytest

from boxship._pack.memo import Memo, Remembered


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    Memo(tmp_path, {"a": 1}).write(Remembered("sha256:0", ("a", "b")))
    assert Memo(tmp_path, {"a": 1}).read() == Remembered("sha256:0", ("a", "b"))
    assert Memo(tmp_path, {"a": 2}).read() is None


def test_what_cannot_be_written_is_logged_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "memo").write_text("a file")
    with caplog.at_level(logging.WARNING):
        Memo(tmp_path, {}).write(Remembered("sha256:0", ()))
    assert caplog.messages == ["inputs not remembered"]
