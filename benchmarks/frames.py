"""Reading data: 100,000 rows of 30 floats and a label."""

import sys
from functools import partial

from benchmarks.result import Result, row_of
from benchmarks.rival import Python, rivals
from benchmarks.sample import interleaved, work
from benchmarks.trained import trained

_FLOATS = {"pandas": "exact as run here; by default off in the last bit"}


def run(times: int, *, beside: bool) -> Result:
    folder = trained()
    pythons = {"boxship": Python(sys.executable, "boxship")}
    if beside:
        pythons |= rivals("pandas", "polars", "pyarrow", environment="frames")
    cases = {name: partial(work, python.path, "read", name, folder) for name, python in pythons.items()}
    found = interleaved(cases, times)
    rows = [
        row_of(pythons[name].title, said, **{"CSV floats": _FLOATS.get(name, "exact")})
        for name, said in found.items()
    ]
    return Result("Reading 100,000 rows of 31 columns: CPU time", rows, "CSV, ms")
