from pathlib import Path

import pytest

from boxship.path import is_device, is_file, is_folder, named


@pytest.mark.parametrize("text", ["x" * 100_000, "a\0b", "missing"])
def test_what_can_be_no_path_is_none(text: str) -> None:
    assert not any(ask(Path(text)) for ask in (is_file, is_folder, is_device))


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    paths = (tmp_path / "file", tmp_path, Path("/dev/null"))
    assert [[ask(path) for path in paths] for ask in (is_file, is_folder, is_device)] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_a_long_one_is_named_by_its_beginning() -> None:
    assert named(Path("x" * 1000)) == repr("x" * 200)
