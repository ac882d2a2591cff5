"""A machine that does not help: uv, packages, rooms, disks, homes."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import boxship
from desk import COLUMNS, PACK, Desk
from needs import missing, namespace

LONG = bool(os.environ.get("BOXSHIP_LONG"))


class TestSurroundings:
    @pytest.fixture
    def alone(self, desk: Desk) -> Desk:
        """Without the shared room: whatever is asked for has to be made."""
        (desk.home / "rooms").unlink()
        (desk.home / "locks").unlink()
        return desk

    @pytest.mark.parametrize(
        ("script", "code"),
        [
            (None, "room.uv_missing"),
            ("exit 1", "room.uv_failed"),
            ("exec sleep 1000", "room.uv_failed"),
            ("kill -9 $$", "room.uv_failed"),
            ('test "$1" = --version || kill -9 $$', "room.uv_failed"),
            (
                "test \"$1\" = --version || { echo 'No solution found when resolving' >&2; exit 1; }",
                "lock.unresolvable",
            ),
        ],
    )
    def test_a_dead_uv(self, alone: Desk, script: str | None, code: str) -> None:
        uv = alone.folder / "uv"
        if script is not None:
            uv.write_text(f"#!/bin/sh\n{script}\n")
            uv.chmod(0o755)
        began = time.monotonic()
        assert alone.refused(*PACK, BOXSHIP_UV=str(uv))["code"] == code
        assert time.monotonic() - began < 30

    def test_a_lock_that_cannot_be_resolved(self, alone: Desk) -> None:
        """A package whose version no index has stands in the environment."""
        place = alone.folder / "site" / "boxship_no_such_thing-9.9.dist-info"
        place.mkdir(parents=True)
        (place / "METADATA").write_text("Metadata-Version: 2.1\nName: boxship-no-such-thing\nVersion: 9.9\n")
        (place / "RECORD").write_text("boxship_no_such_thing.py,,\n")
        (place / "INSTALLER").write_text("pip\n")
        (place.parent / "boxship_no_such_thing.py").touch()
        path = f"{place.parent}{os.pathsep}{alone.environment()['PYTHONPATH']}"
        done = alone.pack("--require", "boxship-no-such-thing", PYTHONPATH=path)
        assert done.status in (1, 2), done
        assert done.error["code"] == "lock.unresolvable"
        alone.is_whole()

    def test_a_corrupt_room_is_made_again(self, desk: Desk, shared: Path) -> None:
        room = shared / "rooms" / room_of(shared)
        (desk.home / "rooms").unlink()
        shutil.copytree(room, desk.home / "rooms" / room.name, symlinks=True)
        victim = next((desk.home / "rooms").glob("*/lib/*/site-packages/joblib/__init__.py"))
        victim.write_text("raise ImportError('a damaged disk')")
        victim.parent.joinpath("__pycache__").rename(victim.parent / "gone")
        desk.packed()
        assert "damaged" not in victim.read_text()

    def test_a_read_only_store(self, desk: Desk) -> None:
        script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        before = (*namespace(), "sh", "-c", script, str(desk.home))
        assert desk.refused(*PACK, before=before)["code"] == "store.read_only"
        desk.packed()
        for words in (["list", "--json"], ["check", "--json"], ["inspect", "churn"], ["check", "churn"]):
            assert desk.run(*words, before=before).status == 0
        row = json.dumps(dict.fromkeys(COLUMNS, 0.1))
        assert desk.run("call", "churn", "--row", row, before=before).json["verdict"] == "ok"
        assert desk.refused("clean", before=before, boxes=1)["code"] == "store.read_only"

    @pytest.mark.parametrize("room_kb", range(0, 104, 8) if LONG else (0, 24, 64))
    def test_a_full_disk(self, desk: Desk, room_kb: int, trained: Path) -> None:
        """The store lies on a small disk that has less and less room left."""
        disk = desk.home / "store"
        disk.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False
        ).returncode:
            missing("only root can mount a small disk")
        try:
            filler = disk / "filler"
            filler.write_bytes(b"x" * (1024 - room_kb) * 1024)
            done = desk.pack()
            if done.status:
                assert done.error["code"] == "store.disk_full"
                desk.is_whole()
                assert boxship.list(settings=desk.settings) == ()
                assert list((desk.store / "tmp").glob("*")) == []
            filler.unlink()
            made = desk.packed()
            assert made["version"] == "1"
            desk.is_whole()
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_no_home_folder(self, desk: Desk) -> None:
        """A user that the system does not know, without HOME."""
        user = namespace("--user", "--map-user=12345", "--map-group=12345")
        done = desk.run("list", "--json", before=("env", "-u", "HOME", "-u", "BOXSHIP_HOME", *user))
        assert done.status == 2, done
        assert done.error["code"] == "settings.no_home"

    @pytest.mark.parametrize(
        ("home", "status", "code"),
        [("file", 2, "settings.wrong_value"), ("file/below", 1, "store.not_a_folder")],
    )
    def test_a_home_that_is_a_file(self, desk: Desk, home: str, status: int, code: str) -> None:
        (desk.folder / "file").touch()
        done = desk.pack(BOXSHIP_HOME=str(desk.folder / home))
        assert (done.status, done.error["code"]) == (status, code), done

    def test_no_temporary_folder_is_needed_but_one_that_can_be_written(self, desk: Desk) -> None:
        assert desk.packed(TMPDIR="/nonexistent")["version"] == "1"


def room_of(home: Path) -> str:
    """The room that the one box of a home was proven in."""
    (proof,) = home.glob("store/boxes/*/attachments/proof/*")
    return str(json.loads(proof.read_bytes())["room"]).removeprefix("sha256:")
