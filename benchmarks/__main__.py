"""Run the subjects that are named, or all: print tables, write benchmarks/results/, renew the page."""

import argparse
from importlib import import_module

from benchmarks import harness

SUBJECTS = ("start", "pack", "profile", "runner", "codec", "frames", "store")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("-k", "--times", type=int, default=5, help="how often each thing is run (5)")
    parser.add_argument("--no-rivals", action="store_true", help="measure Boxship alone, install nothing")
    options = parser.parse_args()
    unknown = sorted(set(options.subjects) - set(SUBJECTS))
    if unknown:
        parser.error(f"there is no subject {unknown[0]!r}; there are {', '.join(SUBJECTS)}")
    for name in options.subjects or SUBJECTS:
        subject = import_module(f"benchmarks.{name}")
        result = subject.run(options.times, rivals=not options.no_rivals)
        print(f"\n{result.title}\n{harness.as_text(result)}\n{harness.machine()}")
        harness.write(name, result)
        harness.renew_page(name, result)


if __name__ == "__main__":
    main()
