"""S8: real boxes measured on rows whose truth is known, alone and beside each other."""

import html
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import boxship
from boxship._pack.attached import read_attached
from boxship.errors import BoxshipError
from desk import COLUMNS, Desk


@pytest.fixture(scope="module")
def at(shared: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """`churn`, and `worse`, which was trained on labels that look less at income."""
    home, folder = (tmp_path_factory.mktemp(name) for name in ("checked", "at"))
    for part in ("rooms", "locks"):
        (home / part).symlink_to(shared / part)
    desk = Desk(home, shutil.copytree(trained, folder / "work"))
    desk.packed("--metric", "accuracy=0.5", "--metric", "roc_auc=0.999")
    rows = data(desk)
    blunt = np.where(rows["age"] + 0.6 * rows["income"] > 0, "yes", "no")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[[*COLUMNS]].to_numpy(), blunt)
    boxship.pack(model, rows, "churned", name="worse", settings=desk.settings)
    return desk


def data(desk: Desk) -> pd.DataFrame:
    return pd.read_csv(desk.folder / "train.csv")


def test_what_it_measures_is_what_sklearn_measures(at: Desk) -> None:
    rows = data(at)
    answers = boxship.call("churn", rows[[*COLUMNS]], settings=at.settings)
    given = [answer["prediction"] for answer in answers]
    scores = [answer["probabilities"]["yes"] for answer in answers]
    found = boxship.check_on("churn", rows, "churned", settings=at.settings)
    values = {one.name: one.value for one in found.outputs[0].metrics}
    assert values["accuracy"] == pytest.approx(metrics.accuracy_score(rows["churned"], given))
    assert values["auc"] == pytest.approx(metrics.roc_auc_score(rows["churned"] == "yes", scores))
    assert [(one.name, one.metric, one.agrees) for one in found.card] == [
        ("accuracy", "accuracy", False),
        ("roc_auc", "auc", True),
    ]


def test_a_file_a_frame_and_a_target_beside_them_give_the_same(at: Desk) -> None:
    rows = data(at)
    rows.to_parquet(at.folder / "train.parquet")
    rows.to_json(at.folder / "train.jsonl", orient="records", lines=True)
    sources = [at.folder / f"train.{suffix}" for suffix in ("csv", "parquet", "jsonl")]
    found = [
        boxship.check_on("churn", source, "churned", settings=at.settings) for source in (rows, *sources)
    ]
    beside = rows[[*COLUMNS]], rows["churned"].rename("churned")
    found.append(boxship.check_on("churn", *beside, settings=at.settings))
    assert len({msgspec.structs.replace(one, notes=()).to_json() for one in found}) == 1
    assert [len(one.notes) for one in found] == [0, 1, 0, 0, 0]
    assert "was trained on: others will fare worse" in found[1].notes[0]


def test_the_target_is_by_default_that_of_the_box(at: Desk) -> None:
    named = at.run("check", "churn", "--on", "train.csv", "--target", "churned", "--json")
    assert at.run("check", "churn", "--on", "train.csv", "--json") == named
    with pytest.raises(BoxshipError) as caught:
        boxship.check_on("churn", data(at).rename(columns={"churned": "left"}), settings=at.settings)
    assert caught.value.code == "data.missing_column"


def test_what_the_contract_does_not_know_is_no_fault_of_a_row(at: Desk) -> None:
    at.packed("--policy", "extra=reject", "--name", "strict")
    rows = data(at).assign(id=np.arange(300), note="x")
    assert boxship.check_on("strict", rows, "churned", settings=at.settings).rows.ok == 300


def test_the_worse_of_two_boxes_fails(at: Desk, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("an old one")
    words = ("check", "worse", "--on", "train.csv", "--target", "churned", "--against", "churn")
    done = at.run(*words, "--fail-on", "delta.accuracy:upper<0, flips_to_wrong>1%", "--report", report)
    assert done.status == 1, done
    assert done.out.startswith("FAILED: delta.accuracy, upper end, is -0.0")
    assert "\nworse in " in done.out
    assert "an old one" not in report.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    again = at.run(*words, "--fail-on", "delta.accuracy>0", "--json")
    assert (again.status, again.json["failed"]) == (0, False)


def test_what_calls_give_is_shown_in_a_line(at: Desk) -> None:
    found = boxship.check_on("worse", data(at), "churned", against="churn", settings=at.settings)
    checked = boxship.check("churn", proof=False, settings=at.settings)
    box = boxship.open("churn", settings=at.settings)
    beside = read_attached(box)
    packed = boxship.Packed(
        "churn", "1", box.digest, box.folder, True, beside.proofs[0], ("a note",), beside.twins[0].twin.record
    )
    shown = [*map(repr, (found, packed, checked, box, box.profile))]
    assert [one for one in shown if len(one) > 300 or "\n" in one] == []
    assert f" against {box.digest.short}, prediction: accuracy 0." in shown[0]
    assert shown[1].startswith(f"Packed(churn:1 {box.digest.short}, known before, Proof(64 golden rows, ")
    assert shown[1].endswith(" rows), 1 note)")
    assert shown[2].startswith(f"Checked({box.digest.short}, 7 files, ")


def test_the_same_bytes_each_time(at: Desk, tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "a.html", "b.html"):
        boxship.check_on(
            "worse", data(at), "churned", against="churn", report=tmp_path / name, settings=at.settings
        )
    one, other = ((tmp_path / f"{name}.json").read_bytes() for name in "ab")
    assert one == other
    moment = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
    pages = [(tmp_path / f"{name}.html").read_text("utf-8") for name in "ab"]
    assert moment.sub("", pages[0]) == moment.sub("", pages[1])
    assert moment.search(pages[0])
    assert "boxship check worse:1 --on data --target churned --against churn:1" in pages[0]
    assert json.loads((tmp_path / "a.json").read_bytes())["format"] == 1


@pytest.mark.parametrize("name", ["report.html", "report.json"])
def test_a_check_that_cannot_be_done_leaves_no_old_report(at: Desk, tmp_path: Path, name: str) -> None:
    report = tmp_path / name
    report.write_text("an old one")
    done = at.run("check", "churn", "--on", "train.csv", "--target", "chrun", "--report", report)
    assert done.status == 1
    assert "there is no column &#x27;chrun&#x27;, the target" in html.escape(json_text(report))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def json_text(report: Path) -> str:
    """What a report says of an error; a page is read as it is shown."""
    text = report.read_text("utf-8")
    return html.unescape(text) if report.suffix == ".html" else json.loads(text)["error"]["message"]


def test_the_data_is_no_place_for_the_report(at: Desk) -> None:
    rows = data(at)
    rows.to_json(at.folder / "rows.json", orient="records")
    before = (at.folder / "rows.json").read_bytes()
    error = at.run("check", "churn", "--on", "rows.json", "--report", "./rows.json", "--json").error
    assert (error["code"], (at.folder / "rows.json").read_bytes()) == ("check.cannot_write", before)


def few(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.head(9)


Change = Callable[[pd.DataFrame], object]
BAD: list[tuple[str, str, Change, Mapping[str, Any]]] = [
    ("data.missing_column", "the target", lambda rows: rows.drop(columns="churned"), {}),
    ("check.no_truth", "null in every row", lambda rows: rows.assign(churned=None), {}),
    ("data.wrong_target", "float64", lambda rows: rows.assign(churned=np.nan).assign(churned=1.5), {}),
    ("data.wrong_target", "'maybe'", lambda rows: rows.assign(churned="maybe"), {}),
    ("data.wrong_target", "int64", lambda rows: rows.assign(churned=1), {}),
    ("check.too_few_rows", "9 rows", few, {}),
    ("check.all_rejected", "contract.missing in field 'age'", lambda rows: rows.drop(columns="age"), {}),
    ("data.missing_column", "segments", lambda rows: rows, {"segments": "regoin"}),
    ("check.same_box", "answers as itself", lambda rows: rows, {"against": "churn:1"}),
    ("check.unknown_metric", "'auk'", lambda rows: rows, {"fail_on": "auk<1"}),
    ("check.unknown_metric", "'flips'", lambda rows: rows, {"fail_on": "flips<1"}),
    ("check.bad_condition", "'auc'", lambda rows: rows, {"fail_on": "auc"}),
    ("check.unknown_report", "is to be .pdf", lambda rows: rows, {"report": "x.pdf"}),
    ("check.cannot_write", "its folder", lambda rows: rows, {"report": "/nowhere/x.html"}),
    ("argument.wrong_type", "fail_on", lambda rows: rows, {"fail_on": 3}),
    ("data.empty", "no rows", lambda rows: rows.head(0), {}),
]


@pytest.mark.parametrize(("code", "told", "change", "how"), BAD, ids=[f"{one[0]} {one[1]}" for one in BAD])
def test_bad_input_is_told(at: Desk, code: str, told: str, change: Change, how: Mapping[str, Any]) -> None:
    with pytest.raises(BoxshipError) as caught:
        boxship.check_on("churn", change(data(at)), "churned", settings=at.settings, **how)
    assert caught.value.code == code
    assert told in caught.value.message
    assert caught.value.hint


def test_one_class_alone_has_an_accuracy_and_no_area(at: Desk) -> None:
    rows = data(at)
    found = boxship.check_on("churn", rows[rows["churned"] == "yes"], "churned", settings=at.settings)
    values = {one.name: one for one in found.outputs[0].metrics}
    assert (values["auc"].value, values["auc"].note) == (None, "the target has one class only")
    assert values["accuracy"].value is not None


def test_other_kinds_of_models(at: Desk) -> None:
    rows = data(at)
    inputs = rows[[*COLUMNS]]
    two = np.column_stack([inputs["age"] * 2, inputs["income"] - 1])
    names = {"first": two[:, 0], "second": two[:, 1], "group": (inputs["age"] > 0).astype(int)}
    rows = rows.assign(**names, odd=np.where(np.arange(300) < 30, -1, 1))
    for name, model, target in (
        ("line", LinearRegression().fit(inputs, two), ["first", "second"]),
        ("groups", KMeans(2, n_init=2, random_state=0).fit(inputs), "group"),
        ("odd", IsolationForest(n_estimators=20, random_state=0).fit(inputs), "odd"),
    ):
        boxship.pack(model, inputs, name=name, settings=at.settings)
        found = boxship.check_on(name, rows, target, settings=at.settings, fail_on=FAILS[name])
        assert found.failed is False, found.conditions
        assert [one.kind for one in found.outputs] == KINDS[name]


FAILS = {
    "line": "output_0/rmse>1e-6, output_1/r2<0.999, output_0/mae@*>1e-6",
    "groups": "adjusted_rand<-0.1",
    "odd": "recall[-1]>1, coverage<1",
}
KINDS = {"line": ["numbers", "numbers"], "groups": ["clusters"], "odd": ["classes"]}


def test_boxes_with_other_outputs_are_not_compared(at: Desk) -> None:
    rows = data(at)
    model = LogisticRegression().fit(rows[[*COLUMNS]], rows["churned"] == "yes")
    boxship.pack(model, rows[[*COLUMNS]], name="other", settings=at.settings)
    with pytest.raises(BoxshipError, match="bool of") as caught:
        boxship.check_on("churn", rows, "churned", against="other", settings=at.settings)
    assert caught.value.code == "check.other_outputs"


def test_boxes_with_other_inputs_are_compared_over_the_columns_of_each(at: Desk) -> None:
    rows = data(at)
    model = LogisticRegression().fit(rows[["age", "income"]], rows["churned"])
    boxship.pack(model, rows[["age", "income", "churned"]], "churned", name="narrow", settings=at.settings)
    found = boxship.check_on("narrow", rows, "churned", against="churn", settings=at.settings)
    assert found.rows.compared == 300
    assert "take other inputs" in found.notes[0]
    alone = boxship.check_on(
        "narrow", rows.drop(columns="calls"), "churned", settings=at.settings, fail_on="accuracy<0.9"
    )
    assert (alone.rows.ok, alone.failed) == (300, False)


def test_a_field_that_one_box_calls_sensitive_is_no_segment_of_either(at: Desk) -> None:
    at.packed("--sensitive", "age", "--name", "discreet")
    found = boxship.check_on("worse", data(at), "churned", against="discreet", settings=at.settings)
    assert {one.column for one in found.segments} == {"income", "tenure", "calls"}
    with pytest.raises(BoxshipError) as caught:
        boxship.check_on("discreet", data(at), "churned", segments="age", settings=at.settings)
    assert caught.value.code == "check.sensitive_segment"
