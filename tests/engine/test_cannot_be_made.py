"""Models that cannot become a box: what they need is not there, or not theirs to reach."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn

import boxship
from desk import Desk

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
        raise RuntimeError("not a module, not a file")""",
    "model.unreadable": """
        raise KeyError("nothing of the kind")""",
    "room.died": """
        import os; os._exit(3)""",
}


class TestCannotBeMade:
    @pytest.mark.parametrize("code", BODIES)
    def test_what_it_does_at_load_is_refused(self, desk: Desk, code: str) -> None:
        save_own(desk.folder, BODIES[code].format(folder=desk.folder))
        assert desk.refused(*PACK_OWN)["code"] == code

    def test_a_file_that_it_opens_for_every_answer_is_named(self, desk: Desk) -> None:
        (desk.folder / "table.txt").write_text("a table")
        save_own(desk.folder, "        pass")
        path = desk.folder / "own_steps.py"
        path.write_text(
            path.read_text().replace(
                "return X", f"open({str(desk.folder / 'table.txt')!r}).close(); return X"
            )
        )
        error = desk.refused(*PACK_OWN)
        assert error["code"] == "proof.file_outside"
        assert "table.txt" in error["message"]

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
