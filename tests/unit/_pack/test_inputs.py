from pathlib import Path

import pytest

from boxship._pack.data import Data
from boxship._pack.inputs import Inputs
from boxship._pack.wishes import Wishes
from boxship.core.card import Card


def key(folder: Path, data: str, golden: str) -> dict[str, object]:
    for name in ("model.joblib", data, golden):
        (folder / name).write_text("age,fee\n41,2\n")
    inputs = Inputs(
        model=folder / "model.joblib",
        data=Data(folder / data),
        wishes=Wishes(),
        card=Card(),
        code=(),
        trust=(),
        require=(),
        golden=Data(folder / golden),
    )
    return inputs.key({})


@pytest.mark.parametrize(
    ("data", "golden", "same"),
    [
        ("b.csv", "g.csv", True),
        ("b.CSV", "g.csv", True),
        ("a.tsv", "g.csv", False),
        ("a.csv", "g.tsv", False),
    ],
)
def test_the_same_bytes_by_another_reader_are_other_inputs(
    tmp_path: Path, data: str, golden: str, same: bool
) -> None:
    assert (key(tmp_path, data, golden) == key(tmp_path, "a.csv", "g.csv")) is same
