"""Columns of any number and any name; and those of which nothing may be kept."""

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from desk import PACK, Desk, write_csv

HOSTILE = (
    'quote"s', "it's", "new\nline", "tab\t", "comma,", "back\\slash", "{{brace}}", "$(rm -rf)", "../up", "<b>",
    "__class__", "__init__", "self", "class", "None", "1", "naïve", "年齢", "עברית", "🐳", "e\u0301", "\u202egnp",
    "x" * 5000, "%s%n", "null", "nan", "-", "_fields",
)  # fmt: skip


class TestColumns:
    def test_ten_thousand(self, desk: Desk) -> None:
        numbers = np.random.default_rng(1)
        inputs = numbers.normal(size=(200, 10_000)).astype("float32").round(2)
        joblib.dump(LinearRegression().fit(inputs, inputs[:, 0]), desk.folder / "model.joblib")
        names = [f"column {index}" for index in range(10_000)]
        write_csv(
            desk.folder / "train.csv",
            {**dict(zip(names, inputs.T.tolist(), strict=True)), "churned": inputs[:, 0]},
        )
        desk.packed()
        (desk.folder / "row.json").write_text(json.dumps(dict.fromkeys(names, 0.5)))  # too long for a word
        called = desk.run("call", "churn", "--rows", "row.json")
        assert called.json["verdict"] == "ok"

    def test_hostile_names(self, desk: Desk) -> None:
        numbers = np.random.default_rng(2)
        inputs = numbers.normal(size=(100, len(HOSTILE))).round(2)
        joblib.dump(LinearRegression().fit(inputs, inputs[:, 0]), desk.folder / "model.joblib")
        lines = [dict(zip((*HOSTILE, "churned"), (*row, row[0]), strict=True)) for row in inputs.tolist()]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (desk.folder / "train.jsonl").write_text(text)
        done = desk.run(*PACK, "--data", "train.jsonl", "--json")
        assert done.status == 0, done
        row = {name: value for name, value in lines[0].items() if name != "churned"}
        called = desk.run("call", "churn", "--row", json.dumps([row, {**row, 'quote"s': "x"}]))
        good, bad = called.json
        assert good["prediction"] == pytest.approx(inputs[0, 0], abs=1e-6)
        assert [one["field"] for one in bad["reasons"]] == ['quote"s']
        for verb in ("inspect", "check"):
            done = desk.run(verb, "churn")
            assert done.status == 0, done


def test_columns_in_another_order_than_in_training_are_told(desk: Desk) -> None:
    rows = pd.read_csv(desk.folder / "train.csv")
    rows[["calls", "income", "tenure", "age", "churned"]].to_csv(desk.folder / "train.csv", index=False)
    told = [note for note in desk.packed()["notes"] if "exchanged" in note]
    assert len(told) == 1
    assert "'calls' and 'age' exchanged" in told[0]


class TestSensitive:
    def test_no_byte_of_a_sensitive_field_is_kept(self, desk: Desk, tmp_path: Path) -> None:
        frame = pd.read_csv(desk.folder / "train.csv")
        frame["secret"] = ["canary-0123456789"] * len(frame)
        frame["pin"] = 918273645546
        frame["town"] = ["Ulm", "Bonn", "Kiel"] * (len(frame) // 3)
        encode = ColumnTransformer([("town", OneHotEncoder(), ["town"]), ("age", "passthrough", ["age"])])
        model = make_pipeline(encode, LogisticRegression())
        joblib.dump(
            model.fit(frame[["age", "town", "secret", "pin"]], frame["churned"]), desk.folder / "model.joblib"
        )
        frame.to_csv(desk.folder / "train.csv", index=False)
        desk.packed("--sensitive", "secret", "--sensitive", "pin")
        number = 918273645546
        canaries = [
            b"canary", b"0123456789", str(number).encode(), np.int64(number).tobytes(), np.float64(number).tobytes(),
            f"{float(number):.3g}".encode(),
        ]  # fmt: skip
        kept = [path for path in desk.home.rglob("*") if path.is_file() and "rooms" not in path.parts]
        assert len(kept) > 8
        for path in kept:
            data = path.read_bytes()
            assert not [one for one in canaries if one in data], path
