"""ONNX: models in its files, asked by ONNX Runtime on the processor."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from boxship.adapters import Described, DescribedOutput, Given, Level, Settled, form_beside
from boxship.adapters.onnx_classes import classes_of
from boxship.adapters.onnx_twin import lower
from boxship.adapters.own_labels import check_labels
from boxship.adapters.tensors import NARROW, Port, TensorModel, answer_of, port_of
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.host import threads
from boxship.twin.program import Program

_PLAIN = {"float": "float32", "double": "float64", "string": "text"}
_NUMBERS = ("float16", "bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
_KINDS = {
    f"tensor({name})": kind for name, kind in {**_PLAIN, **dict(zip(_NUMBERS, _NUMBERS, strict=True))}.items()
}
_LABELS = {"tensor(int64)": "int64", "tensor(string)": "text"}
_SHARES = (
    "tensor(float)",
    "tensor(double)",
    "seq(map(int64,tensor(float)))",
    "seq(map(string,tensor(float)))",
)
_REFUSALS = (
    *(state.EPFail, state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf),
    *(state.ModelLoaded, state.NoModel, state.NoSuchFile, state.NotImplemented, state.RuntimeException),
    UnicodeDecodeError,  # of its own words, which quote the file
)
_APART = "apart"
_ROUNDED = 1e-6


class OnnxAdapter:
    """Reads what was looked through before; writes a ModelProto as protobuf does, its maps sorted."""

    def load(self, path: Path) -> "TensorModel | OnnxClassifier":
        try:
            return self._loaded(path, _session(path))
        except _REFUSALS as error:
            raise BoxError(
                "model.unreadable",
                f"ONNX Runtime {onnxruntime.__version__} cannot read {path.name}: {_words(error)}",
                "export it again for an opset that this version has; boxship takes the version of the environment",
            ) from error

    def _loaded(self, path: Path, session: Any) -> "TensorModel | OnnxClassifier":
        given = session.get_outputs()
        names = tuple(one.name for one in given)
        ports = [_port(one) for one in session.get_inputs()]
        model = TensorModel(
            f"ONNX model of {_producer(session)}",
            ports,
            names,
            _run(session, names),
            lower=partial(lower, path),
        )
        form = form_beside(path)
        if form.exists() and form.read_text("utf-8") == _APART:
            return model
        classes = classes_of(path) if len(given) == 2 else None
        if classes is None or given[0].type not in _LABELS or given[1].type not in _SHARES:
            return model
        return OnnxClassifier(model, names, classes, _LABELS[given[0].type])

    def write(self, model: Any, folder: Path) -> Path:
        if not hasattr(model, "SerializeToString"):
            raise BoxError(
                "model.not_writable",
                f"a {type(model).__name__} does not tell the model that it runs",
                "give the .onnx file that it was made from",
            )
        try:
            data = model.SerializeToString(deterministic=True)
        except ValueError as error:  # beyond 2 GiB
            raise BoxError(
                "model.not_writable",
                f"the ModelProto cannot be written: {error}",
                "save its weights in another type, or as a file of less than 2 GiB",
            ) from error
        path = folder / "model.onnx"
        path.write_bytes(data)
        return path


class OnnxClassifier:
    """A model that gives a label and its classes' probabilities, as scikit-learn's converters write it."""

    def __init__(self, model: TensorModel, names: Sequence[str], classes: Sequence[Level], kind: str) -> None:
        self._model = model
        self._names = names
        self._classes = tuple(classes)
        self._kind = kind
        self._apart = False

    def describe(self) -> Described:
        described = self._model.describe()
        output = DescribedOutput(
            "prediction", self._kind, self._classes, probabilities=True, tolerance=NARROW["float32"]
        )
        return Described(
            "classifier",
            described.model,
            described.names,
            described.count,
            (output,),
            texts=described.texts,
        )

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        """Whether the labels are those of the largest probabilities; else they are two outputs."""
        values, shares = self._asked(rows)
        if self._fits(values, shares):
            return Settled(self.describe().outputs)
        self._apart = True
        outputs = self._model.settle(rows, nullable=nullable, units=units).outputs
        return Settled(outputs, form=_APART)

    def lower(self, contract: Contract) -> Program:
        return self._model.lower(contract)

    def predict(self, table: Table) -> Sequence[Given]:
        if self._apart:
            return self._model.predict(table)
        values, shares = self._asked(table)
        check_labels(values, self._classes)
        return [Given(values, shares)]

    def _asked(self, table: Table) -> tuple[Array, Array]:
        given = self._model.ask(table)
        labels, shares = (given[name] for name in self._names)
        if isinstance(shares, list):  # a map a row
            shares = [[row[label] for label in self._classes] for row in shares]
        values = answer_of(self._names[0], labels, table.length)
        return values, np.asarray(shares).reshape(table.length, -1)

    def _fits(self, values: Array, shares: Array) -> bool:
        if values.ndim != 1 or shares.shape[1] != len(self._classes):
            return False
        place = {label: at for at, label in enumerate(self._classes)}
        if not set(values.tolist()) <= place.keys():
            return False
        own = shares[np.arange(len(values)), [place[one] for one in values.tolist()]]
        within = np.all((shares >= -_ROUNDED) & (shares <= 1 + _ROUNDED))
        return bool(within and np.all(own >= shares.max(axis=1) - _ROUNDED))


def _session(path: Path) -> Any:  # an InferenceSession
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # what is wrong is raised as well
    return onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"], enable_fallback=False
    )


def _words(error: Exception) -> str:
    """Without the path, which is nobody's, and the place in its own sources."""
    said = error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)
    lines = said.strip().splitlines()
    return lines[0].rpartition(" : ")[2].strip()[:300] if lines else type(error).__name__


def _producer(session: Any) -> str:
    meta = session.get_modelmeta()
    name = meta.graph_name or "no name"
    return f"{name} by {meta.producer_name}" if meta.producer_name else name


def _port(one: Any) -> Port:  # a NodeArg
    shape = [size if isinstance(size, int) and size >= 0 else None for size in one.shape]
    return port_of(one.name, _KINDS.get(one.type), shape)


def _run(session: Any, names: Sequence[str]) -> Any:  # a Run
    def run(feed: Mapping[str, Array]) -> Mapping[str, Any]:
        return dict(zip(names, session.run(list(names), dict(feed)), strict=True))

    return run
