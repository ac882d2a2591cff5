"""Data that does not match the model, or is no data."""

import json
from collections.abc import Callable
from typing import Any

import joblib
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import boxship
from boxship.errors import BoxshipError
from desk import COLUMNS, PACK, Desk, lay, write_csv


def rows(desk: Desk, count: int = 300) -> dict[str, Any]:
    """The training data's columns as lists of text."""
    lines = [line.split(",") for line in (desk.folder / "train.csv").read_text().splitlines()[: count + 1]]
    return {name: list(values) for name, *values in zip(*lines, strict=True)}


def save_data(desk: Desk, columns: dict[str, Any]) -> None:
    write_csv(desk.folder / "train.csv", columns)


class TestData:
    @pytest.mark.parametrize("make", ["folder", "pipe", "loop", "missing", "device"])
    def test_what_is_no_file(self, desk: Desk, make: str) -> None:
        path = desk.folder / "train.csv"
        path.unlink()
        lay(path, make)
        assert desk.refused(*PACK)["code"].startswith("data.")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda columns: columns.pop("calls"), "data.wrong_count"),
            (lambda columns: columns.update(more=columns["age"]), "data.wrong_count"),
            (lambda columns: columns.pop("churned"), "data.missing_column"),
            (lambda columns: columns["age"].__setitem__(7, "forty"), "data.mixed_types"),
            (lambda columns: columns.update(age=["forty"] * len(columns["age"])), "data.not_answered"),
            (lambda columns: [column.clear() for column in columns.values()], "data.empty"),
        ],
        ids=["a column fewer", "a column more", "no target", "mixed", "words", "no rows"],
    )
    def test_it_does_not_match_the_model(
        self, desk: Desk, change: Callable[[dict[str, list[Any]]], object], code: str
    ) -> None:
        columns = rows(desk)
        change(columns)
        save_data(desk, columns)
        assert desk.refused(*PACK)["code"] == code

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda text: text.replace(b"income", b"age", 1), "data.duplicate_name"),
            (lambda text: text.replace(b"income", b"", 1), "data.empty_name"),
            (lambda text: text.replace(b"income", b"\xc2\xa0", 1), "data.empty_name"),
            (lambda text: text + b"1,2\n", "data.damaged"),
            (lambda text: text.replace(b"income", b"\xe9", 1), "data.not_utf8"),
            (lambda text: b"", "data.empty_file"),
            (lambda text: text.split(b"\n", 1)[1], "data.missing_column"),
        ],
        ids=["duplicate", "no name", "a blank", "ragged", "not utf-8", "empty", "no header"],
    )
    def test_it_is_not_as_csv_should_be(
        self, desk: Desk, change: Callable[[bytes], bytes], code: str
    ) -> None:
        path = desk.folder / "train.csv"
        path.write_bytes(change(path.read_bytes()))
        assert desk.refused(*PACK)["code"] == code

    def test_other_names_than_the_model_was_trained_with(self, desk: Desk) -> None:
        frame = pd.read_csv(desk.folder / "train.csv")
        model = make_pipeline(StandardScaler(), LinearRegression()).fit(frame[list(COLUMNS)], frame["age"])
        joblib.dump(model, desk.folder / "model.joblib")
        save_data(desk, {{"income": "salary"}.get(k, k): v for k, v in rows(desk).items()})
        error = desk.refused(*PACK)
        assert error["code"] == "data.missing_column"
        assert "income" in error["message"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda ages: ages.astype(str), "data.number_text"),
            (lambda ages: ages.gt(40).astype(str), "data.not_answered"),
            (lambda ages: pd.Timestamp("2020-01-01") + pd.to_timedelta(ages, unit="D"), "data.not_answered"),
        ],
        ids=["numbers as text", "words", "moments"],
    )
    def test_a_column_is_of_another_type_than_the_array_in_training(
        self, desk: Desk, change: Callable[[Any], Any], code: str
    ) -> None:
        frame = pd.read_csv(desk.folder / "train.csv")[list(COLUMNS)]
        model = LinearRegression().fit(frame.to_numpy(), frame["income"])
        changed = frame.assign(age=change(frame["age"]))
        with pytest.raises(BoxshipError, match="'age'") as caught:
            boxship.pack(model, changed, name="churn", settings=desk.settings)
        assert caught.value.code == code
        desk.is_whole()

    def test_golden_rows_that_the_model_rejects_are_told(self, desk: Desk) -> None:
        frame = pd.read_csv(desk.folder / "train.csv")[list(COLUMNS)]
        model = LinearRegression().fit(frame.to_numpy(), frame["income"])
        wishes = desk.folder / "wishes.toml"
        wishes.write_text('[fields.income]\ntype = "text"\n')
        texts = frame.assign(income=frame["income"].astype(str))
        for _ in range(2):  # packed, and remembered
            packed = boxship.pack(model, texts, name="churn", contract=wishes, settings=desk.settings)
            assert any("golden rows" in note for note in packed.notes)
        joblib.dump(model, desk.folder / "model.joblib")
        texts.to_parquet(desk.folder / "texts.parquet")
        words = ("--data", "texts.parquet", "--contract", "wishes.toml", "--name", "churn", "--quiet")
        done = desk.run("pack", "model.joblib", *words)
        assert (done.status, "note: " in done.err) == (0, True), done

    def test_another_order_is_put_right_by_names(self, desk: Desk) -> None:
        frame = pd.read_csv(desk.folder / "train.csv")
        target = frame["age"] - 2 * frame["calls"]
        joblib.dump(LinearRegression().fit(frame[list(COLUMNS)], target), desk.folder / "model.joblib")
        frame[list(reversed(COLUMNS))].assign(churned=target).to_csv(desk.folder / "train.csv", index=False)
        desk.packed()
        row = {"age": 1.0, "income": 0.0, "tenure": 0.0, "calls": 0.25}
        assert desk.run("call", "churn", "--row", json.dumps(row)).json["prediction"] == pytest.approx(0.5)

    def test_nulls_and_infinities_that_the_model_cannot_take(self, desk: Desk) -> None:
        columns = rows(desk)
        columns["age"][3] = ""
        columns["income"][4] = "inf"
        save_data(desk, columns)
        done = desk.pack()
        assert done.status == 0, done
        row = {"age": None, "income": 1.0, "tenure": 0.0, "calls": 0.0}
        called = desk.run("call", "churn", "--row", json.dumps([row, {**row, "age": 1.0}]))
        assert [one["verdict"] for one in called.json] == ["rejected", "ok"]
        desk.is_whole()

    def test_a_column_of_nulls(self, desk: Desk) -> None:
        columns = rows(desk)
        columns["age"] = [""] * len(columns["age"])
        save_data(desk, columns)
        error = desk.refused(*PACK)
        assert error["code"] == "data.not_answered"
        assert "'age' is null in every row" in error["message"]
        assert "Input X contains NaN" in error["message"]  # what the model itself says

    def test_what_the_model_says_of_a_sensitive_column_is_not_told(self, desk: Desk) -> None:
        columns = rows(desk)
        columns["age"] = ["canary"] * len(columns["age"])
        save_data(desk, columns)
        error = desk.refused(*PACK, "--sensitive", "age")
        assert error["code"] == "data.not_answered"
        assert "canary" not in error["message"]

    def test_a_column_of_nulls_that_the_model_takes(self, desk: Desk) -> None:
        columns = rows(desk)
        columns["age"] = [""] * len(columns["age"])
        save_data(desk, columns)
        frame = pd.read_csv(desk.folder / "train.csv")[list(COLUMNS)]
        model = make_pipeline(SimpleImputer(keep_empty_features=True), LinearRegression())
        churned = [one == "yes" for one in columns["churned"]]
        joblib.dump(model.fit(frame.to_numpy(), churned), desk.folder / "model.joblib")
        desk.packed()
        row = {"age": None, "income": 0.0, "tenure": 0.0, "calls": 0.0}
        assert desk.run("call", "churn", "--row", json.dumps(row)).json["verdict"] == "ok"

    def test_what_a_mixed_column_is_told(self, desk: Desk) -> None:
        columns = rows(desk)
        columns["age"][7] = "forty"
        save_data(desk, columns)
        message = desk.refused(*PACK)["message"]
        assert all(part in message for part in ("'age'", "'forty'", "row 7"))
