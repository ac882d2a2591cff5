"""scikit-learn: estimators and pipelines from joblib and pickle files."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from boxship.adapters import Described, Given, Settled
from boxship.adapters.canonical import write_canonical
from boxship.adapters.row_form import Form, as_rows, read_form
from boxship.adapters.row_trial import try_forms
from boxship.adapters.sklearn_inside import (
    Estimator,
    forget_names,
    input_count,
    input_names,
    kind_of,
    kinds_of,
    label_follows,
    last_step,
    levels_of,
    nones_of,
    refuse_dicts,
    refused_of,
    steps_of,
    texts_of,
    unused_of,
)
from boxship.adapters.sklearn_outputs import outputs_of
from boxship.adapters.sklearn_twin import lower
from boxship.adapters.sklearn_whole import check_trees
from boxship.adapters.unpickle import read_object
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.twin.program import Program
from boxship.twin.refused import NoTwinError

_NEARLY = 1e-6
_LABELS_ITS_OWN = (
    "it answers for the rows that it was fitted on and no others: train one with predict, such as KMeans, "
    "LocalOutlierFactor(novelty=True) or a classifier of its labels"
)
_MEANT = (
    "let the fit of its first step keep feature_names_in_ for a DataFrame, n_features_in_ for an array, as "
    "validate_data of scikit-learn does; and fit again"
)
_NO_ESTIMATOR = "give the fitted estimator or pipeline itself"


class SklearnAdapter:
    """Loads with joblib, which reads plain pickles too; writes one canonical form of it."""

    def load(self, path: Path) -> "SklearnModel":
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            try:
                model = read_object(path)
            except InconsistentVersionWarning as error:
                raise _other_version(error) from error
        check_trees(model, path)
        if not hasattr(model, "predict") and not (
            isinstance(model, BaseEstimator) and hasattr(model, "transform")
        ):
            raise BoxError(
                "model.not_a_model",
                f"the model is a {type(model).__name__}, which has no predict and is no transformer",
                _LABELS_ITS_OWN if isinstance(model, BaseEstimator) else _NO_ESTIMATOR,
            )
        loaded = SklearnModel(model, label_follows=label_follows(model), form=read_form(path))
        loaded.forget_names()
        return loaded

    def ask(self, model: Estimator, rows: Any) -> Sequence[Given]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of names that only one of the two has
            return SklearnModel(model, label_follows=False).ask_raw(rows)

    def write(self, model: object, folder: Path) -> Path:
        hint = "replace lambdas and local functions by functions of a module, and fit again"
        return write_canonical(model, folder, hint)


class SklearnModel:
    """A fitted estimator, asked with one block of numbers where it can be, else with a DataFrame."""

    def __init__(self, model: Estimator, *, label_follows: bool, form: Form | None = None) -> None:
        self._model = model
        self._label_follows = label_follows
        self._has_shares = is_classifier(model) and hasattr(model, "predict_proba")
        self._steps = steps = steps_of(model)
        self._kinds = kinds_of(steps)
        self._form = form or Form(self._kinds[0])
        self._names = input_names(steps)
        self._count = input_count(steps)
        self._levels, self._refused, self._texts = levels_of(steps), refused_of(steps), texts_of(steps)
        self._nones, self._unused = nones_of(steps), unused_of(steps)

    def forget_names(self) -> None:
        """Where the model is given blocks: these have no names, and the warning about that costs every call."""
        if not {"frame", "series"} & {*self._kinds}:
            forget_names(self._steps)

    def describe(self) -> Described:
        model = self._model
        _check_fitted(model)
        refuse_dicts(self._steps)
        return Described(
            kind=kind_of(model),
            model=type(last_step(model)).__name__,
            names=self._names,
            count=self._count,
            outputs=outputs_of(model, None),
            levels=self._levels,
            refused=self._refused,
            texts=self._texts,
            unused=self._unused,
            names_must_match=self._kinds[0] == "frame",
        )

    def settle(self, rows: Table, *, nullable: Collection[str], units: Mapping[str, str]) -> Settled:
        nulls = tuple(n for n in rows.names if n in nullable and rows.schema.type_of(n).has_mask)
        kept = {name: unit for name, unit in units.items() if name in rows.schema.places}
        forms = [Form(kind, nulls, kept) for kind in self._kinds]
        self._form, given = try_forms(self._asked, rows, forms, _MEANT)
        told = self._form != Form(self._kinds[0])
        return Settled(outputs_of(self._model, given), self._form.to_text() if told else "")

    def lower(self, contract: Contract) -> Program:
        if self._form.kind in ("text", "series"):
            raise NoTwinError(f"it takes its rows as a {self._form.kind}")
        return lower(self._model, contract)

    def predict(self, table: Table) -> Sequence[Given]:
        return self._asked(table, self._form)

    def _asked(self, table: Table, form: Form) -> Sequence[Given]:
        return self.ask(as_rows(table, form, self._nones), table.length)

    def ask_raw(self, rows: Any) -> Sequence[Given]:
        """The answers to rows as the user has them, a frame or an array."""
        if self._form.kind in ("text", "series") and rows.ndim == 2 and rows.shape[1] == 1:
            rows = rows.iloc[:, 0] if hasattr(rows, "iloc") else rows[:, 0]
        given = self.ask(rows, len(rows))
        if any(len(one.values) != len(rows) for one in given):
            raise ValueError("not an answer a row")
        return given

    def ask(self, rows: Any, length: int) -> Sequence[Given]:
        """The answers to rows in the model's own form."""
        if not self._has_shares:
            return _columns(_values(self._model, rows), length)
        shares = self._model.predict_proba(rows)
        if isinstance(shares, list):
            values = np.asarray(self._model.predict(rows))
            return [Given(values[:, index], share) for index, share in enumerate(shares)]
        if self._label_follows and shares.shape[1] > 1:
            return [Given(self._labels(rows, shares), shares)]
        values = np.asarray(self._model.predict(rows))
        if values.ndim == 2 and values.shape != shares.shape:
            values = values.reshape(length)  # labels as a column, as CatBoost gives those of several classes
        if values.ndim == 2:
            return [Given(values[:, i], np.stack([1 - s, s], 1)) for i, s in enumerate(shares.T)]
        return [Given(values, shares)]

    def _labels(self, rows: Any, shares: Array) -> Array:
        labels: Array = self._model.classes_.take(np.argmax(shares, axis=1))
        top = shares if shares.shape[1] == 2 else np.partition(shares, -2, axis=1)[:, -2:]
        nearly = np.abs(top[:, 0] - top[:, 1]) < _NEARLY
        if nearly.any():
            labels[nearly] = self._model.predict(rows[nearly])
        return labels


def _values(model: Estimator, rows: Any) -> Array:  # what the estimator gives, whatever it was
    values = model.predict(rows) if hasattr(model, "predict") else model.transform(rows)
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def _columns(values: Array, length: int) -> Sequence[Given]:
    if values.ndim == 1 or values.shape[0] != length:
        return [Given(values, None)]
    return [Given(values[:, index], None) for index in range(values.shape[1])]


def _check_fitted(model: Estimator) -> None:
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise BoxError(
            "model.not_fitted", f"the {type(model).__name__} has not been fitted", "fit it before you save it"
        ) from error
    except TypeError:
        return  # not an estimator by its own word, only something with predict


def _other_version(warning: InconsistentVersionWarning) -> BoxError:
    saved, here = warning.original_sklearn_version, warning.current_sklearn_version
    return BoxError(
        "model.other_version",
        f"the model was saved with scikit-learn {saved}, the lock has {here}",
        f"pip install scikit-learn=={saved} in the environment that is packed from, or train again",
        {"saved": saved, "locked": here},
    )
