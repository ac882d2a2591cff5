"""Shared by all tests: a fixed seed for properties, a home of one's own, a trained model and its room."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from desk import Desk, train
from needs import framework_lacking, missing

LONG = bool(os.environ.get("BOXSHIP_LONG"))

os.environ.setdefault(
    "KERAS_BACKEND", "jax"
)  # on which Keras runs in tests; it is told before it is imported

settings.register_profile("test", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("long" if LONG else "test")


class Lacking(pytest.Module):
    """A file of tests that import a framework which is not installed."""

    def collect(self) -> list[pytest.Item]:
        missing(
            f"{framework_lacking(self.path.read_bytes())} is not installed: make frameworks",
            whole_module=True,
        )


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Such a file is skipped as a whole, and says why."""
    return (
        Lacking.from_parent(parent, path=module_path) if framework_lacking(module_path.read_bytes()) else None
    )


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the home of whoever runs it, unless it asks for the shared rooms."""
    for name in list(os.environ):
        if name.startswith("BOXSHIP_") and name not in ("BOXSHIP_LONG", "BOXSHIP_REQUIRE_ALL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BOXSHIP_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def home() -> Path:
    return Path(os.environ["BOXSHIP_HOME"])


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
        missing(f"no package index and nothing in uv's cache: {done.error['message']}")
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
