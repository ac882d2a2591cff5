"""What checking a row costs over asking the model."""

import sys

from benchmarks.codec import FRAMES
from benchmarks.harness import Result, Row, child, interleaved, rival, versions
from benchmarks.trained import trained

_BULK = (1000, 10_000, 100_000, 1_000_000)


def run(times: int, *, rivals: bool) -> Result:
    folder = trained()
    wanted = [("boxship Runner", sys.executable, "boxship", "types, ranges, nulls; a verdict a row")]
    if rivals:
        learn = versions(sys.executable, "scikit-learn").replace(" ", "==")
        if python := rival("frames", *FRAMES):
            said = "types; one bad row refuses all"
            wanted.append((f"{versions(python, 'pydantic')} + numpy", str(python), "pydantic", said))
            said = "types, ranges, nulls; one bad row refuses all"
            wanted.append((f"{versions(python, 'pandera')} + DataFrame", str(python), "pandera", said))
        if python := rival("mlflow", "mlflow", learn):
            said = "types, names; one bad row refuses all"
            wanted.append((f"{versions(python, 'mlflow')} pyfunc", str(python), "mlflow", said))
    cases = {
        (title, model): lambda p=python, w=which, m=model: (
            child(
                [
                    p,
                    "-m",
                    "benchmarks.work.ask",
                    w,
                    m,
                    folder,
                    *(map(str, _BULK) if w == "boxship" else ["1000"]),
                ]
            ).said
        )
        for title, python, which, _ in wanted
        for model in ("logistic", "forest")
    }
    found = interleaved(cases, times)
    words = {title: said for title, *_, said in wanted}
    rows = [_row(*key, said, words[key[0]]) for key, said in found.items()]
    targets = {
        "one row": "at most 10 us over the model",
        "bulk": "at most 1 ns a value or 2 % of the model, whichever is larger",
    }
    return Result("Asking a model through a contract: 30 floats a row, CPU time", rows, "", targets)


def _row(title: str, model: str, said: list[dict[str, float]], words: str) -> Row:
    values = {
        "model alone, us": [one["raw 1"] for one in said],
        "added, us": [one["added 1"] for one in said],
    }
    for size in _BULK:
        if f"raw {size}" in said[0]:
            added = [1000 * one[f"added {size}"] / size / 30 for one in said]
            values[f"added, ns a value, {size // 1000:,}k rows"] = added
    size = max(size for size in _BULK if f"raw {size}" in said[0])
    values["added, % of the model"] = [100 * one[f"added {size}"] / one[f"raw {size}"] for one in said]
    return Row(f"{title}, {model}", values, {"checks": words})
