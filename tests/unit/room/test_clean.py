import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from boxship.errors import HostError
from boxship.room.clean import clean_rooms
from boxship.room.hold import building, exclusive, hold_room, in_use, unused
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


def test_a_room_cannot_be_entered_while_it_is_taken_away(tmp_path: Path) -> None:
    """Whoever opened it before, and waits for it, is told that it is gone, or gets the one in its place."""
    room = rooms(tmp_path, "room", "new") / "room"
    for after in ("gone", "replaced"):
        with ThreadPoolExecutor(1) as aside:
            with unused(room) as free:
                assert free
                waiting = aside.submit(hold_room, room)
                time.sleep(0.05)
                room.rename(tmp_path / f"old {after}")
                if after == "replaced":
                    room.with_name("new").rename(room)
            if after == "replaced":
                assert os.path.samestat(os.fstat(waiting.result()), room.stat())
                os.close(waiting.result())
            else:
                with pytest.raises(HostError) as caught:
                    waiting.result()
                assert caught.value.code == "room.gone"
                room.mkdir()


def test_what_was_set_aside_stays_while_somebody_is_in_it(tmp_path: Path) -> None:
    folder = rooms(tmp_path, "tmp-used-old")
    held = hold_room(folder / "tmp-used-old")
    clean_rooms(Settings(home=tmp_path), ())
    assert (folder / "tmp-used-old" / "lib").is_dir()
    os.close(held)
    clean_rooms(Settings(home=tmp_path), ())
    assert not (folder / "tmp-used-old").exists()


def test_without_rooms_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert clean_rooms(Settings(home=tmp_path), ()) == ()
