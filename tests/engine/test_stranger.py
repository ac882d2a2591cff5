"""Boxes that somebody else made to harm whoever opens them: every byte fits its digest."""

import pickle
import shutil
from pathlib import Path

import msgspec
import pytest

import boxship
from boxship.core.digest import Digest, canonical_json
from boxship.core.manifest import File, Manifest
from boxship.stores.folder import attach
from desk import Desk
from trap import Trap

ROW = '{"age": 2.1, "income": 0.3, "tenure": 0, "calls": 1}'
OURS_DOTTED = "boxship.adapters.sklearn:SklearnAdapter"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "it ran"


@pytest.fixture
def stranger(moved: Path, mark: Path) -> Path:
    """A trap for a model, which needs nothing, so that it would be loaded at once."""
    write(moved, "model/model.joblib", pickle.dumps(Trap(mark)))
    write(moved, "lock.txt", b"")
    shutil.rmtree(moved / "attachments" / "hashes")
    return moved


def test_an_adapter_of_its_own_choice_is_refused(desk: Desk, stranger: Path, mark: Path) -> None:
    restate(stranger, adapter=OURS_DOTTED)
    assert desk.refused("call", stranger, "--row", ROW)["code"] == "adapter.unknown"
    assert desk.refused("check", stranger)["code"] == "adapter.unknown"
    assert not mark.exists()


@pytest.mark.parametrize("adapter", ["sklearn", OURS_DOTTED, "no.such:Adapter"])
def test_inspect_shows_what_it_would_call(stranger: Path, adapter: str) -> None:
    restate(stranger, adapter=adapter)
    assert boxship.inspect(stranger)["executes"] == ["posix.system"]


def test_what_it_says_was_trusted_is_not_believed(desk: Desk, stranger: Path, mark: Path) -> None:
    honest = next((stranger / "attachments" / "attestation").iterdir())
    told = msgspec.json.decode(honest.read_bytes())
    honest.unlink()
    attach(stranger, "attestation", canonical_json({**told, "trusted": ["posix.system"]}))
    restate(stranger)
    assert desk.refused("call", stranger, "--row", ROW)["code"] == "model.unsafe_global"
    assert desk.refused("check", stranger)["code"] == "model.unsafe_global"
    assert not mark.exists()


def test_a_box_in_a_folder_runs_in_its_room_unless_it_is_trusted(
    trained: Path, moved: Path, tmp_path: Path
) -> None:
    """There is no room here and none can be made, though the installed versions are those of its lock."""
    there = Desk(tmp_path / "home", trained, {"BOXSHIP_UV": "/bin/false"})
    assert there.run("call", moved, "--row", ROW, "--json").error["code"] == "room.uv_failed"
    assert there.run("call", moved, "--row", ROW, "--trust", "ours.*").status == 0


def test_its_code_does_not_stand_before_a_listed_module(desk: Desk, moved: Path) -> None:
    write(moved, "code/joblib/__init__.py", b"raise SystemExit('it ran')")
    restate(moved)
    assert desk.run("call", moved, "--row", ROW).status == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("--index-url https://index.invalid/simple\n", "lock.hashes_malformed"),
        (f"evil==1.0 \\\n    --hash=sha256:{'0' * 64}\n", "lock.hashes_differ"),
    ],
)
def test_its_hashes_may_say_nothing_beside_its_lock(desk: Desk, moved: Path, more: str, code: str) -> None:
    (path,) = (moved / "attachments" / "hashes").iterdir()
    said = path.read_bytes()
    shutil.rmtree(path.parent)
    attach(moved, "hashes", said + more.encode())
    assert desk.refused("call", moved, "--row", ROW)["code"] == code


def write(folder: Path, name: str, data: bytes) -> None:
    path = folder / "box" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def restate(folder: Path, *, adapter: str = "sklearn") -> None:
    """Write the manifest anew, of the files as they are."""
    path = folder / "box" / "manifest.json"
    old = Manifest.from_bytes(path.read_bytes())
    path.unlink()
    files = [
        File(one.relative_to(path.parent).as_posix(), Digest.of_file(one).hex, one.stat().st_size)
        for one in path.parent.rglob("*")
        if one.is_file()
    ]
    path.write_bytes(Manifest.of(adapter, old.python, files).to_bytes())
