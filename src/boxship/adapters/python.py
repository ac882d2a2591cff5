"""Plain Python: functions and classes of the user's own, with state in files."""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from boxship.adapters import Described, DescribedOutput, Given, Settled
from boxship.adapters.canonical import write_canonical
from boxship.adapters.entry import find_entry, read_entry, write_entry
from boxship.adapters.own_labels import check_labels
from boxship.adapters.python_answer import columns_of
from boxship.adapters.python_taken import Taken, taken_by, taken_by_both
from boxship.adapters.row_form import Form, as_rows, read_form
from boxship.adapters.row_trial import try_forms
from boxship.adapters.unpickle import read_object
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.manifest import ENTRY
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

STATE = "state"  # the folder of its files, beside the one that names it
_NETWORKS = ("torch", "keras")
_FORMS = (
    "annotate its parameter: pandas.DataFrame, numpy.ndarray, dict[str, numpy.ndarray] for columns, list[dict] "
    "for rows, or dict for one row at a time"
)


class PythonAdapter:
    """Calls what an entry names, or what a pickle holds. Code is never in the model's own file."""

    def load(self, path: Path) -> "PythonModel":
        made = _made(path) if path.suffix == ENTRY else read_object(path)
        return PythonModel(made, read_form(path))

    def ask(self, model: object, rows: Any) -> Sequence[Given]:
        return PythonModel(model).ask_raw(rows)

    def write(self, model: object, folder: Path) -> Path:
        if isinstance(model, (FunctionType, BuiltinFunctionType, type)):
            return write_entry(_called(model), folder)
        hint = "name the class and its files instead: boxship pack package.module:Class --state FILE"
        return write_canonical(model, folder, hint)


def _called(model: Any) -> str:  # a function or a class
    if model.__module__ == "__main__" or not model.__qualname__.replace(".", "").isidentifier():
        raise BoxError(
            "model.unknown_global",
            f"the model is {model.__qualname__}, which was defined in a notebook, a script or another function",
            "move it to a module of its own, import it from there and pack with --code",
        )
    return f"{model.__module__}:{model.__qualname__}"


def _made(path: Path) -> object:
    """A class is made, with the folder of its files where it has some; so is a function called that has some."""
    found = find_entry(read_entry(path))
    state = path.with_name(STATE)
    if state.is_dir():
        return found(state)
    if not isinstance(found, type):
        return found
    _check_alone(found)
    return found()


def _check_alone(cls: type) -> None:
    """Refuse a class that has to be given something, and a network, which by itself has learnt nothing."""
    if any(kind.__module__.partition(".")[0] in _NETWORKS for kind in cls.__mro__):
        raise BoxError(
            "model.not_fitted",
            f"{cls.__qualname__} is a network, which is made without the weights that it was trained to",
            f"boxship pack WEIGHTS.safetensors --entry {cls.__module__}:{cls.__qualname__} gives both",
        )
    try:
        inspect.signature(cls).bind()
    except TypeError as error:
        raise BoxError(
            "model.no_state",
            f"{cls.__qualname__} cannot be made without arguments: {error}",
            "--state FILE gives it a folder with its files; what else it needs has to have a default",
        ) from error
    except ValueError:  # a compiled one does not say
        return


class PythonModel:
    """Something with `predict`, or something that can be called itself."""

    def __init__(self, made: Any, form: Form | None = None) -> None:
        self._made = made
        self._call = _call_of(made)
        self._classes = _classes_of(made)
        self._shares = None if self._classes is None else getattr(made, "predict_proba", None)
        self._taken: Taken = taken_by(self._call)
        if self._shares is not None:
            self._taken = taken_by_both(self._taken, taken_by(self._shares))
        self._form = form or Form(self._taken.kinds[0])

    def describe(self) -> Described:
        taken = self._taken
        return Described(
            kind="function" if self._classes is None else "classifier",
            model=_name_of(self._made),
            names=taken.names,
            count=None,
            outputs=(),
            texts=taken.texts,
            unused=taken.optional,
            names_must_match=taken.kinds == ("frame",),
        )

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        nulls = tuple(name for name in rows.names if name in nullable and rows.schema.type_of(name).has_mask)
        kept = {name: unit for name, unit in units.items() if name in rows.schema.places}
        forms = [Form(kind, nulls, kept) for kind in self._taken.kinds]
        self._form, given = try_forms(self._asked, rows, forms, _FORMS)
        if given is None:
            self._asked(rows, self._form)  # raises what it raised then
            raise BoxError(
                "model.wrong_shape", f"the {_name_of(self._made)} does not give an answer a row", _FORMS
            )
        columns = self._columns(rows, self._form)
        if len(columns) > 1:
            self._form = Form(self._form.kind, nulls, kept, tuple(columns))
        outputs = [DescribedOutput(name, str(one.type)) for name, one in columns.items()]
        if self._classes is not None and len(columns) == 1:
            outputs = [_classified(self._classes, has_shares=self._shares is not None)]
        return Settled(tuple(outputs), self._form.to_text())

    def predict(self, table: Table) -> Sequence[Given]:
        return self._asked(table, self._form)

    def lower(self, contract: Contract) -> Program:
        del contract
        raise NoTwinError("it is code of your own")

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """The answers to rows as the user has them, where it takes a frame or an array."""
        if self._form.kind not in ("frame", "block"):
            raise BoxError(
                "model.not_raw", f"it takes its rows as {self._form.kind}", "pack goes on without it"
            )
        given = self._given(rows.copy, self._form)  # what a model does to its rows is not done to the user's
        if any(len(one.values) != len(rows) for one in given):
            raise ValueError("not an answer a row")
        return given

    def _asked(self, table: Table, form: Form) -> Sequence[Given]:
        return self._given(lambda: as_rows(table, form, ()), form)

    def _columns(self, table: Table, form: Form) -> dict[str, Any]:
        return columns_of(self._answer(self._call, as_rows(table, form, ()), form))

    def _answer(self, call: Any, rows: Any, form: Form) -> Any:  # whatever it answers
        if form.kind != "row":
            return call(rows)
        if self._taken.names is None:
            return [call(row) for row in rows]
        return [call(**row) for row in rows]

    def _given(self, fresh: Callable[[], Any], form: Form) -> Sequence[Given]:
        """`fresh` gives the rows, unchanged: a model may change those that it gets."""
        columns, outputs = columns_of(self._answer(self._call, fresh(), form)), form.outputs
        if self._classes is not None and len(columns) == 1:
            shares = None if self._shares is None else self._answer(self._shares, fresh(), form)
            only = next(iter(columns.values())).values
            check_labels(only, self._classes.tolist())
            return [Given(only, None if shares is None else np.asarray(shares))]
        if outputs and set(outputs) != set(columns):
            raise BoxError(
                "model.wrong_shape",
                f"the model answered with {', '.join(columns)[:200]}",
                f"answers of {', '.join(outputs)[:200]}",
            )
        return [Given(columns[name].values, None) for name in outputs or columns]


def _call_of(made: Any) -> Any:
    call = getattr(made, "predict", made)
    if not callable(call):
        raise BoxError(
            "model.not_a_model",
            f"the model is a {type(made).__name__}, which has no predict and cannot be called",
            "give it a method predict that takes rows and gives an answer for each",
        )
    return call


def _name_of(made: Any) -> str:
    inner = made.func if isinstance(made, functools.partial) else made
    return getattr(inner, "__name__", type(inner).__name__)


def _classes_of(made: Any) -> Array | None:
    found = getattr(made, "classes_", None)
    if found is None or isinstance(found, type) or not hasattr(made, "predict"):
        return None
    return np.asarray(found)


def _classified(classes: Array, *, has_shares: bool) -> DescribedOutput:
    kind = {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}.get(classes.dtype.kind, "text")
    labels = tuple(classes.tolist()) if kind != "text" else tuple(map(str, classes.tolist()))
    return DescribedOutput("prediction", kind, labels, has_shares)
