"""Run the subjects that are named, or all: print tables, write benchmarks/results/, renew the page."""

import argparse
import datetime as dt
import sys
from importlib import import_module

import msgspec

from benchmarks import page, result
from benchmarks.machine import machine
from benchmarks.rival import versions
from benchmarks.table import as_text

SUBJECTS = ("start", "pack", "profile", "runner", "twin", "adapters", "codec", "frames", "store", "validate")
_OURS = ("boxship", "numpy", "msgspec", "uv", "scikit-learn", "pyarrow")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("-k", "--times", type=int, default=5, help="how often each thing is run (5)")
    parser.add_argument("--no-rivals", action="store_true", help="Boxship alone; installs and writes nothing")
    parser.add_argument("--page", action="store_true", help="renew the page from stored results, run nothing")
    options = parser.parse_args()
    unknown = sorted(set(options.subjects) - set(SUBJECTS))
    if unknown:
        parser.error(f"there is no subject {unknown[0]!r}; there are {', '.join(SUBJECTS)}")
    for name in options.subjects or SUBJECTS:
        if options.page:
            page.renew(name, result.read(name))
            continue
        found: result.Result = import_module(f"benchmarks.{name}").run(
            options.times, beside=not options.no_rivals
        )
        made = msgspec.structs.replace(
            found,
            command=f"python -m benchmarks -k {options.times} {name}",
            date=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
            machine=machine(),
            versions=versions(sys.executable, *_OURS),
        )
        print(f"\n{as_text(made)}", flush=True)
        if not options.no_rivals:
            result.write(name, made)
            page.renew(name, made)


if __name__ == "__main__":
    main()
