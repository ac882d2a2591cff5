"""A model as a file that others run: equal to the box that it was written of, and no part of it."""

import json

import numpy as np
import onnxruntime
import pytest

import boxship
from boxship.errors import BoxshipError
from desk import COLUMNS, Desk


def test_others_run_the_file_and_get_the_same(desk: Desk) -> None:
    plain = desk.packed()
    packed = desk.packed("--onnx")
    assert (packed["digest"], plain["onnx"]) == (plain["digest"], None)
    assert desk.packed("--onnx")["known"]
    rows = [
        {"age": 1, "income": 0.5, "tenure": 0, "calls": 2},
        {"age": 90, "income": 9e4, "tenure": 7, "calls": 0},
    ]
    session = onnxruntime.InferenceSession(packed["onnx"])
    types = {one.name: one.type for one in session.get_inputs()}
    kinds = {"tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(float)": np.float32}
    feed = {name: np.array([[row[name]] for row in rows], kinds[types[name]]) for name in COLUMNS}
    label, shares = session.run(None, feed)
    answers = boxship.call("churn", rows, settings=desk.settings)
    assert label.tolist() == [one["prediction"] for one in answers]
    asked = [list(one["probabilities"].values()) for one in answers]
    np.testing.assert_allclose(shares, asked, rtol=0, atol=1e-12)
    said = session.get_modelmeta().custom_metadata_map
    assert said["boxship.box"] == packed["digest"]
    assert json.loads(said["boxship.twin"])["record"]["parts"]["training"]["rows"] > 0
    assert desk.run("check", "churn").status == 0
    assert packed["onnx"] in desk.run("inspect", "churn").out
    room = json.loads(said["boxship.twin"])["room"]
    assert room not in desk.run("clean", "--dry-run", "--json").json["rooms"]


def test_no_twin_takes_the_file_away(desk: Desk) -> None:
    desk.packed("--onnx")
    assert desk.packed("--no-twin")["onnx"] is None
    assert desk.run("pack", "x.joblib", "--data", "x", "--name", "x", "--no-twin", "--onnx").status == 2


@pytest.mark.parametrize("onnx", ["yes", 1])
def test_the_wish_is_yes_or_no(onnx: object) -> None:
    with pytest.raises(BoxshipError) as caught:
        boxship.pack("m", "d", name="n", onnx=onnx)  # type: ignore[arg-type]  # on purpose
    assert caught.value.code == "argument.wrong_type"
