"""A trained model, one room for all tests, and a desk to type commands at."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from boxship.room import look, take
from boxship.settings import Settings
from engine.rooms import Made, make


@pytest.fixture(scope="session")
def made(shared: Path) -> Made:
    """The shared room itself, for tests that do not harm it."""
    settings, taken = Settings(home=shared), take(look(), ["sklearn.ensemble"])
    return Made(settings, taken, make(taken.lock, settings))


@pytest.fixture(scope="session")
def box(shared: Path) -> Path:
    (folder,) = (shared / "store" / "boxes").iterdir()
    return folder


@pytest.fixture
def moved(box: Path, tmp_path: Path) -> Path:
    return shutil.copytree(box, tmp_path / "moved box")


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    left = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, check=False
    )
    assert b"boxship" not in left.stdout
