"""Functions and classes of one's own, packed by their names."""

import shutil
from pathlib import Path

import pytest

from boxship.core.digest import Digest, canonical_json
from desk import Desk

CODE = '''
import json

def rule(a: float, b: float) -> float:
    return a if b > 1 else -a

class Weighted:
    def __init__(self, folder):
        self.weights = json.loads((folder / "weights.json").read_text())
    def predict(self, rows: "list[dict]"):
        print("asked for", len(rows))
        return [sum(w * x for w, x in zip(self.weights, row.values())) for row in rows]

class Learns:
    """Answers otherwise each time it is asked."""
    seen = 0
    def predict(self, rows: "list[dict]"):
        Learns.seen += len(rows)
        return [float(Learns.seen)] * len(rows)

class Warms:
    """Answers otherwise once it was asked."""
    warm = False
    def predict(self, rows: "list[dict]"):
        before, Warms.warm = Warms.warm, True
        return [row["a"] + before for row in rows]

def changes(columns: "dict[str, numpy.ndarray]"):
    columns["a"] *= 2
    return columns["a"]

def breaks(rows: "list[dict]"):
    raise MemoryError

def sleeps(rows: "list[dict]"):
    import time
    time.sleep(60)

def ends(rows: "list[dict]"):
    import os
    os._exit(3)

def calls(rows: "list[dict]"):
    import socket
    socket.create_connection(("127.0.0.1", 9), timeout=1)

def eats(rows: "list[dict]"):
    return [len(bytearray(1 << 50))] * len(rows)

def forgets_one(rows: "list[dict]"):
    return [1.0] * (len(rows) - 1)

def starts_threads(rows: "list[dict]"):
    import threading, time
    threading.Thread(target=time.sleep, args=(100,), daemon=False).start()
    return [row["a"] for row in rows]
'''


@pytest.fixture
def own(tmp_path: Path) -> Desk:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine.py").write_text(CODE)
    (folder / "weights.json").write_text("[2.0, 0.5]")
    rows = "".join(f"{row % 7},{row % 5}.5\n" for row in range(50))
    (folder / "rows.csv").write_text(f"a,b\n{rows}")
    return Desk(tmp_path / "home", folder)


def pack(own: Desk, name: str, *more: str) -> list[str]:
    return ["pack", f"mine:{name}", "--data", "rows.csv", "--name", name.lower(), *more]


def test_a_rule_answers_from_its_box(own: Desk) -> None:
    packed = own.run(*pack(own, "rule"), "--json").json
    assert packed["twin"] is None
    (own.folder / "mine.py").unlink()  # it travels with the box
    asked = own.run("call", "rule", "--row", '{"a": 3, "b": 1.5}', "--json")
    assert asked.json["prediction"] == 3.0, asked


def test_state_is_part_of_the_box(own: Desk) -> None:
    first = own.run(*pack(own, "Weighted", "--state", "weights.json"), "--json").json
    again = own.run(*pack(own, "Weighted", "--state", "weights.json"), "--json").json
    assert (again["digest"], again["known"]) == (first["digest"], True)
    (own.folder / "weights.json").write_text("[2.0, 1.0]")
    other = own.run(*pack(own, "Weighted", "--state", "weights.json"), "--json").json
    assert other["digest"] != first["digest"]
    asked = own.run("call", "weighted", "--row", '{"a": 1, "b": 2.5}', "--json")
    assert asked.json["prediction"] == 4.5, asked


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("mine:Nowhere",), "model.no_entry"),
        (("os:system",), "model.no_entry"),
        (("nothere:rule",), "lock.missing_module"),
        (("mine:Weighted", "--state", "gone.json"), "state.not_found"),
        (("mine:Weighted", "--state", "weights.json", "--state", "sub/weights.json"), "state.twice"),
        (("mine:Weighted",), "model.no_state"),
        (("mine:Learns",), "proof.not_deterministic"),
        (("mine:Warms",), "model.keeps_state"),
        (("mine:breaks",), "model.raised"),
        (("mine:sleeps",), "room.too_slow"),
        (("mine:ends",), "room.died"),
        (("mine:calls",), "proof.network"),
        (("mine:eats",), "model.raised"),
        (("mine:forgets_one",), "model.wrong_shape"),
        (("nothere:rule", "--twin-only"), "twin.none"),  # before its modules are looked for
        (("nothere:rule", "--onnx"), "twin.no_onnx"),
    ],
)
def test_what_is_refused(own: Desk, words: tuple[str, ...], code: str) -> None:
    (own.folder / "sub").mkdir()
    shutil.copy(own.folder / "weights.json", own.folder / "sub")
    limit = {"BOXSHIP_PROOF_TIMEOUT_S": "5"} if "mine:sleeps" in words else {}
    refused = own.run("pack", *words, "--data", "rows.csv", "--name", "no", "--json", **limit).error
    assert refused["code"] == code, refused
    assert own.run("list", "--quiet").out == ""


def test_one_that_changes_its_rows_is_none_the_worse(own: Desk) -> None:
    own.run(*pack(own, "changes"))
    asked = own.run("call", "changes", "--row", '{"a": 3, "b": 1.5}', "--json")
    assert asked.json["prediction"] == 6.0, asked


def test_one_that_leaves_a_thread_behind_is_answered_for(own: Desk) -> None:
    own.run(*pack(own, "starts_threads"))
    asked = own.run("call", "starts_threads", "--row", '{"a": 3, "b": 1.5}', "--json", timeout_s=30)
    assert asked.json["prediction"] == 3, asked


def test_a_strangers_function_is_not_called(own: Desk, tmp_path: Path) -> None:
    folder = own.run(*pack(own, "rule"), "--json").json["folder"]
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    other = Desk(tmp_path / "other", tmp_path)
    row = ("--row", '{"a": 3, "b": 1.5}', "--json")
    assert other.refused("call", copy, *row)["code"] == "model.unsafe_global"
    assert other.run("call", copy, "--trust", "mine.*", *row).json["prediction"] == 3.0


def test_a_box_cannot_name_the_standard_library(own: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(own.run(*pack(own, "rule"), "--json").json["folder"], copy)
    evil = canonical_json({"call": "os:getpid", "format": 1})
    (copy / "box/model/model.entry").write_bytes(evil)
    manifest = (copy / "box/manifest.json").read_bytes()
    entry = b'{"path":"model/model.entry","sha256":"'
    start = manifest.index(entry) + len(entry)
    stop = manifest.index(b"}", start)
    new = f'{Digest.of(evil).hex}","size":{len(evil)}'.encode()
    (copy / "box/manifest.json").write_bytes(manifest[:start] + new + manifest[stop:])
    other = Desk(tmp_path / "other", tmp_path)
    words = ("--row", '{"a": 3, "b": 1.5}', "--json", "--trust", "mine.*")
    assert other.refused("call", copy, *words)["code"] == "model.unsafe_global"
