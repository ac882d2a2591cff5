import sys
from pathlib import Path

import pytest

from boxship.errors import BoxshipError
from boxship.room.index import Index
from boxship.room.uv import Uv, explain, find_uv
from boxship.settings import Settings


def uv(folder: Path, script: str) -> Uv:
    path = folder / "uv"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Uv(str(path), Index({}, (), ("s3cret",)), {})


def failure(found: Uv) -> BoxshipError:
    with pytest.raises(BoxshipError) as error:
        found.run(["pip"], cwd=Path("/"))
    return error.value


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("error: No solution found\n  cause: Because there is no version of a==9", "lock.unresolvable"),
        ("  × No solution found\n  ╰─▶ Because a was not found in the registry", "lock.unresolvable"),
        ("error: No solution found\nhint: the network was disabled.", "room.offline"),
        ("error: Failed to fetch: https://h/\n  cause: dns error", "room.offline"),
        ("error: Failed to write\n  cause: No space left on device (os error 28)", "room.disk_full"),
        ("error: No interpreter found for Python 3.14", "room.no_python"),
        ("error: Failed to fetch: HTTP status client error (401 Unauthorized)", "room.index_refused"),
        ("error: Hash mismatch for `a==1`", "lock.hash_mismatch"),
        ("error: something new", "room.uv_failed"),
    ],
)  # fmt: skip
def test_uvs_words_have_codes(said: str, code: str) -> None:
    assert explain("uv", 2, said).code == code


def test_the_cache_is_that_of_an_index() -> None:
    assert "cache has of the same index" in explain("uv", 2, "error: Failed to fetch: https://h/").hint


def test_which_package_and_why_stay_in_the_sentence() -> None:
    error = explain(
        "uv", 1, "error: No solution found\n  cause: Because there is no version of a==9 and you require a==9"
    )
    assert "no version of a==9" in error.message


def test_the_output_is_what_it_wrote(tmp_path: Path) -> None:
    assert uv(tmp_path, "echo a==1; echo talk >&2").run([], cwd=tmp_path) == "a==1\n"


def test_a_dead_uv_is_said(tmp_path: Path) -> None:
    assert "SIGSEGV" in failure(uv(tmp_path, "kill -SEGV $$")).message
    broken = uv(tmp_path, "")
    Path(broken.path).chmod(0o644)
    assert failure(broken).code == "room.uv_failed"
    Path(broken.path).unlink()
    assert failure(broken).code == "room.uv_failed"


def test_no_secret_reaches_the_error(tmp_path: Path) -> None:
    error = failure(uv(tmp_path, "echo 'error: https://me:s3cret@h/ and s3cret' >&2; exit 2"))
    assert "s3cret" not in f"{error} {error.detail}"


def test_the_setting_comes_first_and_must_exist(tmp_path: Path) -> None:
    fake = uv(tmp_path, "")
    assert find_uv(Settings(home=tmp_path, uv=fake.path), {}).path == fake.path
    with pytest.raises(BoxshipError) as error:
        find_uv(Settings(home=tmp_path, uv="no-such-uv"), {})
    assert error.value.code == "room.uv_missing"


def test_what_would_change_the_room_is_not_passed_on(tmp_path: Path) -> None:
    asked = {"UV_OVERRIDE": "x", "UV_PYTHON": "2", "VIRTUAL_ENV": "/v", "PYTHONPATH": "/p"}
    env = find_uv(Settings(home=tmp_path, uv=sys.executable), {**asked, "UV_CACHE_DIR": "/c"}).env
    assert env["UV_CACHE_DIR"] == "/c"
    assert not asked.keys() & env.keys()
