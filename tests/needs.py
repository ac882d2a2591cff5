"""What a test needs and a machine may lack."""

import importlib
import os
import shutil
import subprocess
from types import ModuleType
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip, saying why; where everything has to be there, fail."""
    if os.environ.get("BOXSHIP_REQUIRE_ALL"):
        pytest.fail(f"has to run here: {reason}", pytrace=False)
    pytest.skip(reason)


def library(name: str) -> ModuleType:
    """An optional library, imported."""
    try:
        return importlib.import_module(name)
    except ImportError:
        missing(f"{name} is not installed")


def namespace(*more: str) -> tuple[str, ...]:
    """The start of a command that runs in a mount namespace of its own, in which it may mount."""
    words = ("unshare", "--mount", *more, *(() if os.geteuid() == 0 or more else ("--map-root-user",)))
    if shutil.which("unshare") is None:
        missing("util-linux is not installed: there is no unshare")
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    if tried.returncode:
        missing(f"this system makes no namespace: {tried.stderr.decode().strip()}")
    return words
