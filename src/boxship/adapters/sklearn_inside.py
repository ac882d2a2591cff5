"""What a fitted scikit-learn estimator says of itself: its steps, names, categories and kind."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import ClusterMixin, is_classifier, is_outlier_detector
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, TargetEncoder

from boxship.adapters import Level
from boxship.adapters.row_form import Kind
from boxship.errors import BoxError

_ENCODERS = (OneHotEncoder, OrdinalEncoder, TargetEncoder)
_BLOCK_TAKERS = ("catboost", "lightgbm", "xgboost")  # packages whose estimators stand in pipelines
_VECTORIZERS = (CountVectorizer, HashingVectorizer)

Estimator = Any  # scikit-learn ships no types; what it gives is duck-typed by its own convention
Columns = tuple[str | int, ...]  # names, or positions where the model knows no names

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
_HANDS_ROWS = {  # these hand their rows, as they come, to what they keep under this name
    "BaseSearchCV": "best_estimator_",
    "CalibratedClassifierCV": "calibrated_classifiers_",
    "FixedThresholdClassifier": "estimator_",
    "FrozenEstimator": "estimator",
    "MultiOutputClassifier": "estimators_",
    "MultiOutputRegressor": "estimators_",
    "OneVsRestClassifier": "estimators_",
    "StackingClassifier": "estimators_",
    "StackingRegressor": "estimators_",
    "TransformedTargetRegressor": "regressor_",
    "TunedThresholdClassifierCV": "estimator_",
    "VotingClassifier": "estimators_",
    "VotingRegressor": "estimators_",
}


class Step(NamedTuple):
    """One fitted estimator inside a model, and the columns of the rows that it is fed from."""

    estimator: Estimator
    columns: Columns | None  # None where that cannot be told
    direct: bool  # it sees them as they come, but for nulls that a SimpleImputer fills
    chosen: bool  # they were chosen by a ColumnTransformer


def steps_of(model: Estimator) -> tuple[Step, ...]:
    """The model and what it hands its rows to, all the way down, in the order in which they see the rows.

    Nothing else is looked into: what an estimator keeps for itself may never see a column.
    """
    return tuple(_walk(model, None, direct=True, chosen=False))


def refuse_dicts(steps: Sequence[Step]) -> None:
    """A row reaches a model as an array or a DataFrame, never as a dict or a list of its own."""
    for step in steps:
        if step.direct and not step.chosen and isinstance(step.estimator, (DictVectorizer, FeatureHasher)):
            raise BoxError(
                "model.unsupported_input",
                f"the model takes its rows as dicts, in a {type(step.estimator).__name__}, and a box gives columns",
                "train on columns: OneHotEncoder(handle_unknown='ignore') in a ColumnTransformer does the same",
            )


def _walk(one: Estimator, columns: Columns | None, *, direct: bool, chosen: bool) -> Iterator[Step]:
    if columns is None or isinstance(one, ColumnTransformer):
        columns = _columns_in(one) or columns
    yield Step(one, columns, direct, chosen)
    if isinstance(one, Pipeline):
        for _, inner in one.steps:
            if hasattr(inner, "fit"):  # and no "passthrough"
                yield from _walk(inner, columns, direct=direct, chosen=chosen)
                direct = direct and isinstance(inner, SimpleImputer)
    elif isinstance(one, ColumnTransformer):
        for _, inner, spec in getattr(one, "transformers_", ()):
            if hasattr(inner, "fit"):
                yield from _walk(inner, _chosen(spec, columns), direct=direct, chosen=True)
    else:
        for inner in _handed(one):
            yield from _walk(inner, columns, direct=direct, chosen=chosen)


def _handed(one: Estimator) -> Iterator[Estimator]:
    if isinstance(one, FeatureUnion):
        yield from (inner for _, inner in one.transformer_list if hasattr(inner, "fit"))
        return
    name = next((_HANDS_ROWS[k.__name__] for k in type(one).__mro__ if _is_own(k, _HANDS_ROWS)), None)
    held = getattr(one, name, ()) if name else ()
    for inner in held if isinstance(held, (list, tuple)) else [held]:
        # what CalibratedClassifierCV keeps is no estimator, and holds one
        yield inner.estimator if name == "calibrated_classifiers_" else inner


def _columns_in(one: Estimator) -> Columns | None:
    names = getattr(one, "feature_names_in_", None)
    if names is not None:
        return tuple(map(str, names))
    count = getattr(one, "n_features_in_", None)
    return None if count is None else tuple(range(count))


def _chosen(spec: Any, columns: Columns | None) -> Columns | None:  # whatever a ColumnTransformer takes
    if isinstance(spec, str):
        return (spec,)
    if columns is None:
        return None
    if isinstance(spec, slice):
        return columns[_positions(spec, columns)]
    items: list[Any] = [spec] if np.isscalar(spec) else list(spec)
    if items and all(isinstance(item, (bool, np.bool_)) for item in items):
        return tuple(name for name, kept in zip(columns, items, strict=True) if kept)
    return tuple(str(item) if isinstance(item, str) else columns[item] for item in items)


def _positions(spec: slice, columns: Columns) -> slice:
    """Between names both ends belong to it."""
    start, stop = spec.start, spec.stop
    if isinstance(start, str):
        start = columns.index(start)
    if isinstance(stop, str):
        stop = columns.index(stop) + 1
    return slice(start, stop, spec.step)


def input_names(steps: Sequence[Step]) -> tuple[str, ...] | None:
    found = _first(steps, "feature_names_in_")
    return None if found is None else tuple(map(str, found))


def input_count(steps: Sequence[Step]) -> int | None:
    if kinds_of(steps) == ("text",):
        return 1
    found = _first(steps, "n_features_in_")
    return None if found is None else int(found)


def _first(steps: Sequence[Step], name: str) -> Any:  # what the estimators that see whole rows know
    found = (getattr(step.estimator, name, None) for step in steps if step.direct and not step.chosen)
    return next((value for value in found if value is not None), None)


def kinds_of(steps: Sequence[Step]) -> tuple[Kind, ...]:
    """In what form the rows reached the model in training; all that it may be where it left no trace of that."""
    own = [step for step in steps if _is_users(step.estimator)]
    if input_names(steps) is not None:
        chooses = any(isinstance(step.estimator, ColumnTransformer) for step in steps)
        return ("frame",) if own or chooses else ("block",)
    is_text = _takes_texts(steps)
    if _of_arrays(steps) or not any(step.direct and not step.chosen for step in own):
        return ("text",) if is_text else ("block",)
    return ("series", "text", "frame") if is_text else ("frame", "block")


def _takes_texts(steps: Sequence[Step]) -> bool:
    """Whether a row is one text by itself, and no row of columns."""
    whole = any(isinstance(step.estimator, _VECTORIZERS) for step in steps if not step.chosen)
    return whole and _first(steps, "n_features_in_") is None


def _of_arrays(steps: Sequence[Step]) -> bool:
    """scikit-learn's own keep the names of a frame, and of an array the number of columns."""
    whole = [step.estimator for step in steps if step.direct and not step.chosen]
    own = [one for one in whole if type(one).__module__.startswith("sklearn.") and not _asks_inside(one)]
    return any(hasattr(one, "n_features_in_") for one in own)


def _asks_inside(one: Estimator) -> bool:
    return isinstance(one, Pipeline) or next(_handed(one), None) is not None


def _is_users(one: Estimator) -> bool:
    """Whether code of the user's own sees the rows there: it may ask for columns by their names."""
    if isinstance(one, FunctionTransformer):
        return getattr(one.func, "__module__", "numpy").split(".")[0] not in ("numpy", "scipy", "sklearn")
    package = type(one).__module__.partition(".")[0]
    if package in _BLOCK_TAKERS:  # unless they were shown names themselves, and look for these
        return getattr(one, "feature_names_in_", None) is not None
    return package != "sklearn"


def forget_names(steps: Sequence[Step]) -> None:
    """So that a block, which has no names, costs no warning a call."""
    for step in steps:
        getattr(step.estimator, "__dict__", {}).pop("feature_names_in_", None)
        inside = getattr(step.estimator, "_preprocessor", None)  # gradient boosting with categories
        if inside is not None:
            forget_names(steps_of(inside))


def levels_of(steps: Sequence[Step]) -> dict[str, tuple[Level, ...]]:
    """The categories of encoders that see a named column itself."""
    found: dict[str, dict[Level, None]] = {}
    for name, _, levels in _encoded(steps):
        if isinstance(name, str) and all(isinstance(one, Level) or _is_null(one) for one in levels):
            known = found.setdefault(name, {})
            known.update((level, None) for level in levels if not _is_null(level))
    return {name: tuple(levels) for name, levels in found.items()}


def refused_of(steps: Sequence[Step]) -> tuple[str, ...]:
    """The named columns of which an encoder raises on a category that it was not fitted on."""
    found = _encoded(steps)
    return tuple({str(name): None for name, one, _ in found if getattr(one, "handle_unknown", "") == "error"})


def texts_of(steps: Sequence[Step]) -> tuple[str | int, ...]:
    """The columns that are read as text: word by word, or by an encoder that was shown an array."""
    if _takes_texts(steps):
        return (0,)
    fed = [step.columns or () for step in steps if step.chosen and isinstance(step.estimator, _VECTORIZERS)]
    found: dict[str | int, None] = {
        name: None for columns in fed for name in columns if isinstance(name, str)
    }
    found |= {
        place: None
        for place, _, levels in _encoded(steps)
        if isinstance(place, int) and any(isinstance(one, str) for one in levels)
    }
    return tuple(found)


def unused_of(steps: Sequence[Step]) -> tuple[str, ...]:
    """The named columns that a ColumnTransformer drops before anything else sees the rows.

    scikit-learn then answers without them, though they are among its names.
    """
    first = next((step for step in steps if not _is_own(type(step.estimator), _HANDS_ON)), None)
    if first is None or type(first.estimator) is not ColumnTransformer:
        return ()
    kept = [spec for _, inner, spec in getattr(first.estimator, "transformers_", ()) if inner != "drop"]
    used = {name for spec in kept for name in _chosen(spec, first.columns) or ()}
    return tuple(name for name in input_names(steps) or () if name not in used)


def nones_of(steps: Sequence[Step]) -> frozenset[str | int]:
    """The columns whose nulls were None in training, and not NaN: to scikit-learn these are two values."""
    found = {name for name, _, levels in _encoded(steps) if None in levels}
    for step in steps:
        if (
            step.direct
            and isinstance(step.estimator, SimpleImputer)
            and step.estimator.missing_values is None
        ):
            found.update(step.columns or ())
    return frozenset(found)


def _encoded(steps: Sequence[Step]) -> Iterator[tuple[str | int, Estimator, list[Any]]]:
    """The columns that an encoder sees, the encoder, and the categories it was fitted on."""
    for step in steps:
        if step.direct and step.columns and isinstance(step.estimator, _ENCODERS):
            categories = getattr(step.estimator, "categories_", ())
            if len(categories) == len(step.columns):  # an imputer may drop columns, or add some
                for name, levels in zip(step.columns, map(np.asarray, categories), strict=True):
                    if levels.dtype.kind in "OUbiuf":  # moments would become bare numbers
                        yield name, step.estimator, [_plain(level) for level in levels.tolist()]


def _plain(level: Any) -> Any:  # an array of objects may hold numpy's own
    return level.item() if isinstance(level, np.generic) else level


def _is_null(level: object) -> bool:
    return level is None or level != level  # noqa: PLR0124  # only NaN differs from itself


def label_follows(model: Estimator) -> bool:
    """True of scikit-learn's own classes alone, all the way down: a subclass may have a predict of its own."""
    *wrappers, last = _way_down(model)
    several = getattr(last, "out_activation_", "") == "logistic" and last.n_outputs_ > 1  # an MLP's labels
    own = all(_is_own(type(one), _HANDS_ON) for one in wrappers) and _is_own(type(last), _LABEL_FOLLOWS)
    return own and not several


def _is_own(kind: type, names: Collection[str]) -> bool:
    return kind.__module__.startswith("sklearn.") and kind.__name__ in names


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


def kind_of(model: Estimator) -> str:
    for kind, test in (
        ("classifier", is_classifier),
        ("clusterer", lambda one: isinstance(last_step(one), ClusterMixin)),
        ("outlier", is_outlier_detector),
    ):
        if test(model):
            return kind
    return "regressor" if hasattr(model, "predict") else "transformer"
