"""Reading data: 100,000 rows of 30 floats and a label."""

import sys

from benchmarks.codec import FRAMES
from benchmarks.harness import Result, Row, child, interleaved, rival
from benchmarks.trained import trained

_CSV = {
    "boxship": "exact",
    "pandas": "exact; its default is not, in the last bit",
    "polars": "exact",
    "pyarrow": "exact",
}


def run(times: int, *, rivals: bool) -> Result:
    folder = trained()
    pythons = {"boxship": sys.executable}
    if rivals and (python := rival("frames", *FRAMES)):
        pythons |= dict.fromkeys(("pandas", "polars", "pyarrow"), str(python))
    cases = {
        name: lambda p=python, w=name: child([p, "-m", "benchmarks.work.read", w, folder]).said
        for name, python in pythons.items()
    }
    found = interleaved(cases, times)
    rows = [
        Row(name, {key: [one[key] for one in said] for key in said[0]}, {"CSV floats": _CSV[name]})
        for name, said in found.items()
    ]
    return Result("Reading 100,000 rows of 31 columns: CPU time", rows, "CSV, ms")
