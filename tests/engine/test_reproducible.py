"""The same inputs give the same digest, wherever and whenever they are packed."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from desk import Desk
from needs import missing, namespace


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


def test_another_user(desk: Desk, first: str) -> None:
    """With another number, a name that the system does not know, and no right of the old one."""
    before = namespace("--user", "--map-user=12345", "--map-group=12345")
    assert desk.packed(before=before, HOME=str(desk.folder), USER="somebody")["digest"] == first


def test_another_date(desk: Desk, first: str) -> None:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        missing("libfaketime is not installed: no other date can be shown to one process")
    made = desk.packed(LD_PRELOAD=str(library), FAKETIME="@2031-03-01 12:00:00")
    assert made["digest"] == first
    (attestation,) = desk.store.glob("boxes/*/attachments/attestation/*")
    assert json.loads(attestation.read_bytes())["when"].startswith("2031-03-01")


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

    def test_another_link_is_another_attestation(self, desk: Desk, first: str) -> None:
        for run in (1, 2, 1):
            made = desk.packed("--link", f"run=https://ci.example/{run}")
            assert made["digest"] == first
        found = desk.store.glob("boxes/*/attachments/attestation/*")
        links = sorted(json.loads(path.read_bytes())["links"]["run"] for path in found)
        assert links == ["https://ci.example/1", "https://ci.example/2"]

    def test_another_wish_is_another_box(self, desk: Desk, first: str) -> None:
        made = desk.packed("--unit", "age=years")
        assert made["digest"] != first
