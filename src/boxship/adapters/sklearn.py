"""scikit-learn: estimators and pipelines from joblib and pickle files."""

import pickle
import warnings
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, is_classifier, is_outlier_detector, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from boxship import frames
from boxship.adapters import Described, DescribedOutput, Given
from boxship.adapters.canonical import write_canonical
from boxship.core.column import Array, Codes, Column
from boxship.core.table import Table
from boxship.core.type import Type
from boxship.errors import BoxError

_ENCODERS = (OneHotEncoder, OrdinalEncoder)

Estimator = Any  # scikit-learn ships no types; what it gives is duck-typed by its own convention

# The label that these give is the class of the highest probability, so one call answers both. Scores
# that are nearly equal may lose their order when they become probabilities: such rows are asked again.
_LABEL_FOLLOWS = {
    "AdaBoostClassifier",
    "BaggingClassifier",
    "BernoulliNB",
    "CalibratedClassifierCV",
    "CategoricalNB",
    "ComplementNB",
    "DecisionTreeClassifier",
    "ExtraTreeClassifier",
    "ExtraTreesClassifier",
    "GaussianNB",
    "GradientBoostingClassifier",
    "HistGradientBoostingClassifier",
    "LinearDiscriminantAnalysis",
    "LogisticRegression",
    "LogisticRegressionCV",
    "MLPClassifier",
    "MultinomialNB",
    "QuadraticDiscriminantAnalysis",
    "RandomForestClassifier",
}
_HANDS_ON = {  # what these answer is what the estimator inside them answers
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "Pipeline",
    "RandomizedSearchCV",
}
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
        loaded = SklearnModel(model, label_follows=_label_follows(model))
        if not loaded.wants_frame:
            _forget_names(model)  # a block has no names, and the warning about that costs every call
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
        self.wants_frame = _wants_frame(model)
        self._label_follows = label_follows
        self._has_shares = is_classifier(model) and hasattr(model, "predict_proba")
        self._names = _names(model)
        self._none_columns = _none_columns(model)
        self._none_everywhere = self._names is None and _knows_none(model)

    def describe(self) -> Described:
        model = self._model
        _check_fitted(model)
        return Described(
            kind=_kind(model),
            model=type(_last(model)).__name__,
            names=self._names,
            count=getattr(model, "n_features_in_", None),
            outputs=_outputs(model, has_shares=self._has_shares, frame=self.wants_frame),
            levels=dict(_levels(model)),
            names_must_match=self.wants_frame,
        )

    def predict(self, table: Table) -> Sequence[Given]:
        nones = table.names if self._none_everywhere else self._none_columns
        return self.ask((_frame if self.wants_frame else _block)(table, nones), table.length)

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


def _label_follows(model: Estimator) -> bool:
    """True of scikit-learn's own classes alone, all the way down: a subclass may have a predict of its own."""
    *wrappers, last = _way_down(model)
    several = getattr(last, "out_activation_", "") == "logistic" and last.n_outputs_ > 1  # an MLP's labels
    return all(_is_own(one, _HANDS_ON) for one in wrappers) and _is_own(last, _LABEL_FOLLOWS) and not several


def _is_own(one: Estimator, names: set[str]) -> bool:
    return type(one).__module__.startswith("sklearn.") and type(one).__name__ in names


def _values(model: Estimator, rows: Any) -> Any:  # what the estimator gives
    return model.predict(rows) if hasattr(model, "predict") else model.transform(rows)


def _columns(values: Array, length: int) -> Sequence[Given]:
    if values.ndim == 1 or values.shape[0] != length:
        return [Given(values, None)]
    return [Given(values[:, index], None) for index in range(values.shape[1])]


def _block(table: Table, none_columns: Collection[str]) -> Array:
    types = table.schema.types
    null_bools = any(table.schema.type_of(name).kind == "bool" for name in table.masks)
    if null_bools or any(type_.kind in ("text", "category", "record") for type_ in types):
        out = np.empty((table.length, len(table.names)), object)
        for index, name in enumerate(table.names):
            column = table.column(name)
            texts = column.type.kind == "category"
            out[:, index] = Codes(column.values, column.levels).texts() if texts else column.values
            out[column.nulls(), index] = None if name in none_columns else np.nan
        return out[:, 0] if out.shape[1] == 1 else out
    tensors = [type_.shape for type_ in types if type_.shape]
    if tensors and len(table.names) == 1:
        values = table.column(table.names[0]).values
        return values.reshape(len(values), -1)
    return table.block(table.names, "float32" if _all_float32(table) else "float64")


def _all_float32(table: Table) -> bool:
    return all(type_.kind == "float32" for type_ in table.schema.types)


def _frame(table: Table, none_columns: Collection[str]) -> Any:  # a DataFrame
    """As the model was trained: categories as text, integers with nulls as floats, booleans as objects."""
    columns = {name: table.column(name) for name in table.names}
    for name, column in columns.items():
        if column.type.kind == "category":
            columns[name] = Column(Type("text"), Codes(column.values, column.levels).texts())
        elif column.mask is not None and column.type.kind != "bool":
            values = np.where(column.mask, np.nan, column.values.astype("float64"))
            columns[name] = Column(Type("float64"), values)
    frame = frames.to_pandas(Table.from_columns(columns))
    for name, column in columns.items():
        nulls = column.nulls()
        if nulls.any() and (column.type.kind == "bool" or name in none_columns):
            series = frame[name].astype(object)
            series[nulls] = None if name in none_columns else np.nan
            frame[name] = series
    return frame


def _steps(model: Estimator) -> Iterator[Estimator]:
    """The model and every estimator inside it."""
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, BaseEstimator):
            yield one
            waiting.extend(vars(one).values())
        elif type(one).__module__.startswith("sklearn.") and hasattr(one, "__dict__"):
            waiting.extend(vars(one).values())  # what holds estimators and is none
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple)) and len(one) < 1000:
            waiting.extend(one)


def _last(model: Estimator) -> Estimator:
    """The estimator that answers: the end of a pipeline, the best of a search."""
    return list(_way_down(model))[-1]


def _way_down(model: Estimator) -> Iterator[Estimator]:
    """The model, what it wraps, and so on to the estimator that answers."""
    while True:
        yield model
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif hasattr(model, "steps"):
            model = model.steps[-1][1]
        else:
            return


def _wants_frame(model: Estimator) -> bool:
    for step in _steps(model):
        if isinstance(step, ColumnTransformer):
            return any(_named(columns) for _, _, columns in step.transformers)
        if not type(step).__module__.startswith("sklearn.") and hasattr(model, "feature_names_in_"):
            return True
    return False


def _named(columns: object) -> bool:
    if isinstance(columns, str) or callable(columns):
        return True
    return isinstance(columns, (list, tuple, np.ndarray)) and any(isinstance(c, str) for c in columns)


def _names(model: Estimator) -> tuple[str, ...] | None:
    found = getattr(model, "feature_names_in_", None)
    return None if found is None else tuple(str(name) for name in found)


def _forget_names(model: Estimator) -> None:
    for step in _steps(model):
        step.__dict__.pop("feature_names_in_", None)


def _kind(model: Estimator) -> str:
    for kind, test in (
        ("classifier", is_classifier),
        ("regressor", is_regressor),
        ("clusterer", lambda one: isinstance(_last(one), ClusterMixin)),
        ("outlier", is_outlier_detector),
    ):
        if test(model):
            return kind
    return "transformer" if not hasattr(model, "predict") else "regressor"


def _outputs(model: Estimator, *, has_shares: bool, frame: bool) -> tuple[DescribedOutput, ...]:
    classes = getattr(model, "classes_", None)
    if is_classifier(model) and classes is not None:
        many = isinstance(classes, list)
        sets = classes if many else [classes]
        names = _output_names(len(sets))
        return tuple(
            DescribedOutput(name, _label_type(labels), tuple(labels.tolist()), has_shares)
            for name, labels in zip(names, map(np.asarray, sets), strict=True)
        )
    kind = "int64" if _kind(model) in ("clusterer", "outlier") else "float64"
    return tuple(DescribedOutput(name, kind) for name in _output_names(_width(model, frame=frame)))


def _width(model: Estimator, *, frame: bool) -> int:
    """How many numbers a row is answered with: asked with a row of zeros where one can be made."""
    if not hasattr(model, "predict"):
        return len(model.get_feature_names_out())
    if not frame and hasattr(model, "n_features_in_"):
        try:
            answer = np.asarray(model.predict(np.zeros((1, model.n_features_in_))))
        except (ValueError, TypeError):
            pass  # it takes text, or numbers of its own kind: then what it says of itself has to do
        else:
            return answer.shape[1] if answer.ndim == 2 else 1
    return int(getattr(_last(model), "n_outputs_", 0) or _coefficient_rows(_last(model)))


def _coefficient_rows(model: Estimator) -> int:
    coefficients = np.asarray(getattr(model, "coef_", 0))
    return coefficients.shape[0] if coefficients.ndim == 2 and is_regressor(model) else 1


def _output_names(count: int) -> list[str]:
    return ["prediction"] if count == 1 else [f"output_{index}" for index in range(count)]


def _label_type(labels: Array) -> str:
    return {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}.get(labels.dtype.kind, "text")


def _levels(model: Estimator) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Categories that encoders over named columns were fitted on."""
    for name, levels in _categories(model):
        yield name, tuple(level for level in levels if level is not None and level == level)  # noqa: PLR0124


def _none_columns(model: Estimator) -> frozenset[str]:
    """The columns whose nulls were None in training, and not NaN: to scikit-learn these are two values."""
    found = {name for name, levels in _categories(model) if None in levels}
    for step, names in _column_steps(model):
        if isinstance(step, SimpleImputer) and step.missing_values is None:
            found.update(names)
    return frozenset(found)


def _knows_none(model: Estimator) -> bool:
    """The same of a model that was trained without names."""
    encoders = [step for step in _steps(model) if isinstance(step, _ENCODERS)]
    return any(None in np.asarray(levels).tolist() for one in encoders for levels in one.categories_)


def _categories(model: Estimator) -> Iterator[tuple[str, list[Any]]]:
    for step, names in _column_steps(model):
        if isinstance(step, _ENCODERS) and len(step.categories_) == len(names):
            for name, levels in zip(names, step.categories_, strict=True):
                yield name, np.asarray(levels).tolist()


def _column_steps(model: Estimator) -> Iterator[tuple[Estimator, list[str]]]:
    """Encoders and imputers, with the names of the columns that they were fitted on."""
    for step in _steps(model):
        if isinstance(step, ColumnTransformer):
            for _, transformer, columns in step.transformers_:
                if _named(columns) and not callable(columns):
                    names = [columns] if isinstance(columns, str) else [str(name) for name in columns]
                    yield from ((inner, names) for inner in _steps(transformer))
        elif isinstance(step, (*_ENCODERS, SimpleImputer)) and hasattr(step, "feature_names_in_"):
            yield step, [str(name) for name in step.feature_names_in_]


def _check_fitted(model: Estimator) -> None:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

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
