"""Shared by all tests: a fixed seed for properties, a home of one's own, what has to be there in CI."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

LONG = bool(os.environ.get("BOXSHIP_LONG"))

settings.register_profile("test", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("long" if LONG else "test")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the home of whoever runs it, unless it asks for the shared rooms."""
    for name in list(os.environ):
        if name.startswith("BOXSHIP_") and name not in ("BOXSHIP_LONG", "BOXSHIP_REQUIRE_ALL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BOXSHIP_HOME", str(tmp_path_factory.mktemp("home")))


def missing(reason: str) -> None:
    """Skip, saying why; where everything has to be there, fail."""
    if os.environ.get("BOXSHIP_REQUIRE_ALL"):
        pytest.fail(f"has to run here: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def home() -> Path:
    return Path(os.environ["BOXSHIP_HOME"])
