"""The stories that users were told, one text file each, run from top to bottom in a fresh folder.

`$ ` begins a command, `> ` continues it; what is shown below, up to a blank line, has to be what it prints
on stdout and then on stderr, where `...` stands for anything and blanks do not count. `[2]` alone on the
last line is its exit status, if not 0. All other lines tell the story.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from desk import Desk, copy_home

HERE = Path(__file__).parent
STEP = re.compile(r"^\$ (.*(?:\n> .*)*)((?:\n(?!\$ |\[\d).+)*)(?:\n\[(\d+)\]$)?", re.MULTILINE)
LIKE = doctest.OutputChecker()


class Step(NamedTuple):
    """A command, what it prints, and its exit status."""

    line: int
    command: str
    shown: str
    status: int


def steps(text: str) -> Iterator[Step]:
    for found in STEP.finditer(text):
        command, shown, status = found.groups(default="")
        line = text.count("\n", 0, found.start()) + 1
        yield Step(line, command.replace("\n> ", "\n"), f"{shown.strip()}\n".lstrip(), int(status or 0))


@pytest.fixture
def own(shared: Path, trained: Path, tmp_path: Path) -> Desk:
    """Rooms of its own, which `clean` may remove."""
    copy_home(shared, tmp_path / "home")
    return Desk(tmp_path / "home", shutil.copytree(trained, tmp_path / "work"))


@pytest.mark.parametrize("story", sorted(path.name for path in HERE.glob("*.txt")))
def test_story(story: str, own: Desk) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in steps((HERE / story).read_text("utf-8")):
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=own.folder,
            env=own.environment(PATH=path),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        said = (done.stdout + done.stderr).decode()
        where = f"{story}:{step.line}: $ {step.command}\n{said}"
        assert done.returncode == step.status, where
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        assert LIKE.check_output(step.shown, said, flags), f"{where}--- was to be\n{step.shown}"
    own.is_whole()
