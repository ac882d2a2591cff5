"""A model as a file that others run: equal to the box that it was written of, and no part of it."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper
from sklearn.linear_model import LogisticRegression

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


def test_rows_that_the_model_refuses_are_refused_by_both(desk: Desk) -> None:
    rng = np.random.default_rng(0)
    rows = {"a": rng.normal(size=400), "b": rng.normal(size=400)}
    model = LogisticRegression().fit(np.column_stack([*rows.values()]), rows["a"] > rows["b"])
    rows["a"][[5, *range(300, 330)]] = np.nan
    packed = boxship.pack(model, rows, rng.random(400) < 0.5, name="nulls", onnx=True, settings=desk.settings)
    assert packed.onnx is not None
    again = boxship.check("nulls", settings=desk.settings).twin
    assert packed.twin is not None
    assert again is not None  # its golden rows have no nulls, which the model refuses, and rows near them do
    for part in (packed.twin.parts["training"], again.parts["near"]):
        assert part.answered < part.rows


def test_of_another_box_it_is_proven_in_a_room(desk: Desk, tmp_path: Path) -> None:
    """A file that never ends, beside a box from elsewhere, ends there."""
    folder = shutil.copytree(desk.packed("--onnx")["folder"], tmp_path / "other")
    (path,) = (folder / "attachments" / "onnx").iterdir()
    data = endless(onnx.load(path)).SerializeToString()
    path.unlink()
    path.with_name(hashlib.sha256(data).hexdigest() + ".onnx").write_bytes(data)
    refused = desk.run("check", folder, "--json", BOXSHIP_PROOF_TIMEOUT_S="5").error
    assert refused["code"] == "room.too_slow"


def endless(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same, with a loop before its last answer."""
    info, kinds = helper.make_tensor_value_info, onnx.TensorProto
    last = model.graph.output[-1]
    node = next(one for one in model.graph.node if last.name in one.output)
    node.output[list(node.output).index(last.name)] = "held"
    body = helper.make_graph(
        [helper.make_node("Identity", ["goes"], ["on"]), helper.make_node("Identity", ["one"], ["other"])],
        "again",
        [info("turn", kinds.INT64, []), info("goes", kinds.BOOL, []), info("one", kinds.DOUBLE, None)],
        [info("on", kinds.BOOL, []), info("other", kinds.DOUBLE, None)],
    )
    yes = helper.make_tensor("yes", kinds.BOOL, [], [True])
    model.graph.node.extend(
        [
            helper.make_node("Constant", [], ["begins"], value=yes),
            helper.make_node("Loop", ["", "begins", "held"], [last.name], body=body),
        ]
    )
    return model


def test_a_damaged_file_is_taken_away_and_that_is_told_once(desk: Desk) -> None:
    path = Path(desk.packed("--onnx")["onnx"])
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-40])
    packed = desk.packed()
    assert packed["onnx"] is None
    assert any("--onnx writes it again" in note for note in packed["notes"])
    assert not any("ONNX file" in note for note in desk.packed()["notes"])


def test_no_twin_takes_the_file_away(desk: Desk) -> None:
    desk.packed("--onnx")
    assert desk.packed("--no-twin")["onnx"] is None
    assert desk.run("pack", "x.joblib", "--data", "x", "--name", "x", "--no-twin", "--onnx").status == 2


@pytest.mark.parametrize("onnx", ["yes", 1])
def test_the_wish_is_yes_or_no(onnx: object) -> None:
    with pytest.raises(BoxshipError) as caught:
        boxship.pack("m", "d", name="n", onnx=onnx)  # type: ignore[arg-type]  # on purpose
    assert caught.value.code == "argument.wrong_type"
