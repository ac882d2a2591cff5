import os
from pathlib import Path

from boxship.room.clean import clean_rooms
from boxship.room.hold import building, exclusive, hold_room, in_use
from boxship.settings import Settings


def rooms(home: Path, *names: str) -> Path:
    for name in names:
        (home / "rooms" / name / "lib").mkdir(parents=True)
    return home / "rooms"


def test_only_what_is_kept_or_used_stays(tmp_path: Path) -> None:
    folder = rooms(tmp_path, "kept", "used", "gone", "tmp-kept-1-2")
    with exclusive(folder, "gone"):
        pass
    held = hold_room(folder / "used")
    assert in_use(folder / "used")
    assert clean_rooms(Settings(home=tmp_path), {"sha256:kept"}) == ("sha256:gone",)
    os.close(held)
    assert not in_use(folder / "used")
    assert sorted(path.name for path in folder.iterdir()) == [".building", "kept", "used"]


def test_a_dry_run_only_says_what_would_go(tmp_path: Path) -> None:
    folder = rooms(tmp_path, "kept", "gone", "tmp-x")
    assert clean_rooms(Settings(home=tmp_path), {"sha256:kept"}, dry_run=True) == ("sha256:gone",)
    assert {path.name for path in folder.iterdir()} >= {"kept", "gone", "tmp-x"}


def test_nothing_is_removed_while_somebody_builds(tmp_path: Path) -> None:
    folder = rooms(tmp_path, "gone", "tmp-x")
    with building(folder):
        assert clean_rooms(Settings(home=tmp_path), ()) == ()
    assert clean_rooms(Settings(home=tmp_path), ()) == ("sha256:gone",)


def test_without_rooms_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert clean_rooms(Settings(home=tmp_path), ()) == ()
