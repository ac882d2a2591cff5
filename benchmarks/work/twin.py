"""Ask what was made of one model for one row and for many, and hold it against the model at its edges."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np

from benchmarks.work.clock import cpu_us, say

_MANY = 1024
_NEAR = 1e-6


class Made(NamedTuple):
    """What was made: how it is asked for probabilities, how long it took to load, what it weighs."""

    ask: Callable[[Any], Any]
    load_ms: float
    kilobytes: float


def boxship(folder: Path, name: str) -> Made:
    from boxship.twin.program_bytes import from_bytes

    path = folder / f"{name}.twin"
    started = time.process_time()
    program = from_bytes(path.read_bytes())
    ask = _runner(program)
    ask(np.zeros((1, 30)))
    return Made(ask, (time.process_time() - started) * 1000, path.stat().st_size / 1000)


def _runner(program: Any) -> Callable[[Any], Any]:
    from boxship.core.table import Schema, Table
    from boxship.core.type import Type
    from boxship.runner.twin import TwinModel

    schema = Schema((f"x{place}", Type("float64")) for place in range(30))
    twin = TwinModel(program)
    return lambda rows: twin.predict(Table.from_block(schema, rows))[0].probabilities


def original(folder: Path, name: str) -> Made:
    path = folder / f"{name}-array.joblib"
    started = time.process_time()
    model = joblib.load(path)
    return Made(model.predict_proba, (time.process_time() - started) * 1000, path.stat().st_size / 1000)


def skl2onnx(folder: Path, name: str) -> Made:
    import onnxruntime
    import skl2onnx as library

    model = joblib.load(folder / f"{name}-array.joblib")
    options = {id(model): {"zipmap": False}}
    kinds = [("x", library.common.data_types.FloatTensorType([None, 30]))]
    data = library.convert_sklearn(model, initial_types=kinds, options=options).SerializeToString()
    started = time.process_time()
    threads = onnxruntime.SessionOptions()
    threads.intra_op_num_threads = threads.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, threads, providers=["CPUExecutionProvider"])
    load_ms = (time.process_time() - started) * 1000
    return Made(
        lambda rows: session.run(["probabilities"], {"x": rows.astype(np.float32)})[0],
        load_ms,
        len(data) / 1000,
    )


def treelite(folder: Path, name: str) -> Made:
    import treelite as library

    model = joblib.load(folder / f"{name}-array.joblib")
    is_forest = not hasattr(model, "steps")
    scale, forest = (None, model) if is_forest else (model.steps[0][1].transform, model.steps[1][1])
    data = library.sklearn.import_model(forest).serialize_bytes()
    started = time.process_time()
    made = library.Model.deserialize_bytes(data)
    load_ms = (time.process_time() - started) * 1000

    def ask(rows: Any) -> Any:
        scaled = scale(rows) if scale and len(rows) > _MANY else rows  # its time is not the trees'
        return library.gtil.predict(made, scaled.astype(np.float32), nthread=1).reshape(len(rows), -1)

    return Made(ask, load_ms, len(data) / 1000)


def edges(folder: Path, *names: str) -> None:
    """Fit a forest to real data, write the twins, and the rows that all are asked for."""
    from sklearn import datasets
    from sklearn.ensemble import RandomForestClassifier

    from boxship.adapters import get
    from boxship.core.contract import Contract, Field, Output
    from boxship.core.table import Table
    from boxship.twin.domain import domain
    from boxship.twin.program_bytes import to_bytes

    fields = tuple(Field(f"x{place}", "float64") for place in range(30))
    contract = Contract(fields, (Output("prediction", "int64", classes=(0, 1), probabilities=True),))
    real, labels = datasets.load_breast_cancer(return_X_y=True)
    small = RandomForestClassifier(100, max_depth=12, random_state=0).fit(real, labels)
    joblib.dump(small, folder / "small-array.joblib")
    drawn = np.random.default_rng(1).normal(size=(5000, 30))
    for name in names:
        sample = Table.from_block(contract.schema, real if name == "small" else drawn)
        model: Any = get("sklearn").load(folder / f"{name}-array.joblib")
        program = model.lower(contract)
        (folder / f"{name}.twin").write_bytes(to_bytes(program))
        parts = domain(contract, sample, program, rows=20_000, seed=0)
        rows = [parts[part].block(parts[part].names, "float64") for part in ("training", "near", "edges")]
        np.save(folder / f"{name}-edges.npy", np.concatenate(rows))


_MAKERS = {"boxship": boxship, "scikit-learn": original, "skl2onnx": skl2onnx, "treelite": treelite}


def main() -> None:
    which, folder, *names = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
    if which == "edges":
        edges(folder, *names)
        return
    made = _MAKERS[which](folder, names[0])
    rows = np.load(folder / f"{names[0]}-edges.npy")
    one, many = rows[:1].copy(), rows[:_MANY].copy()
    taken = cpu_us({"one": lambda: made.ask(one), "many": lambda: made.ask(many)})
    expected = joblib.load(folder / f"{names[0]}-array.joblib").predict_proba(rows)
    found = np.asarray(made.ask(rows))
    apart = np.abs(found - expected).max(axis=1)
    differs = (apart > _NEAR) | (found.argmax(axis=1) != expected.argmax(axis=1))
    say(
        {
            "1 row, us": taken["one"],
            "1,024 rows, us": taken["many"],
            "load, ms": made.load_ms,
            "kB": made.kilobytes,
            "rows that differ": float(differs.sum()),
            "of rows": float(len(rows)),
            "widest": float(apart.max()),
        }
    )


if __name__ == "__main__":
    main()
