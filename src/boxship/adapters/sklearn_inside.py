"""What a fitted scikit-learn estimator says of itself: its steps, names, categories and outputs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, is_classifier, is_outlier_detector, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from boxship.adapters import DescribedOutput
from boxship.core.column import Array

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


def label_follows(model: Estimator) -> bool:
    """True of scikit-learn's own classes alone, all the way down: a subclass may have a predict of its own."""
    *wrappers, last = _way_down(model)
    several = getattr(last, "out_activation_", "") == "logistic" and last.n_outputs_ > 1  # an MLP's labels
    return all(_is_own(one, _HANDS_ON) for one in wrappers) and _is_own(last, _LABEL_FOLLOWS) and not several


def _is_own(one: Estimator, names: set[str]) -> bool:
    return type(one).__module__.startswith("sklearn.") and type(one).__name__ in names


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


def last_step(model: Estimator) -> Estimator:
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


def wants_frame(model: Estimator) -> bool:
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


def input_names(model: Estimator) -> tuple[str, ...] | None:
    found = getattr(model, "feature_names_in_", None)
    return None if found is None else tuple(str(name) for name in found)


def forget_names(model: Estimator) -> None:
    for step in _steps(model):
        step.__dict__.pop("feature_names_in_", None)


def kind_of(model: Estimator) -> str:
    for kind, test in (
        ("classifier", is_classifier),
        ("regressor", is_regressor),
        ("clusterer", lambda one: isinstance(last_step(one), ClusterMixin)),
        ("outlier", is_outlier_detector),
    ):
        if test(model):
            return kind
    return "transformer" if not hasattr(model, "predict") else "regressor"


def outputs_of(model: Estimator, *, has_shares: bool, frame: bool) -> tuple[DescribedOutput, ...]:
    classes = getattr(model, "classes_", None)
    if is_classifier(model) and classes is not None:
        many = isinstance(classes, list)
        sets = classes if many else [classes]
        names = _output_names(len(sets))
        return tuple(
            DescribedOutput(name, _label_type(labels), tuple(labels.tolist()), has_shares)
            for name, labels in zip(names, map(np.asarray, sets), strict=True)
        )
    kind = "int64" if kind_of(model) in ("clusterer", "outlier") else "float64"
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
    return int(getattr(last_step(model), "n_outputs_", 0) or _coefficient_rows(last_step(model)))


def _coefficient_rows(model: Estimator) -> int:
    coefficients = np.asarray(getattr(model, "coef_", 0))
    return coefficients.shape[0] if coefficients.ndim == 2 and is_regressor(model) else 1


def _output_names(count: int) -> list[str]:
    return ["prediction"] if count == 1 else [f"output_{index}" for index in range(count)]


def _label_type(labels: Array) -> str:
    return {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}.get(labels.dtype.kind, "text")


def levels_of(model: Estimator) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Categories that encoders over named columns were fitted on."""
    for name, levels in _categories(model):
        yield name, tuple(level for level in levels if level is not None and level == level)  # noqa: PLR0124


def none_columns_of(model: Estimator) -> frozenset[str]:
    """The columns whose nulls were None in training, and not NaN: to scikit-learn these are two values."""
    found = {name for name, levels in _categories(model) if None in levels}
    for step, names in _column_steps(model):
        if isinstance(step, SimpleImputer) and step.missing_values is None:
            found.update(names)
    return frozenset(found)


def knows_none(model: Estimator) -> bool:
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
