"""A model of every framework, on real data that ships in packages: packed, checked and asked."""

import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.result import Result, Row
from benchmarks.sample import interleaved, tell, work
from benchmarks.work.real import MODELS, frameworks


def run(times: int, *, beside: bool) -> Result:
    """Each in a process of its own that trains, packs, opens the box by its twin and in its room, and holds
    the two against each other on all rows of the data. All share a home, so that the second of a framework
    finds its room."""
    del times, beside
    missing = [name for name in MODELS if not _is_there(name)]
    if missing:
        tell(f"  left out, as their framework is not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as home:
        ask = partial(work, sys.executable, "adapt")
        cases = {name: partial(ask, name, Path(home)) for name in MODELS if name not in missing}
        found = interleaved(cases, 1)
    rows = [_row(name, said[0]) for name, said in found.items() if said]
    return Result("A model of every framework on bundled data", rows)


def _row(name: str, said: dict[str, Any]) -> Row:
    return Row(name, {column: [value] for column, value in said["numbers"].items()}, said["words"])


def _is_there(name: str) -> bool:
    return all(map(find_spec, frameworks(name)))
