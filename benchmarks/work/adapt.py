"""Train one of the real models, pack it, and hold its twin against the model in its room on all its rows."""

import json
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import boxship
from benchmarks.work.real import MODELS, Trained
from boxship import frames
from boxship.box import Box, open_box
from boxship.runner.equal import widest_gap
from boxship.runner.open import open_runner
from boxship.settings import Settings


def main(name: str, home: Path) -> None:
    settings = Settings(home=home)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what frameworks say while they train
        trained = MODELS[name](Path(scratch))
        started = time.perf_counter()
        packed = boxship.pack(
            trained.model, trained.data, trained.target, name="real", settings=settings, **trained.more
        )
        taken = time.perf_counter() - started
        boxship.check(packed.digest, settings=settings)
        box = open_box(packed.folder)
        answered = hold(box, trained, settings)
    twin = packed.twin
    reason = next((note for note in packed.notes if note.startswith("no twin")), "")
    numbers = {
        "pack s": taken,
        "rows": answered,
        "box kB": sum(file.size for file in box.manifest.files) / 1000,
    }
    if twin is not None:
        numbers["twin kB"] = len((box.attachments("twin") or box.attachments("onnx"))[-1]) / 1000
        for speed in twin.speeds[:1]:  # those of a file beside steps are the steps'
            numbers |= {"model 1 row, us": speed.model_us, "twin 1 row, us": speed.twin_us}
    words = {"digest": packed.digest.hex[:12], "twin": twin.words() if twin else reason}
    print(json.dumps({"numbers": numbers, "words": words}))


def hold(box: Box, trained: Trained, settings: Settings) -> int:
    """Rows that were answered, by the twin where there is one and by the model in its room, equally."""
    rows = frames.read(trained.data).select(box.contract.schema.names)
    tables: list[Any] = []
    for room in (False, True):
        with open_runner(box, settings=settings, say=lambda _: None, room=room) as runner:
            answers = runner.predict(rows)
            tables.append((answers.table, answers.verdicts.codes().tolist()))
    (one, codes), (other, others) = tables
    assert codes == others, "the verdicts differ"
    gap = widest_gap(box.contract.outputs, one, other)
    assert gap.is_equal, f"{gap.output} {gap.said}"
    return one.length


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
