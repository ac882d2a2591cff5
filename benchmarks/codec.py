"""Decoding rows from JSON."""

import sys
from functools import partial

from benchmarks.result import Result, row_of
from benchmarks.rival import Python, rivals
from benchmarks.sample import interleaved, work

_GIVES = {
    "boxship": "a Table with verdicts; every fault named, row by row",
    "json": "dicts; nothing is checked",
    "msgspec": "structs; the first error refuses all rows",
    "pydantic": "models; every error named, all rows refused",
}


def run(times: int, *, beside: bool) -> Result:
    """What each gives differs: the tools that only parse leave rows that nobody has judged."""
    pythons = {"boxship": Python(sys.executable, "boxship JsonCodec")}
    pythons["json"] = Python(sys.executable, "json, no checks")
    if beside:
        pythons |= rivals("msgspec", "pydantic", environment="frames")
    cases = {name: partial(work, python.path, "decode", name) for name, python in pythons.items()}
    found = interleaved(cases, times)
    rows = [row_of(pythons[name].title, said, gives=_GIVES[name]) for name, said in found.items()]
    return Result("Decoding one JSON body by a contract: CPU time", rows, "1000 rows of 30 floats, us")
