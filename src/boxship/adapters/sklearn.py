"""scikit-learn: estimators and pipelines from joblib and pickle files."""

import pickle
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from boxship.adapters import Described, Given
from boxship.adapters.canonical import write_canonical
from boxship.adapters.sklearn_inside import (
    Estimator,
    forget_names,
    input_names,
    kind_of,
    knows_none,
    label_follows,
    last_step,
    levels_of,
    none_columns_of,
    outputs_of,
    wants_frame,
)
from boxship.adapters.sklearn_rows import as_block, as_frame
from boxship.core.column import Array
from boxship.core.table import Table
from boxship.errors import BoxError

_NEARLY = 1e-6


class SklearnAdapter:
    """Loads with joblib, which reads plain pickles too; writes one canonical form of it."""

    def load(self, path: Path) -> "SklearnModel":
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            try:
                model = joblib.load(path)
            except InconsistentVersionWarning as error:
                raise _other_version(error) from error
        if not isinstance(model, BaseEstimator) and not hasattr(model, "predict"):
            raise BoxError(
                "model.not_a_model",
                f"{path.name} holds a {type(model).__name__}, which has no predict",
                "save the fitted estimator or pipeline itself",
            )
        loaded = SklearnModel(model, label_follows=label_follows(model))
        if not loaded.wants_frame:
            forget_names(model)  # a block has no names, and the warning about that costs every call
        return loaded

    def ask(self, model: Estimator, rows: Any) -> Sequence[Given]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of names that only one of the two has
            return SklearnModel(model, label_follows=False).ask(rows, len(rows))

    def write(self, model: object, folder: Path) -> Path:
        path = folder / "model.joblib"
        try:
            write_canonical(model, path)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise BoxError(
                "model.unpicklable",
                f"the model cannot be written: {error}",
                "replace lambdas and local functions by functions of a module, and fit again",
            ) from error
        return path


class SklearnModel:
    """A fitted estimator, asked with one block of numbers where it can be, else with a DataFrame."""

    def __init__(self, model: Estimator, *, label_follows: bool) -> None:
        self._model = model
        self.wants_frame = wants_frame(model)
        self._label_follows = label_follows
        self._has_shares = is_classifier(model) and hasattr(model, "predict_proba")
        self._names = input_names(model)
        self._none_columns = none_columns_of(model)
        self._none_everywhere = self._names is None and knows_none(model)

    def describe(self) -> Described:
        model = self._model
        _check_fitted(model)
        return Described(
            kind=kind_of(model),
            model=type(last_step(model)).__name__,
            names=self._names,
            count=getattr(model, "n_features_in_", None),
            outputs=outputs_of(model, has_shares=self._has_shares, frame=self.wants_frame),
            levels=dict(levels_of(model)),
            names_must_match=self.wants_frame,
        )

    def predict(self, table: Table) -> Sequence[Given]:
        nones = table.names if self._none_everywhere else self._none_columns
        return self.ask((as_frame if self.wants_frame else as_block)(table, nones), table.length)

    def ask(self, rows: Any, length: int) -> Sequence[Given]:
        """The answers to rows in the model's own form."""
        if not self._has_shares:
            return _columns(np.asarray(_values(self._model, rows)), length)
        shares = self._model.predict_proba(rows)
        if isinstance(shares, list):
            values = np.asarray(self._model.predict(rows))
            return [Given(values[:, index], share) for index, share in enumerate(shares)]
        if self._label_follows and shares.shape[1] > 1:
            return [Given(self._labels(rows, shares), shares)]
        values = np.asarray(self._model.predict(rows))
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


def _values(model: Estimator, rows: Any) -> Any:  # what the estimator gives
    return model.predict(rows) if hasattr(model, "predict") else model.transform(rows)


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
