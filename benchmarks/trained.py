"""The data and models that the subjects share, made once."""

import sys
from pathlib import Path

from benchmarks.harness import HERE, child

FOLDER = HERE / ".work"


def trained() -> Path:
    """The folder with train.parquet, train.csv and the models; about a minute, the first time."""
    if not (FOLDER / "train.csv").exists():
        child([sys.executable, "-m", "benchmarks.work.model", FOLDER])
    return FOLDER
