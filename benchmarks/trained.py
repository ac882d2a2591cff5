"""The data and models that the subjects share, made once."""

import sys
from pathlib import Path

from benchmarks.sample import work

FOLDER = Path(__file__).parent / ".work"


def trained() -> Path:
    """The folder with train.parquet, train.csv and the models; about a minute, the first time."""
    if not (FOLDER / "train.csv").exists():
        work(sys.executable, "model", FOLDER)
    return FOLDER
