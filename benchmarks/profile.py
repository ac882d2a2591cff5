"""Summarising training data."""

import sys

from benchmarks.codec import FRAMES
from benchmarks.harness import Result, Row, child, interleaved, rival, versions

_LARGE, _SMALL = 1_000_000, 100_000


def run(times: int, *, rivals: bool) -> Result:
    wanted = [("boxship Profile.of", sys.executable, "boxship", _LARGE, _OURS)]
    wanted += [("boxship Profile.of", sys.executable, "boxship", _SMALL, _OURS)]
    known = (
        ("pandas", FRAMES, _LARGE, "no", "8 numbers"),
        ("polars", FRAMES, _LARGE, "no", "9 numbers"),
        ("whylogs", ("whylogs",), _SMALL, "yes", "sketches"),
        ("ydata", ("ydata-profiling",), _SMALL, "no", "histograms, no correlations (minimal)"),
        ("evidently", ("evidently",), _SMALL, "no", "histograms"),
    )
    for name, needs, rows, merges, gives in known if rivals else ():
        if python := rival("frames" if needs is FRAMES else name, *needs):
            package = next((one for one in needs if one.startswith(name)), name)
            said = {"merges": merges, "gives": gives}
            wanted.append((versions(python, package), str(python), name, rows, said))
    cases = {
        f"{title}, {rows // 1000:,}k rows": lambda p=python, w=which, r=rows: (
            child([p, "-m", "benchmarks.work.summarise", w, str(r)]).said
        )
        for title, python, which, rows, _ in wanted
    }
    found = interleaved(cases, times)
    columns = ("wall s", "CPU s", "MB over the data")
    rows = [
        Row(name, {column: [one[column] for one in said] for column in columns}, words)
        for (name, said), (*_, words) in zip(found.items(), wanted, strict=True)
    ]
    targets = {"1,000k rows": "under 4 s and 200 MB over the data"}
    return Result("Summarising 50 columns of floats", rows, "", targets)


_OURS = {"merges": "exactly", "gives": "64 bins, 101 quantiles, frequent values, moments, rank correlations"}
