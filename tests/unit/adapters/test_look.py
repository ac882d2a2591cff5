"""What is said of files that are no models."""

from pathlib import Path

import pytest

from boxship.adapters.look import FILES, look
from boxship.errors import BoxError


@pytest.mark.parametrize("suffix", FILES)
def test_an_empty_file_is_told_as_that(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.touch()
    with pytest.raises(BoxError, match="empty"):
        look(path)


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
def test_an_archive_without_its_end_was_cut(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(BoxError, match="was cut off") as caught:
        look(path)
    assert caught.value.code == "model.damaged"
