"""What users write, only type-checked: it fails `make check` when the public types change."""

from pathlib import Path
from typing import assert_type

import boxship


def packing(model: object, rows: object) -> None:
    packed = boxship.pack(model, rows, "target", name="churn", units={"age": "years"})
    assert_type(packed, boxship.Packed)
    assert_type(packed.digest, boxship.Digest)
    assert_type(packed.version, str)


def opening() -> None:
    box = boxship.open("churn:1.4.0", settings=boxship.Settings(home=Path("/tmp/x")))  # never run
    assert_type(box, boxship.Box)
    assert_type(box.contract, boxship.Contract)
    assert_type(box.profile, boxship.Profile)
    assert_type(box.golden, boxship.Table)


def verbs() -> None:
    assert_type(boxship.check("churn"), boxship.Checked)
    assert_type(boxship.check_on("churn", "test.csv", "churned", fail_on="auc<0.9").failed, bool)
    assert_type(boxship.list(), tuple[boxship.Listed, ...])
    assert_type(boxship.clean(dry_run=True), boxship.Cleaned)
