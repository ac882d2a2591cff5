"""The fast ways through a CSV file read what the slow ones read."""

import csv
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from boxship import frames
from boxship.errors import DataError
from boxship.frames import csv_file
from boxship.frames.text_type import column_of_texts


def _plainly(path: Path) -> list[list[str]] | None:
    with path.open(encoding="utf-8", newline="") as file:
        try:
            rows = [row for row in csv.reader(file, strict=True) if row]
        except csv.Error:
            return None
    return rows if all(len(row) == 2 for row in rows) else None


@pytest.mark.parametrize("letters", ["x,\n", "x,\n\r", 'x,\n"', 'x,\n\r"'])
def test_lines_are_split_as_the_csv_module_splits_them(
    letters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "_CHUNK", 7)
    draw = random.Random(letters)  # noqa: S311  # reproducible, not secret
    path = tmp_path / "a.csv"
    for _ in range(300):
        path.write_text("a,b\n" + "".join(draw.choices(letters, k=draw.randint(1, 30))), "utf-8", newline="")
        rows = _plainly(path)
        if rows is None:
            with pytest.raises(DataError):
                frames.read(path)
            continue
        table = frames.read(path)
        texts = [[row[name] for row in table.to_rows()] for name in ("a", "b")]
        wanted = [[row[place] or None for row in rows[1:]] for place in (0, 1)]
        for found, there in zip(texts, wanted, strict=True):
            assert found == there or not any(there)  # a column of nulls has no text


def test_floats_are_read_to_the_last_bit() -> None:
    draw = random.Random(1)  # noqa: S311  # reproducible, not secret
    values = [struct.unpack("d", draw.randbytes(8))[0] for _ in range(20_000)]
    texts = [repr(value) for value in values if np.isfinite(value)] + ["0.1", "5e-324", "2e-324"]
    texts += [f"{draw.uniform(-1, 1):.{draw.randint(1, 30)}f}" for _ in range(20_000)]
    for more in ([], ["-0"], ["+1.5"], [".5"], ["-inf", "nan"]):
        found = column_of_texts([*texts, *more]).values
        wanted = [0.0 if text == "-0" else float(text) for text in [*texts, *more]]  # as in JSON
        assert found.tobytes() == np.array(wanted).tobytes()
