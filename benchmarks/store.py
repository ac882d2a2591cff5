"""A store of a thousand named boxes."""

import sys
from functools import partial

from benchmarks.result import Result, Row
from benchmarks.sample import interleaved, work


def run(times: int, *, beside: bool) -> Result:  # noqa: ARG001  # nobody else keeps such a store
    said = interleaved({"a store": partial(work, sys.executable, "keep")}, times)["a store"]
    rows = []
    for name in said[0]:
        what, _, unit = name.rpartition(", ")
        rows.append(Row(what, {"median": [round(one[name], 3) for one in said]}, {"unit": unit}))
    return Result("A store of 1,000 boxes: CPU time", rows)
