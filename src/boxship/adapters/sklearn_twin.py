"""scikit-learn models lowered to twins: estimators, what stands before them, and what wraps them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from boxship.adapters.sklearn_linear import (
    lower_logarithmic,
    lower_logistic,
    lower_network,
    lower_regression,
    lower_sides,
)
from boxship.adapters.sklearn_trees import (
    lower_boosting,
    lower_forest,
    lower_histogram,
    lower_isolation,
    lower_tree,
)
from boxship.core.contract import Contract
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Numbers
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Clip, Divide, Fill, Finite, Join, Missing, Multiply, Pick, Subtract

Estimator = Any  # scikit-learn ships no types
Lower = Callable[[Draft, int, Estimator], list[Answer]]
Change = Callable[[Draft, int, Estimator], int]

_ESTIMATORS: dict[str, Lower] = {
    "DecisionTreeClassifier": lower_tree,
    "DecisionTreeRegressor": lower_tree,
    "ElasticNet": lower_regression,
    "ElasticNetCV": lower_regression,
    "ExtraTreeClassifier": lower_tree,
    "ExtraTreeRegressor": lower_tree,
    "ExtraTreesClassifier": lower_forest,
    "ExtraTreesRegressor": lower_forest,
    "GammaRegressor": lower_logarithmic,
    "GradientBoostingClassifier": lower_boosting,
    "GradientBoostingRegressor": lower_boosting,
    "HistGradientBoostingClassifier": lower_histogram,
    "HistGradientBoostingRegressor": lower_histogram,
    "HuberRegressor": lower_regression,
    "IsolationForest": lower_isolation,
    "Lasso": lower_regression,
    "LassoCV": lower_regression,
    "LinearRegression": lower_regression,
    "LinearSVC": lower_sides,
    "LinearSVR": lower_regression,
    "LogisticRegression": lower_logistic,
    "LogisticRegressionCV": lower_logistic,
    "MLPClassifier": lower_network,
    "MLPRegressor": lower_network,
    "Perceptron": lower_sides,
    "PoissonRegressor": lower_logarithmic,
    "RandomForestClassifier": lower_forest,
    "RandomForestRegressor": lower_forest,
    "Ridge": lower_regression,
    "RidgeCV": lower_regression,
    "TweedieRegressor": lower_logarithmic,
}


def lower(model: Estimator, contract: Contract) -> Program:
    """The program of a fitted model; raises `NoTwinError` with the reason where there is none."""
    types = {field.typed for field in contract.inputs}
    if any(not type_.is_number and type_.kind != "bool" for type_ in types):
        raise NoTwinError("it takes columns that are no numbers")
    if all(type_.kind == "float32" for type_ in types):
        raise NoTwinError("it takes numbers in single precision")
    draft = Draft()
    rows = draft.read(Numbers(tuple(field.name for field in contract.inputs)))
    return draft.finish(_model(draft, rows, model))


def _model(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    name = _own_name(model)
    if hasattr(model, "best_estimator_") and name.endswith("SearchCV"):
        return _model(draft, rows, model.best_estimator_)
    if name == "Pipeline":
        for _, step in model.steps[:-1]:
            rows = _change(draft, rows, step)
        return _model(draft, rows, model.steps[-1][1])
    if name not in _ESTIMATORS:
        raise NoTwinError(f"no twin of a {name} is known")
    return _ESTIMATORS[name](draft, rows, model)


def _change(draft: Draft, rows: int, step: Estimator) -> int:
    if step is None or step == "passthrough":
        return rows
    name = _own_name(step)
    if name == "Pipeline":
        for _, inner in step.steps:
            rows = _change(draft, rows, inner)
        return rows
    if name not in _CHANGES:
        raise NoTwinError(f"no twin of a {name} is known")
    return _CHANGES[name](draft, rows, step)


def _own_name(one: Estimator) -> str:
    """The name of scikit-learn's own classes; a subclass may do anything."""
    kind = type(one)
    if not kind.__module__.startswith("sklearn."):
        raise NoTwinError(f"{kind.__module__}.{kind.__qualname__} is not scikit-learn's")
    return kind.__name__


def _standard(draft: Draft, rows: int, step: Estimator) -> int:
    rows = draft.then(Finite(missing=True), rows)
    if step.with_mean:
        rows = draft.then(Subtract(step.mean_), rows)
    return draft.then(Divide(step.scale_), rows) if step.with_std else rows


def _robust(draft: Draft, rows: int, step: Estimator) -> int:
    rows = draft.then(Finite(missing=True), rows)
    if step.with_centering:
        rows = draft.then(Subtract(step.center_), rows)
    return draft.then(Divide(step.scale_), rows) if step.with_scaling else rows


def _between(draft: Draft, rows: int, step: Estimator) -> int:
    rows = draft.then(Multiply(step.scale_), draft.then(Finite(missing=True), rows))
    rows = draft.then(Add(step.min_), rows)
    if not step.clip:
        return rows
    low, high = (np.full(len(step.min_), float(end)) for end in step.feature_range)
    return draft.then(Clip(low, high), rows)


def _largest(draft: Draft, rows: int, step: Estimator) -> int:
    if getattr(step, "clip", False):
        raise NoTwinError("it clips")
    return draft.then(Divide(step.scale_), draft.then(Finite(missing=True), rows))


def _imputed(draft: Draft, rows: int, step: Estimator) -> int:
    fill = np.asarray(step.statistics_)
    if fill.dtype != np.float64 or not (
        isinstance(step.missing_values, float) and np.isnan(step.missing_values)
    ):
        raise NoTwinError("it fills in what is not a missing number")
    rows = draft.then(Finite(missing=True), rows)
    kept = np.flatnonzero(~np.isnan(fill) | step.keep_empty_features)
    full = rows if len(kept) == len(fill) else draft.then(Pick(tuple(kept.tolist())), rows)
    filled = draft.then(Fill(np.nan_to_num(fill[kept])), full)
    if step.indicator_ is None:
        return filled
    flags = draft.then(Missing(tuple(step.indicator_.features_.tolist())), rows)
    return draft.then(Join(), filled, flags)


def _selected(draft: Draft, rows: int, step: Estimator) -> int:
    rows = draft.then(Finite(missing=True), rows)
    return draft.then(Pick(tuple(np.flatnonzero(step.get_support()).tolist())), rows)


_CHANGES: dict[str, Change] = {
    "MaxAbsScaler": _largest,
    "MinMaxScaler": _between,
    "RobustScaler": _robust,
    "SelectFromModel": _selected,
    "SelectKBest": _selected,
    "SelectPercentile": _selected,
    "SimpleImputer": _imputed,
    "StandardScaler": _standard,
    "VarianceThreshold": _selected,
}
