"""Bytes of every format number, as they were first written: later readers have to read them."""

from pathlib import Path

import msgspec
import numpy as np

from boxship.core.column import category_of
from boxship.core.contract import Contract, Field, Output, Policies
from boxship.core.manifest import File, Manifest
from boxship.core.observation import ObservedRow
from boxship.core.table import Table
from boxship.core.table_bytes import from_bytes, to_bytes

SAMPLES = Path(__file__).parent / "samples"

CONTRACT = Contract(
    (
        Field("age", "float64", range=(17, 96), unit="years", policies={"out_of_range": "clip"}),
        Field("city", "category", nullable=True, categories=("Oslo", "Rome"), default="Rome"),
        Field("image", "uint8[2,2]", sensitive=True),
    ),
    (
        Output(
            "churn",
            "text",
            classes=("no", "yes"),
            probabilities=True,
            threshold=0.4,
            calibration=((0.0, 0.1), (1.0, 0.9)),
        ),
    ),
    Policies(extra="allow"),
)
MANIFEST = Manifest.of(
    "sklearn", "3.11", [File("model/m.joblib", "ab" * 32, 7), File("lock.txt", "cd" * 32, 0)]
)
ROW = ObservedRow("r1", "sha256:" + "0" * 64, "b", 5, 7, 0, {"prediction": 1.5, "verdict": "ok"}, {"age": 41})
TABLE = Table.of(
    {
        "age": [41.0, None],
        "n": [2**60 + 1, None],
        "city": category_of(["Rome", None]),
        "t": ["ü", None],
        "image": np.arange(8, dtype="uint8").reshape(2, 2, 2),
    }
)


def test_the_contract() -> None:
    assert Contract.from_bytes((SAMPLES / "contract-1.json").read_bytes()) == CONTRACT


def test_the_manifest() -> None:
    assert Manifest.from_bytes((SAMPLES / "manifest-1.json").read_bytes()) == MANIFEST


def test_the_observation() -> None:
    assert ObservedRow.from_bytes((SAMPLES / "observation-1.json").read_bytes()) == ROW


def test_the_table() -> None:
    assert from_bytes((SAMPLES / "table-1.bin").read_bytes()) == TABLE


def test_writing_has_not_changed() -> None:
    written = {
        "contract-1.json": CONTRACT.to_bytes(),
        "manifest-1.json": MANIFEST.to_bytes(),
        "observation-1.json": ROW.to_bytes(),
        "table-1.bin": to_bytes(TABLE),
    }
    assert {name: data for name, data in written.items() if (SAMPLES / name).read_bytes() != data} == {}


def test_defaults_are_not_written() -> None:
    assert b"infinite" not in CONTRACT.to_bytes()
    assert msgspec.json.decode(CONTRACT.to_bytes())["format"] == 1
