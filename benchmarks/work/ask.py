"""Ask one model, alone and through a check, with one row and with many."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from benchmarks.work.clock import say

_LOW, _HIGH = -10.0, 10.0  # no value lies outside
_FEWEST = 15
_SLOW_S = 0.2

Pair = tuple[Callable[[], object], Callable[[], object]]


def boxship(path: Path, name: str, sizes: list[int]) -> Iterator[Pair]:
    """The adapter's own predict beside the runner's."""
    yield from _beside(path, name, sizes, ready=False)


def ready(path: Path, name: str, sizes: list[int]) -> Iterator[Pair]:
    """The same with a model that has its answer at hand: the runner's own work, with warm caches."""
    yield from _beside(path, name, sizes, ready=True)


class _Ready:
    def __init__(self, given: Any) -> None:
        self._given = given

    def predict(self, _: object) -> Any:
        return self._given


def _beside(path: Path, name: str, sizes: list[int], *, ready: bool) -> Iterator[Pair]:
    from boxship import adapters
    from boxship.core.contract import Contract, Field, Output
    from boxship.core.digest import Digest
    from boxship.core.table import Table
    from boxship.runner.local import Runner

    real = adapters.get("sklearn").load(path / f"{name}-array.joblib")
    fields = tuple(Field(f"f{place}", "float64", range=(_LOW, _HIGH)) for place in range(30))
    contract = Contract(fields, (Output("prediction", "int64", classes=(0, 1), probabilities=True),))
    for size in sizes:
        table = Table.from_block(contract.schema, _rows(size))
        model = _Ready(real.predict(table)) if ready else real
        runner = Runner(Digest("0" * 64), contract, model)
        assert not runner.predict(table).verdicts.faults
        yield partial(model.predict, table), partial(runner.predict, table)


def pydantic(path: Path, name: str, sizes: list[int]) -> Iterator[Pair]:
    """Rows as dicts, as a web framework hands them over; the model is given the array."""
    import pydantic as library

    model = joblib.load(path / f"{name}-array.joblib")
    limits = library.Field(ge=_LOW, le=_HIGH)
    row = library.create_model("Row", **{f"f{place}": (float, limits) for place in range(30)})
    many = library.TypeAdapter(list[row])
    for size in sizes:
        block = _rows(size)
        dicts = [dict(zip(row.model_fields, line, strict=True)) for line in block.tolist()]

        def checked(dicts: list[dict[str, float]] = dicts) -> object:
            checked = many.validate_python(dicts)
            return model.predict_proba(np.array([[*one.__dict__.values()] for one in checked]))

        yield lambda block=block: model.predict_proba(block), checked


def pandera(path: Path, name: str, sizes: list[int]) -> Iterator[Pair]:
    import pandas as pd
    import pandera.pandas as library

    model = joblib.load(path / f"{name}.joblib")
    columns = {f"f{place}": library.Column(float, library.Check.in_range(_LOW, _HIGH)) for place in range(30)}
    schema = library.DataFrameSchema(columns, strict=True)
    for size in sizes:
        frame = pd.DataFrame(_rows(size), columns=list(columns))
        yield (
            lambda frame=frame: model.predict_proba(frame),
            lambda frame=frame: model.predict_proba(schema.validate(frame)),
        )


def mlflow(path: Path, name: str, sizes: list[int]) -> Iterator[Pair]:
    import tempfile

    import mlflow.pyfunc
    import mlflow.sklearn
    import pandas as pd
    from mlflow.models import infer_signature

    model = joblib.load(path / f"{name}.joblib")
    names = [f"f{place}" for place in range(30)]
    frame = pd.DataFrame(_rows(100), columns=names)
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "model"
        mlflow.sklearn.save_model(
            model,
            target,
            signature=infer_signature(frame, model.predict_proba(frame)),
            pyfunc_predict_fn="predict_proba",
            serialization_format="cloudpickle",
            pip_requirements=[],
        )
        loaded = mlflow.pyfunc.load_model(str(target))
    for size in sizes:
        frame = pd.DataFrame(_rows(size), columns=names)
        yield lambda frame=frame: model.predict_proba(frame), lambda frame=frame: loaded.predict(frame)


def _rows(size: int) -> Any:
    return np.clip(np.random.default_rng(size).normal(size=(size, 30)), _LOW, _HIGH)


def _compared(raw: Callable[[], object], checked: Callable[[], object]) -> tuple[float, float]:
    """The model alone, and what the check adds, in microseconds: medians of interleaved batches."""
    started = time.process_time()
    raw()
    checked()
    once = (time.process_time() - started) / 2
    count, rounds = max(1, int(0.02 / once)), _FEWEST if once > _SLOW_S else 41
    alone: list[float] = []
    added: list[float] = []
    for _ in range(rounds):
        first = _cpu_us(raw, count)
        second = _cpu_us(checked, count)
        again = _cpu_us(raw, count)  # on both sides, so that a drift of the machine is no cost
        alone.append((first + again) / 2)
        added.append(second - (first + again) / 2)
    return statistics.median(alone), statistics.median(added)


def _cpu_us(work: Callable[[], object], count: int) -> float:
    started = time.process_time_ns()
    for _ in range(count):
        work()
    return (time.process_time_ns() - started) / count / 1000


def main() -> None:
    sizes = [1, *map(int, sys.argv[4:])]
    found: dict[str, float] = {}
    for size, pair in zip(sizes, globals()[sys.argv[1]](Path(sys.argv[3]), sys.argv[2], sizes), strict=True):
        found[f"raw {size}"], found[f"added {size}"] = _compared(*pair)
    say(found)


if __name__ == "__main__":
    main()
