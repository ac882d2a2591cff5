"""A box moved to a machine without the model's libraries."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from boxship.core.digest import canonical_json
from boxship.errors import BoxshipError
from boxship.room.uv import find_uv
from boxship.settings import Settings
from boxship.stores.folder import attach
from desk import Desk
from needs import missing

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with boxship and its base dependencies, nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    uv = find_uv(Settings(home=folder), os.environ)
    try:
        uv.run(["venv", "--python", sys.executable, "venv"], cwd=folder)
        python = folder / "venv" / "bin" / "python"
        uv.run(["pip", "install", "--python", str(python), *uv.index.args, str(ROOT)], cwd=folder)
    except BoxshipError as error:
        missing(f"boxship cannot be installed into a fresh environment: {error.message}")
    return str(python)


@pytest.fixture(scope="module")
def there(bare: str, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A machine without scikit-learn."""
    return Desk(tmp_path_factory.mktemp("there") / "home", trained, python=bare)


class TestElsewhere:
    def test_it_runs_in_its_room_and_answers_as_in_training(
        self, there: Desk, box: Path, moved: Path
    ) -> None:
        without = subprocess.run([there.python, "-c", "import sklearn"], capture_output=True, check=False)
        assert without.returncode == 1, "there must be no scikit-learn here"
        known = json.loads((there.folder / "answers.json").read_text())
        done = there.run("call", moved, "--row", json.dumps([one["row"] for one in known]))
        assert done.status == 0, done
        for answer, wanted in zip(done.json, known, strict=True):
            assert answer["prediction"] == wanted["prediction"]
            assert answer["probabilities"]["yes"] == pytest.approx(wanted["yes"], abs=1e-6)

    def test_check_compares_with_the_proof_it_came_with(self, there: Desk, moved: Path) -> None:
        found = there.run("check", moved, "--json")
        assert found.status == 0, found
        assert found.json["proven"]
        assert list(found.json["differences"].values()) == [0.0]
        assert not found.json["added"]

    def test_check_on_another_class_of_machine_adds_a_proof(self, there: Desk, moved: Path) -> None:
        """The proof it came with is made another machine's."""
        (proof,) = (moved / "attachments" / "proof").iterdir()
        data = json.loads(proof.read_bytes())
        data["machine"]["class"] = "riscv64-other"
        proof.unlink()
        lay_proof(moved, data)
        found = there.run("check", moved, "--json")
        assert found.status == 0, found
        assert found.json["added"]
        assert list(found.json["differences"]) == ["riscv64-other"]
        assert len(list((moved / "attachments" / "proof").iterdir())) == 2

    def test_other_answers_than_those_proven_are_refused(self, there: Desk, moved: Path) -> None:
        (proof,) = (moved / "attachments" / "proof").iterdir()
        data = json.loads(proof.read_bytes())
        data["codes"] = [2, *data["codes"][1:]]
        proof.unlink()
        lay_proof(moved, data)
        done = there.run("check", moved, "--json")
        assert done.status == 1
        assert done.error["code"] == "proof.answers_differ"


def lay_proof(folder: Path, proof: dict[str, Any]) -> None:
    attach(folder, "proof", canonical_json(proof))
