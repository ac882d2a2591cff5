"""The same inputs give the same digest, wherever and whenever they are packed."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from engine.desk import Desk, copy_home

NOBODY = 65534
# The interpreter of these tests may lie where only its owner reads.
READ_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


@pytest.fixture(scope="module")
def first(shared: Path) -> str:
    """The digest that the shared home has."""
    (box,) = (shared / "store" / "boxes").iterdir()
    return f"sha256:{box.name}"


# One row is one machine: what differs there, all at once, since each pack takes seconds.
MACHINES = {
    "old processor": {"PYTHONHASHSEED": "0", "OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": "1"},
    "processor of 2013, Honolulu": {
        "PYTHONHASHSEED": "1",
        "OPENBLAS_CORETYPE": "Haswell",
        "OPENBLAS_NUM_THREADS": "2",
        "TZ": "Pacific/Honolulu",
    },
    "Turkish, Kiritimati": {
        "PYTHONHASHSEED": "random",
        "OPENBLAS_CORETYPE": "SkylakeX",
        "OMP_NUM_THREADS": "2",
        "TZ": "Pacific/Kiritimati",
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "tr_TR.UTF-8",
    },
    "plain C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "4294967295"},
}


@pytest.mark.parametrize("machine", MACHINES)
def test_another_machine_gives_the_same_digest(desk: Desk, first: str, machine: str) -> None:
    made = desk.packed(**MACHINES[machine])
    assert (made["digest"], made["known"]) == (first, False)


def test_another_folder_file_name_umask_and_a_source_that_cannot_be_written(
    desk: Desk, first: str, tmp_path: Path
) -> None:
    other = tmp_path / "ein anderer Ordner, ünicode"
    shutil.copytree(desk.folder, other)
    (other / "model.joblib").rename(other / "final (2).joblib")
    (other / "train.csv").rename(other / "données.csv")
    for path in other.iterdir():
        os.utime(path, (0, 0))
        path.chmod(0o444)
    other.chmod(0o555)
    words = ["pack", "final (2).joblib", "--data", "données.csv", "--target", "churned", "--name", "other"]
    done = desk.run(*words, "--json", before=("sh", "-c", 'umask 077; exec "$@"', "-"), cwd=other)
    assert done.status == 0, done
    assert done.json["digest"] == first


def test_another_user(shared: Path, trained: Path, first: str, tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user, with setpriv")
    place = Path(tempfile.mkdtemp(prefix="boxship-nobody-"))  # pytest's own folders are closed to others
    place.chmod(0o755)
    try:
        copy_home(shared, place / "home")
        shutil.copytree(trained, place / "work")
        subprocess.run(["chown", "-R", str(NOBODY), str(place)], check=True)
        there = Desk(place / "home", place / "work", {"HOME": str(place), "USER": "nobody"})
        before = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *READ_ALL)
        reach = subprocess.run(
            [*before, sys.executable, "-c", "import boxship"], env=there.environment(), check=False
        )
        if reach.returncode:
            pytest.skip("the interpreter of these tests lies where nobody else may read")
        assert there.packed(before=before)["digest"] == first
    finally:
        shutil.rmtree(place)


def test_another_date(desk: Desk, first: str) -> None:
    """With libfaketime where it is; else a day later by the files' own times is all that differs."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not installed: no other date can be shown to one process")
    made = desk.packed(LD_PRELOAD=str(library), FAKETIME="@2031-03-01 12:00:00", DONT_FAKE_MONOTONIC="1")
    assert made["digest"] == first


class TestAgain:
    def test_it_is_known_at_once_and_nothing_is_resolved_or_built(self, desk: Desk, first: str) -> None:
        desk.packed()
        (desk.home / "rooms").unlink()  # nothing to build with, and nowhere to
        (desk.home / "locks").unlink()
        began = time.perf_counter()
        made = desk.packed(BOXSHIP_UV="/bin/false")
        took = time.perf_counter() - began
        print(f"packed again in {took:.2f} s")  # noqa: T201  # what -s is for
        assert (made["digest"], made["version"], made["known"]) == (first, "1", True)
        assert took < 3  # alone on a machine it is under 1: benchmarks/ measures that
        assert not (desk.home / "rooms").exists()

    def test_under_another_name_it_is_the_same_box(self, desk: Desk, first: str) -> None:
        desk.packed()
        made = desk.packed("--name", "other", BOXSHIP_UV="/bin/false")
        assert (made["name"], made["digest"], made["known"]) == ("other", first, True)

    def test_another_wish_is_another_box(self, desk: Desk, first: str) -> None:
        made = desk.packed("--unit", "age=years")
        assert made["digest"] != first
