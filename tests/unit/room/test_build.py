import json
import sys
from pathlib import Path

import pytest

from boxship.errors import BoxshipError
from boxship.room.build import Room, ensure, verify
from boxship.room.frozen import parse_frozen
from boxship.room.hashes import Wanted, covers
from boxship.settings import Settings

MINOR, HASHES = "3.11", f"numpy==2.0 \\\n    --hash=sha256:{'0' * 64}\n"


def ask(
    home: Path,
    lock: str = "numpy==2.0\n",
    runtime: tuple[str, ...] = (),
    uv: str = "",
    hashes: str = HASHES,
    build: bool = False,
) -> Room:
    return ensure(
        lock,
        python_minor=MINOR,
        runtime=runtime,
        hashes=hashes,
        settings=Settings(home=home, uv=uv),
        say=lambda _: None,
        build=build,
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


def test_a_package_that_the_lock_does_not_name_is_refused(tmp_path: Path) -> None:
    error = failure(tmp_path, lock="scipy==1\n", hashes=HASHES + HASHES.replace("numpy==2.0", "scipy==1"))
    assert error.code == "lock.hashes_differ"
    assert "numpy" in error.message


def test_what_uv_reads_is_written_anew(tmp_path: Path) -> None:
    """Nothing of the attachment but names, versions and hashes reaches uv."""
    said = HASHES.replace(" \\\n    ", " ")
    seen = tmp_path / "seen"
    uv = program(
        tmp_path, f'test "$1" = --version || test "$1" = venv || {{ cp hashes.txt {seen}; exit 1; }}'
    )
    failure(tmp_path, hashes=said, uv=uv)
    assert seen.read_text() == HASHES


@pytest.mark.parametrize("build", [True, False])
def test_only_ones_own_packages_are_built(tmp_path: Path, build: bool) -> None:
    """uv has no wheel: it is asked to build only for whoever packs."""
    script = f'echo "$@" >> {tmp_path}/asked; test "$1" = pip || exit 0\n'
    script += "echo 'error: numpy has no usable wheels, No solution found' >&2; exit 1"
    error = failure(tmp_path, uv=program(tmp_path, script), build=build)
    asked = [line for line in (tmp_path / "asked").read_text().splitlines() if line.startswith("pip")]
    assert error.code == ("lock.unresolvable" if build else "lock.no_wheel")
    assert any("--no-build" not in line for line in asked) is build


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
    assert failure(tmp_path / "file" / "home").code == "room.not_writable"


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
    assert covers(parse_frozen(HASHES), wanted) is covered
