"""Every kind of bad input to pack: a code, a message that names the thing, a hint, and a whole store."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import boxship
from engine.desk import COLUMNS, PACK, Desk, write_csv

HOSTILE = (
    'quote"s', "it's", "new\nline", "tab\t", "comma,", "back\\slash", "{{brace}}", "$(rm -rf)", "../up", "<b>",
    "__class__", "__init__", "self", "class", "None", "1", " ", "naïve", "年齢", "עברית", "🐳", "e\u0301", "\u202egnp",
    "x" * 5000, "%s%n", "null", "nan", "-", "_fields", "\u00a0",
)  # fmt: skip


def rows(desk: Desk, count: int = 300) -> dict[str, Any]:
    """The training data's columns as lists of text."""
    lines = [line.split(",") for line in (desk.folder / "train.csv").read_text().splitlines()[: count + 1]]
    return {name: list(values) for name, *values in zip(*lines, strict=True)}


def save_data(desk: Desk, columns: dict[str, Any]) -> None:
    write_csv(desk.folder / "train.csv", columns)


class TestModel:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "model.damaged"),
            (b"no pickle at all", "model.damaged"),
            (b"\x80\x04K\x01.", "model.unknown_type"),
            (b"\x80\x04}.", "model.unknown_type"),
            (b"cos\nsystem\n(S'true'\ntR.", "model.unsafe_global"),
        ],
    )
    def test_a_file_that_holds_no_model(self, desk: Desk, content: bytes, code: str) -> None:
        (desk.folder / "model.joblib").write_bytes(content)
        assert desk.refused(*PACK)["code"] == code

    def test_a_suffix_of_no_type(self, desk: Desk) -> None:
        (desk.folder / "model.joblib").rename(desk.folder / "model.xyz")
        assert desk.refused(*PACK[:1], "model.xyz", *PACK[2:])["code"] == "model.unknown_type"

    @pytest.mark.parametrize(
        ("model", "code"),
        [(LinearRegression(), "model.not_fitted"), ({"weights": [1.0]}, "model.unknown_type")],
    )
    def test_an_object_that_cannot_answer(self, desk: Desk, model: object, code: str) -> None:
        joblib.dump(model, desk.folder / "model.joblib")
        assert desk.refused(*PACK)["code"] == code

    def test_cut_short(self, desk: Desk) -> None:
        path = desk.folder / "model.joblib"
        path.write_bytes(path.read_bytes()[:-200])
        assert desk.refused(*PACK)["code"] == "model.damaged"

    @pytest.mark.parametrize("make", ["folder", "pipe", "loop", "missing", "device"])
    def test_what_is_no_file(self, desk: Desk, make: str) -> None:
        path = desk.folder / "model.joblib"
        path.unlink()
        lay(path, make)
        assert desk.refused(*PACK, status=2)["code"] == "model.not_found"

    def test_a_link_to_a_model_is_the_model(self, desk: Desk) -> None:
        path = desk.folder / "model.joblib"
        path.rename(desk.folder / "real.joblib")
        path.symlink_to("real.joblib")
        assert desk.packed()["version"] == "1"


def lay(path: Path, what: str) -> None:
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "loop":
        path.symlink_to(path.name)
    elif what == "device":
        path.symlink_to("/dev/zero")


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
            (lambda columns: columns["age"].__setitem__(7, "forty"), "proof.golden_rejected"),
            (lambda columns: columns.update(age=["forty"] * len(columns["age"])), "proof.golden_rejected"),
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
            (lambda text: text + b"1,2\n", "data.damaged"),
            (lambda text: text.replace(b"income", b"\xe9", 1), "data.not_utf8"),
            (lambda text: b"", "data.empty_file"),
            (lambda text: text.split(b"\n", 1)[1], "data.missing_column"),
        ],
        ids=["duplicate", "no name", "ragged", "not utf-8", "empty", "no header"],
    )
    def test_it_is_not_as_csv_should_be(
        self, desk: Desk, change: Callable[[bytes], bytes], code: str
    ) -> None:
        path = desk.folder / "train.csv"
        path.write_bytes(change(path.read_bytes()))
        assert desk.refused(*PACK)["code"] == code

    def test_other_names_than_the_model_was_trained_with(self, desk: Desk) -> None:
        import pandas as pd

        frame = pd.read_csv(desk.folder / "train.csv")
        model = make_pipeline(StandardScaler(), LinearRegression()).fit(frame[list(COLUMNS)], frame["age"])
        joblib.dump(model, desk.folder / "model.joblib")
        save_data(desk, {{"income": "salary"}.get(k, k): v for k, v in rows(desk).items()})
        error = desk.refused(*PACK)
        assert error["code"] == "data.missing_column"
        assert "income" in error["message"]

    def test_another_order_is_put_right_by_names(self, desk: Desk) -> None:
        import pandas as pd

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
        assert "age" in error["message"]


class TestColumns:
    def test_ten_thousand(self, desk: Desk) -> None:
        numbers = np.random.default_rng(1)
        inputs = numbers.normal(size=(200, 10_000)).astype("float32").round(2)
        joblib.dump(LinearRegression().fit(inputs, inputs[:, 0]), desk.folder / "model.joblib")
        np.savez(desk.folder / "x.npz", x=inputs)
        names = [f"column {index}" for index in range(10_000)]
        write_csv(
            desk.folder / "train.csv",
            {**dict(zip(names, inputs.T.tolist(), strict=True)), "churned": inputs[:, 0]},
        )
        desk.packed()
        called = desk.run("call", "churn", "--row", json.dumps(dict.fromkeys(names, 0.5)))
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


class TestAsked:
    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (["--name", "Churn!"], "name.malformed"),
            (["--name", "a" * 200], "name.malformed"),
            (["--version", "../1"], "version.malformed"),
            (["--policy", "age.null=destroy"], "contract.contradiction"),
            (["--policy", "age.nothing=reject"], "contract.unknown_violation"),
            (["--unit", "years"], "cli.not_a_pair"),
            (["--unit", "salary=EUR"], "contract.unknown_field"),
            (["--contract", "nothing.toml"], "contract.unreadable"),
            (["--metric", "auc=good"], "cli.not_a_number"),
            (["--code", "nothing.py"], "code.not_found"),
        ],
    )  # fmt: skip
    def test_wrongly(self, desk: Desk, words: list[str], code: str) -> None:
        assert desk.refused(*PACK, *words, status=2)["code"] == code

    @pytest.mark.parametrize("words", [["pack"], ["bake"], ["pack", "--colour"], ["call", "x"]])
    def test_words_that_are_no_command(self, desk: Desk, words: list[str]) -> None:
        done = desk.run(*words)
        assert done.status == 2
        assert "Traceback" not in done.err

    def test_a_version_is_written_once(self, desk: Desk) -> None:
        desk.packed("--version", "1.0")
        error = desk.refused(*PACK, "--version", "1.0", "--unit", "age=years", status=2, boxes=1)
        assert error["code"] == "store.version_taken"


class TestSurroundings:
    @pytest.fixture
    def alone(self, desk: Desk) -> Desk:
        """Without the shared room: whatever is asked for has to be made."""
        (desk.home / "rooms").unlink()
        (desk.home / "locks").unlink()
        return desk

    @pytest.mark.parametrize(
        ("script", "code"),
        [
            (None, "room.uv_missing"),
            ("exit 1", "room.uv_failed"),
            ("exec sleep 1000", "room.uv_failed"),
            ("kill -9 $$", "room.uv_failed"),
            ('test "$1" = --version || kill -9 $$', "room.uv_failed"),
            (
                "test \"$1\" = --version || { echo 'No solution found when resolving' >&2; exit 1; }",
                "lock.unresolvable",
            ),
        ],
    )
    def test_a_dead_uv(self, alone: Desk, script: str | None, code: str) -> None:
        uv = alone.folder / "uv"
        if script is not None:
            uv.write_text(f"#!/bin/sh\n{script}\n")
            uv.chmod(0o755)
        began = time.monotonic()
        assert alone.refused(*PACK, BOXSHIP_UV=str(uv))["code"] == code
        assert time.monotonic() - began < 30

    def test_a_lock_that_cannot_be_resolved(self, alone: Desk) -> None:
        """A package whose version no index has stands in the environment."""
        place = alone.folder / "site" / "boxship_no_such_thing-9.9.dist-info"
        place.mkdir(parents=True)
        (place / "METADATA").write_text("Metadata-Version: 2.1\nName: boxship-no-such-thing\nVersion: 9.9\n")
        (place / "RECORD").write_text("boxship_no_such_thing.py,,\n")
        (place / "INSTALLER").write_text("pip\n")
        (place.parent / "boxship_no_such_thing.py").touch()
        path = f"{place.parent}{os.pathsep}{alone.environment()['PYTHONPATH']}"
        done = alone.pack("--require", "boxship-no-such-thing", PYTHONPATH=path)
        assert done.status in (1, 2), done
        assert done.error["code"] in ("lock.unresolvable", "room.offline", "lock.missing_requirement")
        alone.is_whole()

    def test_a_corrupt_room_is_made_again(self, desk: Desk, shared: Path) -> None:
        (desk.home / "rooms").unlink()
        shutil.copytree(shared / "rooms", desk.home / "rooms", symlinks=True)
        victim = next((desk.home / "rooms").glob("*/lib/*/site-packages/joblib/__init__.py"))
        victim.write_text("raise ImportError('a damaged disk')")
        victim.parent.joinpath("__pycache__").rename(victim.parent / "gone")
        desk.packed()
        assert "damaged" not in victim.read_text()

    def test_a_read_only_store(self, desk: Desk) -> None:
        if os.geteuid() != 0 or not shutil.which("unshare"):
            pytest.skip("only root can mount the home read-only")
        script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        before = ("unshare", "-m", "sh", "-c", script, str(desk.home))
        if subprocess.run([*before, "true"], check=False).returncode:
            pytest.skip("this system lets nobody mount")
        assert desk.refused(*PACK, before=before)["code"] == "store.read_only"
        desk.packed()
        for words in (["list", "--json"], ["check", "--json"], ["inspect", "churn"], ["check", "churn"]):
            assert desk.run(*words, before=before).status == 0
        row = json.dumps(dict.fromkeys(COLUMNS, 0.1))
        assert desk.run("call", "churn", "--row", row, before=before).json["verdict"] == "ok"
        assert desk.refused("clean", before=before, boxes=1)["code"] == "store.read_only"

    @pytest.mark.parametrize("room_kb", [0, 8, 24, 40, 64, 96])
    def test_a_full_disk(self, desk: Desk, room_kb: int, trained: Path) -> None:
        """The store lies on a small disk that has less and less room left."""
        if os.geteuid() != 0 or not shutil.which("unshare"):
            pytest.skip("only root can mount a small disk")
        disk = desk.home / "store"
        disk.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False
        ).returncode:
            pytest.skip("this system lets nobody mount")
        try:
            filler = disk / "filler"
            filler.write_bytes(b"x" * (1024 - room_kb) * 1024)
            done = desk.pack()
            if done.status:
                assert done.error["code"] == "store.disk_full"
                desk.is_whole()
                assert boxship.list(settings=desk.settings) == ()
                assert list((desk.store / "tmp").glob("*")) == []
            filler.unlink()
            made = desk.packed()
            assert made["version"] == "1"
            desk.is_whole()
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_no_home_folder(self, desk: Desk) -> None:
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            pytest.skip("only root can become a user without a home")
        caps = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
        before = (
            "env",
            "-u",
            "HOME",
            "-u",
            "BOXSHIP_HOME",
            "setpriv",
            "--reuid=12345",
            "--clear-groups",
            *caps,
        )
        done = desk.run("list", "--json", before=before)
        assert done.status == 2, done
        assert done.error["code"] == "settings.no_home"

    @pytest.mark.parametrize("home", ["file", "file/below"])
    def test_a_home_that_is_a_file(self, desk: Desk, home: str) -> None:
        (desk.folder / "file").touch()
        done = desk.pack(BOXSHIP_HOME=str(desk.folder / home))
        assert done.status == 1, done
        assert done.error["code"] == "store.not_a_folder"

    def test_no_temporary_folder_is_needed_but_one_that_can_be_written(self, desk: Desk) -> None:
        assert desk.packed(TMPDIR="/nonexistent")["version"] == "1"


class TestStreams:
    def test_stdout_that_is_closed_or_full(self, desk: Desk) -> None:
        desk.packed()
        for verb in (["list"], ["list", "--json"], ["inspect", "churn"], ["check", "--json"]):
            closed = desk.run(*verb, before=("sh", "-c", 'exec "$@" >&- 2>&- <&-', "-"))
            assert closed.status == 0, (verb, closed)
            full = desk.run(*verb, before=("sh", "-c", 'exec "$@" >/dev/full', "-"))
            assert full.status == 1, (verb, full)
            assert "cli.cannot_print" in full.err
            assert "Traceback" not in full.err
        desk.is_whole()

    def test_a_reader_that_goes_away(self, desk: Desk) -> None:
        desk.packed()
        words = ("sh", "-c", '"$@" | true', "-")
        done = desk.run("inspect", "churn", "--json", before=words)
        assert "Traceback" not in done.err
        assert "Exception" not in done.err

    def test_paths_that_are_not_utf8(self, desk: Desk) -> None:
        folder = os.fsencode(desk.folder) + b"/\xff\xfe"
        shutil.copytree(desk.folder, os.fsdecode(folder))
        made = desk.packed(cwd=Path(os.fsdecode(folder)))
        assert made["version"] == "1"
        error = desk.refused("pack", os.fsdecode(b"\xff.joblib"), *PACK[2:], status=2, boxes=1)
        assert error["code"] == "model.not_found"
        done = desk.run("list", "--json", BOXSHIP_HOME=os.fsdecode(folder))
        assert done.status == 2
        assert done.error["code"] == "settings.wrong_value"


class TestSensitive:
    def test_no_byte_of_a_sensitive_field_is_kept(self, desk: Desk, tmp_path: Path) -> None:
        import pandas as pd
        from sklearn.compose import ColumnTransformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import OneHotEncoder

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


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    left = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, check=False
    )
    assert b"boxship" not in left.stdout
