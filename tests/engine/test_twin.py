"""A packed box asked by its twin and by its model, and both held against each other again."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

import boxship
from boxship.box import open_box
from boxship.errors import BoxError
from boxship.stores.folder import attach
from boxship.twin.algebra import Linear
from boxship.twin.program import Program
from boxship.twin.record import Twin
from desk import Desk


def another(program: Program) -> Program:
    """The same but for one weight."""
    lines = [
        line._replace(step=dataclasses.replace(line.step, weights=line.step.weights * 1.01))
        if isinstance(line.step, Linear)
        else line
        for line in program.lines
    ]
    return Program(tuple(lines), program.answers)


def test_a_box_answers_equally_by_both(desk: Desk, tmp_path: Path) -> None:
    packed = desk.packed()
    asked = desk.run(
        "call", "churn", "--row", '{"age": 1, "income": 0.5, "tenure": 0, "calls": 2}', "--json"
    ).json
    copy = tmp_path / "moved"
    shutil.copytree(packed["folder"], copy)  # there the model itself is asked, in its room
    moved = desk.run(
        "call", copy, "--row", '{"age": 1, "income": 0.5, "tenure": 0, "calls": 2}', "--json"
    ).json
    assert (asked["prediction"], asked["verdict"]) == (moved["prediction"], moved["verdict"])
    np.testing.assert_allclose(
        list(asked["probabilities"].values()), list(moved["probabilities"].values()), rtol=0, atol=1e-12
    )


def test_a_check_holds_it_against_the_model_again(desk: Desk) -> None:
    packed = desk.packed()
    again = desk.run("check", "churn", "--json").json["twin"]
    assert again["box"] == packed["digest"]
    assert set(again["parts"]) == {"training", "near", "edges", "extreme", "alone"}


def test_a_twin_of_another_model_is_found(desk: Desk) -> None:
    folder = Path(desk.packed()["folder"])
    twin = Twin.from_bytes(open_box(folder).attachments("twin")[-1])
    attach(folder, "twin", Twin(twin.record, another(twin.program)).to_bytes())
    assert desk.run("check", "churn", "--json").error["code"] == "twin.differs"
    assert boxship.check("churn", proof=False, settings=desk.settings).twin is None


ROW = '{"age": 1, "income": 0.5, "tenure": 0, "calls": 2}'


def test_a_damaged_twin_is_found_and_left_out_and_packing_again_makes_it_anew(desk: Desk) -> None:
    made = desk.packed()
    good = desk.run("call", "churn", "--row", ROW)
    attach(Path(made["folder"]), "twin", b"no twin at all")
    assert desk.run("check", "churn", "--json").error["code"] == "twin.damaged"
    asked = desk.run("call", "churn", "--row", ROW)
    assert asked.json["verdict"] == "ok"
    assert asked.json["probabilities"] == pytest.approx(good.json["probabilities"], abs=1e-12)
    assert ("the twin is not used" in asked.err, good.err) == (True, "")
    assert asked.err.count("\n") == 1
    again = desk.packed()
    assert (again["digest"], again["known"], again["twin"]["box"]) == (made["digest"], True, made["digest"])
    assert desk.run("call", "churn", "--row", ROW) == good
    assert desk.run("check", "churn", "--json").json["twin"]["box"] == made["digest"]


def test_without_twin_is_without_the_old_one(desk: Desk) -> None:
    made = desk.packed()
    again = desk.packed("--no-twin")
    assert (again["digest"], again["known"], again["twin"]) == (made["digest"], True, None)
    assert "its twin is taken away" in again["notes"][-1]
    assert open_box(Path(made["folder"])).attachments("twin") == []
    assert desk.packed("--no-twin")["notes"] == made["notes"]
    assert desk.packed()["twin"]["box"] == made["digest"]


@pytest.mark.parametrize(
    ("wish", "code"), [({"twin": "only"}, "twin.none"), ({"onnx": True}, "twin.no_onnx")]
)
def test_a_wish_that_cannot_be_met_is_refused_before_the_proof(desk: Desk, wish: Any, code: str) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 2))
    model, said = KNeighborsRegressor().fit(rows, rows[:, 0]), []
    with pytest.raises(BoxError) as caught:
        boxship.pack(model, rows, name="near", settings=desk.settings, say=said.append, **wish)
    assert caught.value.code == code
    assert said[-1] == "lowering it to a twin"
