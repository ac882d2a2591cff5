"""Files of models cut and with bits flipped, each asked for as any other: writes down what came of them.

Run in a process of its own, since libraries in C end it where they believe what a file says.
"""

import json
import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from boxship import frames
from boxship._pack.source import read_source
from boxship.adapters.entry import entry_beside
from boxship.errors import BoxError, BoxshipError
from boxship.runner.load import load_model

ROWS = np.random.default_rng(1).normal(size=(4, 3))
CHECKED = (".skops", ".keras", ".pt2", ".pt", ".pth")  # archives, whose parts have checksums


def cuts(data: bytes) -> Iterator[bytes]:
    """The beginning, to each sixteenth."""
    return (data[: len(data) * part // 16] for part in range(16))


def flips(data: bytes, count: int) -> Iterator[bytes]:
    """With one bit another."""
    chance = random.Random(0)  # noqa: S311 - no secret is drawn
    for _ in range(count):
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


TRUST = ("own_nets.*",)  # the code beside weights


def answer(path: Path) -> list[list[float]]:
    table = frames.read(ROWS)
    entry = entry_beside(path) if entry_beside(path).is_file() else None
    model = load_model(read_source(path, trust=TRUST, entry=entry).adapter, path, None, trust=TRUST)
    try:
        given = model.predict(table)
    except Exception as error:  # as the runner, which tells of the rows
        raise BoxError("model.raised", f"{path.name} raised {error}", "look at the row") from error
    return [np.asarray(one.values, np.float64).ravel().tolist() for one in given]


def outcome(path: Path, expected: list[list[float]] | None) -> str:
    try:
        found = answer(path)
    except BoxshipError as error:
        whole = error.code.startswith("model.unsafe_global") or path.name in error.message
        return error.code if whole and error.hint else f"says too little: {error}"
    except ModuleNotFoundError:
        return "proof.missing_module"  # as a room tells it
    except Exception as error:  # noqa: BLE001  # whatever it is, it is too much
        return f"raises {type(error).__name__}: {str(error)[:100]}"
    return "ok" if expected is None or found == expected else "answers otherwise"


def main(folder: Path, count: int) -> None:
    warnings.simplefilter("ignore")
    told = {}
    for path in sorted([*folder.glob("whole.*"), *folder.glob("cut.*")]):
        data, spoilt = path.read_bytes(), folder / path.suffix[1:] / f"model{path.suffix}"
        spoilt.parent.mkdir(exist_ok=True)  # with the entry of weights, where they are such
        spoilt.write_bytes(data)
        expected = answer(spoilt)
        found: list[Counter[str]] = [Counter(), Counter()]
        for kind, samples in enumerate((cuts(data), flips(data, count if path.stem == "whole" else 0))):
            for sample in samples:
                sys.stderr.write(f"{path.suffix} {found}\n")  # the last one tells where it ended
                spoilt.write_bytes(sample)
                found[kind][outcome(spoilt, expected if path.suffix in CHECKED else None)] += 1
        told[path.suffix] = found
    (folder / "found.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
