"""A trained model, one room for all tests, and a desk to type commands at."""

import shutil
from pathlib import Path

import pytest

from engine.desk import Desk, train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    folder.chmod(0o755)
    train(folder)
    return folder


@pytest.fixture(scope="session")
def shared(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has packed the trained model: its room is there, and its lock is resolved."""
    home = tmp_path_factory.mktemp("shared")
    done = Desk(home, trained).pack()
    if done.status and done.error["code"] == "room.offline":
        pytest.skip(f"no package index and nothing in uv's cache: {done.error['message']}")
    assert done.status == 0, done
    return home


@pytest.fixture
def desk(shared: Path, trained: Path, tmp_path: Path) -> Desk:
    """A home without boxes that finds the shared room; commands run in a folder with the model."""
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    for part in ("rooms", "locks"):
        (home / part).symlink_to(shared / part)
    shutil.copytree(trained, folder)
    return Desk(home, folder)
