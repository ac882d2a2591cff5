import sys
from pathlib import Path

import pytest

from boxship.errors import HostError
from boxship.room.environment import active, look


def program(folder: Path, script: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(HostError) as error:
        look(path)
    return error.value.code


def test_the_running_interpreter_is_looked_at_without_a_child() -> None:
    found = look()
    assert found.minor == ".".join(map(str, sys.version_info[:2]))
    assert found.distributions["pytest"].modules
    assert look(Path(sys.executable)) == found


def test_the_active_environment() -> None:
    assert active({}) is None
    assert active({"VIRTUAL_ENV": "/v", "CONDA_PREFIX": "/c"}) == Path("/v/bin/python")
    assert active({"CONDA_PREFIX": "/c"}) == Path("/c/bin/python")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == "environment.not_found"
    assert refusal(tmp_path) == "environment.not_found"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 1", "environment.not_python"),
        ("echo hello", "environment.not_python"),
        ('[ "$1" = -V ] && echo Python 2.7.18 >&2 && exit; exit 2', "environment.too_old"),
        ('[ "$1" = -V ] && echo Python 3.10.1 && exit; exit 2', "environment.too_old"),
        ('[ "$1" = -V ] && echo Python 3.12.0rc1 && exit; echo broken >&2; exit 1', "environment.no_answer"),
    ],
)
def test_what_cannot_hold_a_model_is_refused(tmp_path: Path, script: str, code: str) -> None:
    assert refusal(program(tmp_path, script)) == code


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("")
    assert refusal(tmp_path / "python") == "environment.not_python"
