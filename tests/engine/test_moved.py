"""A box moved to a machine without the model's libraries; and models that cannot become one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sklearn

import boxship
from boxship.core.digest import Digest, canonical_json
from boxship.core.manifest import File, Manifest
from boxship.errors import BoxshipError
from boxship.room.uv import find_uv
from boxship.settings import Settings
from boxship.stores.folder import attach
from engine.desk import Desk

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
        pytest.skip(f"boxship cannot be installed into a fresh environment: {error.message}")
    return str(python)


@pytest.fixture(scope="module")
def box(shared: Path) -> Path:
    (folder,) = (shared / "store" / "boxes").iterdir()
    return folder


@pytest.fixture
def moved(box: Path, tmp_path: Path) -> Path:
    return shutil.copytree(box, tmp_path / "moved box")


class TestElsewhere:
    @pytest.fixture(scope="class")
    def there(self, bare: str, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
        return Desk(tmp_path_factory.mktemp("there") / "home", trained, python=bare)

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


FILES = ("model/model.joblib", "contract.json", "lock.txt", "profile.bin", "golden.in", "card.json")


class TestDamage:
    @pytest.mark.parametrize("file", FILES)
    def test_a_flipped_bit_is_named(self, moved: Path, file: str) -> None:
        flip(moved / "box" / file)
        error = refusal(lambda: boxship.open(moved))
        assert error.code == "box.damaged"
        assert file in error.message

    @pytest.mark.parametrize("file", FILES)
    def test_a_missing_file_is_named(self, moved: Path, file: str) -> None:
        (moved / "box" / file).unlink()
        error = refusal(lambda: boxship.open(moved))
        assert error.code == "box.missing_file"
        assert file in error.message

    def test_every_bit_of_the_manifest_counts(self, moved: Path, box: Path) -> None:
        path = moved / "box" / "manifest.json"
        data = path.read_bytes()
        path.chmod(0o644)
        for bit in range(0, len(data) * 8, 7):
            path.write_bytes(flipped(data, bit))
            try:
                found = boxship.open(moved).digest
            except BoxshipError as error:
                code = error.code
            else:
                code = "box.another" if found.hex != box.name else "taken for whole"
            assert code.startswith("box."), bit

    def test_a_file_that_is_not_in_the_manifest(self, moved: Path) -> None:
        (moved / "box" / "model" / "__pycache__").mkdir()
        (moved / "box" / "model" / "__pycache__" / "x.pyc").touch()
        assert refusal(lambda: boxship.open(moved)).code == "box.extra_file"

    @pytest.mark.parametrize("kind", ["proof", "hashes", "attestation"])
    def test_a_flipped_bit_in_an_attachment(self, moved: Path, kind: str) -> None:
        (path,) = (moved / "attachments" / kind).iterdir()
        flip(path)
        error = refusal(lambda: boxship.check(moved, proof=False))
        assert error.code == "box.damaged"
        assert kind in error.message

    def test_a_newer_format(self, moved: Path) -> None:
        path = moved / "box" / "manifest.json"
        path.chmod(0o644)
        data = path.read_bytes()
        assert b'"format":1' in data
        path.write_bytes(data.replace(b'"format":1', b'"format":2,"new":{}'))
        error = refusal(lambda: boxship.open(moved))
        assert error.code == "box.newer_format"
        assert "upgrade" in error.hint

    @pytest.mark.parametrize(
        "what", ["blobs/sha256/*/*", "names/churn/1", "names/churn/.latest", "boxes/*/*/proof/*"]
    )
    def test_in_the_store_it_is_found_and_packing_again_mends_it(self, desk: Desk, what: str) -> None:
        made = desk.packed()
        for path in sorted(desk.store.glob(what)):
            flip(path)
        done = desk.run("check", "--json")
        assert done.status == 1
        assert done.json["faults"]
        assert desk.run("list", "--json").status == 0
        if what.startswith("names"):
            error = desk.pack(BOXSHIP_UV="/bin/false").error
            assert error["code"] == "store.damaged_pointer"
            next(desk.store.glob(what)).unlink()  # as the hint says
        assert desk.packed()["digest"] == made["digest"]
        desk.is_whole()

    def test_a_missing_blob_and_a_missing_box_file_are_mended(self, desk: Desk) -> None:
        made = desk.packed()
        for path in [*desk.store.glob("blobs/sha256/*/*"), *desk.store.glob("boxes/*/box/*.bin")]:
            path.unlink()
        assert desk.run("check", "--json").status == 1
        assert desk.packed()["digest"] == made["digest"]
        desk.is_whole()
        assert all(path.stat().st_nlink == 2 for path in desk.store.glob("blobs/sha256/*/*"))


OWN = """
from sklearn.base import BaseEstimator, TransformerMixin
class Own(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.fitted_ = True
        return self
    def transform(self, X):
        return X
    def __setstate__(self, state):
{body}
        self.__dict__.update(state)
"""
SAVE = """
import joblib, numpy as np
from own_steps import Own
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
rows = np.loadtxt("train.csv", delimiter=",", skiprows=1, usecols=range(4))
model = make_pipeline(Own(), LogisticRegression()).fit(rows, rows[:, 0] > 0)
joblib.dump(model, "own.joblib")
"""
BODIES = {
    "proof.network": """
        import socket
        try: socket.create_connection(("192.0.2.1", 80), timeout=1)
        except OSError: pass""",
    "proof.file_outside": """
        open("{folder}/table.txt").close()""",
    "proof.missing_module": """
        __import__("importlib").import_module("_".join(["hidden", "module"]))""",
    "lock.missing_module": """
        import no_such_module""",
    "model.cannot_load": """
        raise KeyError("not a module, not a file")""",
    "room.died": """
        import os; os._exit(3)""",
}


class TestCannotBeMade:
    @pytest.mark.parametrize("code", BODIES)
    def test_what_it_does_at_load_is_refused(self, desk: Desk, code: str) -> None:
        save_own(desk.folder, BODIES[code].format(folder=desk.folder))
        assert desk.refused(*PACK_OWN)["code"] == code

    def test_with_code_of_its_own_it_runs_in_its_room_only(self, desk: Desk) -> None:
        """Another module of the same name lies in the folder where it is called."""
        save_own(desk.folder, "        pass")
        done = desk.run(*PACK_OWN, "--json")
        assert done.status == 0, done
        (desk.folder / "own_steps.py").write_text("raise SystemExit('the wrong module')")
        row = dict.fromkeys(("age", "income", "tenure", "calls"), 0.5)
        answered = desk.run("call", "own", "--row", json.dumps(row))
        assert answered.status == 0, answered
        assert not list(desk.store.rglob("__pycache__"))

    def test_a_model_of_another_version_than_the_lock(self, desk: Desk) -> None:
        path = desk.folder / "model.joblib"
        here = sklearn.__version__.encode()
        other = here[:-1] + (b"0" if here[-1:] != b"0" else b"1")
        assert here in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(here, other))
        done = desk.pack()
        assert done.status == 1
        assert done.error["code"] == "model.other_version"
        assert boxship.list(settings=desk.settings) == ()
        desk.is_whole()

    def test_a_lock_of_other_versions_than_its_hashes(self, desk: Desk, moved: Path) -> None:
        """The lock of a box is changed, and its manifest with it: the hashes still tell."""
        lock = moved / "box" / "lock.txt"
        lock.chmod(0o644)
        lock.write_text(lock.read_text().replace("joblib==", "joblib==0."))
        restate(moved)
        error = desk.refused("check", moved)
        assert error["code"] == "lock.hashes_differ"


PACK_OWN = [
    "pack",
    "own.joblib",
    "--data",
    "train.csv",
    "--drop",
    "churned",
    "--name",
    "own",
    "--code",
    "own_steps.py",
]


def save_own(folder: Path, body: str) -> None:
    (folder / "own_steps.py").write_text(OWN.format(body=body))
    subprocess.run([sys.executable, "-c", SAVE], cwd=folder, check=True)


def restate(folder: Path) -> None:
    """Write the manifest anew, of the files as they are."""
    path = folder / "box" / "manifest.json"
    old = Manifest.from_bytes(path.read_bytes())
    files = [folder / "box" / file.path for file in old.files]
    new = [
        File(file.path, Digest.of_file(here).hex, here.stat().st_size)
        for file, here in zip(old.files, files, strict=True)
    ]
    path.chmod(0o644)
    path.write_bytes(Manifest.of(old.adapter, old.python, new).to_bytes())


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(flipped(data, len(data) * 4 + 3))


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def refusal(act: Callable[[], object]) -> BoxshipError:
    with pytest.raises(BoxshipError) as error:
        act()
    assert error.value.hint
    return error.value
