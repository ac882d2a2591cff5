import json
import sys
from pathlib import Path

import pytest

from boxship.errors import BoxshipError
from boxship.room.build import Room, ensure, verify
from boxship.room.hashes import Wanted, covers
from boxship.settings import Settings

MINOR, HASHES = "3.11", "numpy==2.0 --hash=sha256:00\n"


def ask(home: Path, lock: str = "numpy==2.0\n", runtime: tuple[str, ...] = (), uv: str = "") -> Room:
    settings = Settings(home=home, uv=uv)
    return ensure(
        lock, python_minor=MINOR, runtime=runtime, hashes=HASHES, settings=settings, say=lambda _: None
    )


def failure(home: Path, **more: object) -> BoxshipError:
    with pytest.raises(BoxshipError) as error:
        ask(home, **more)  # type: ignore[arg-type]
    return error.value


def program(folder: Path, script: str) -> str:
    path = folder / "uv"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_runtime_that_cannot_live_with_the_lock_is_named(tmp_path: Path) -> None:
    error = failure(tmp_path, lock="numpy==1.20.0\n", runtime=("numpy>=1.24",))
    assert error.code == "lock.runtime_conflict"
    assert "1.20.0" in error.message
    assert "numpy>=1.24" in error.message


@pytest.mark.parametrize("lock", ["numpy==2.1\n", "numpy==2.0\nscipy==1\n"])
def test_hashes_of_other_versions_are_refused(tmp_path: Path, lock: str) -> None:
    assert failure(tmp_path, lock=lock).code == "lock.hashes_differ"


def test_a_dead_uv_leaves_nothing_behind(tmp_path: Path) -> None:
    assert failure(tmp_path, uv=program(tmp_path, "kill -9 $$")).code == "room.uv_failed"
    assert [path for path in (tmp_path / "rooms").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("script", ["exit 1", "echo no; exit 7"])
def test_a_uv_that_does_not_answer_is_found_out_at_once(tmp_path: Path, script: str) -> None:
    error = failure(tmp_path, uv=program(tmp_path, script))
    assert error.code == "room.uv_failed"
    assert "--version" in error.hint


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert failure(tmp_path / "file").code == "room.not_writable"


def test_half_a_room_is_no_room(tmp_path: Path) -> None:
    dead = program(tmp_path, 'test "$1" = --version')
    failure(tmp_path, uv=dead)
    (lock,) = (path for path in (tmp_path / "rooms").iterdir() if path.name.startswith(".lock-"))
    path = tmp_path / "rooms" / lock.name.removeprefix(".lock-")
    (path / "bin").mkdir(parents=True)
    (path / "bin/python").symlink_to("/bin/sh")
    assert failure(tmp_path, uv=dead).code == "room.uv_failed"
    (path / "room.json").write_text(json.dumps({"digest": f"sha256:{path.name}"}))
    assert ask(tmp_path, uv=dead).path == path


def test_a_room_without_its_listing_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(BoxshipError) as error:
        verify(Room(tmp_path, tmp_path, "sha256:0", "", ""))
    assert error.value.code == "room.corrupt"


@pytest.mark.parametrize(
    ("marker", "covered"),
    [("", True), (" ; sys_platform == 'win32'", True), (f" ; sys_platform == '{sys.platform}'", False)],
)
def test_hashes_of_another_platform_may_lack_what_this_one_needs(marker: str, covered: bool) -> None:
    wanted = Wanted(f"numpy==2.0\nscipy==1{marker}\n" if marker else "numpy==2.0\n", (), MINOR, "here")
    assert covers(HASHES, wanted) is covered
