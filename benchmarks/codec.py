"""Decoding rows from JSON."""

import sys

from benchmarks.harness import Result, Row, child, interleaved, rival

_SHAPES = ("1 row of 30 floats", "1000 rows of 30 floats", "1 row of 32 mixed", "1000 rows of 32 mixed")


def run(times: int, *, rivals: bool) -> Result:
    pythons = {"boxship JsonCodec": (sys.executable, "boxship"), "msgspec alone": (sys.executable, "msgspec")}
    if rivals and (python := rival("frames", *FRAMES)):
        pythons["pydantic alone"] = (str(python), "pydantic")
    cases = {
        name: lambda python=python, which=which: child([python, "-m", "benchmarks.work.decode", which]).said
        for name, (python, which) in pythons.items()
    }
    found = interleaved(cases, times)
    words = {
        "boxship JsonCodec": "a Table; faults named row by row",
        "msgspec alone": "typed structs; the first error ends it",
        "pydantic alone": "models; every error named, all rows refused",
    }
    rows = [
        Row(name, {f"{shape}, us": [one[shape] for one in said] for shape in _SHAPES}, {"gives": words[name]})
        for name, said in found.items()
    ]
    return Result("Decoding JSON by a contract: CPU time of one body", rows, f"{_SHAPES[1]}, us")


FRAMES = ("pandas", "polars", "pyarrow", "pydantic", "msgspec", "pandera", "scikit-learn")
