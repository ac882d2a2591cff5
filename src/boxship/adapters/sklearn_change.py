"""What stands before an estimator, lowered: scalers, imputers, encoders, and how columns are parted and joined."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils import check_array

from boxship.adapters.sklearn_alike import to_nystroem, to_waves
from boxship.adapters.sklearn_bend import (
    by_function,
    to_bins,
    to_components,
    to_length_one,
    to_powers,
    to_random,
    to_sides,
    to_sources,
)
from boxship.adapters.sklearn_desk import Desk, Estimator, Rows, Unread, own_name
from boxship.core.column import Array
from boxship.twin.algebra import Products
from boxship.twin.encode import Lookup
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import (
    Add,
    Clip,
    Divide,
    Fill,
    Finite,
    Join,
    Missing,
    Multiply,
    Pick,
    Subtract,
)

Change = Callable[[Desk, Rows, Estimator], Rows]


def change(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """The rows after a step that is no estimator; raises `NoTwinError` for one that is not known."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return rows
    name = own_name(step)
    if name not in _CHANGES:
        raise NoTwinError(f"there is no way yet to lower a {name}")
    return _CHANGES[name](desk, rows, step)


def _in_turn(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    for _, inner in step.steps:
        rows = change(desk, rows, inner)
    return rows


def _by_function(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """As they are, which a ColumnTransformer makes of `passthrough`, and boosting of its numbers; else by
    a function of numpy's."""
    func = getattr(step.func, "func", step.func)  # of a partial
    if step.validate or step.kw_args:
        raise NoTwinError("it calls a function in a way of its own")
    return rows if func in (None, check_array) else by_function(desk, rows, step.func)


def _side_by_side(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    if getattr(step, "transformer_weights", None):
        raise NoTwinError("it weights its transformers")
    kept = [inner for _, inner in step.transformer_list if not (isinstance(inner, str) and inner == "drop")]
    return desk.joined([desk.numbers(change(desk, rows, inner)) for inner in kept])


def _parted(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    if getattr(step, "transformer_weights", None):
        raise NoTwinError("it weights its transformers")
    names = getattr(step, "feature_names_in_", None)
    parts = []
    for _, inner, spec in step.transformers_:
        places = _chosen(spec, step.n_features_in_, None if names is None else list(names))
        if places and not (isinstance(inner, str) and inner == "drop"):
            parts.append(desk.numbers(change(desk, desk.pick(rows, places), inner)))
    if not parts:
        raise NoTwinError("it keeps no columns")
    return desk.joined(parts)


def _chosen(
    spec: Any, count: int, names: list[str] | None
) -> list[int]:  # whatever a ColumnTransformer takes
    if isinstance(spec, slice):
        ends = [
            names.index(end) if names and isinstance(end, str) else end for end in (spec.start, spec.stop)
        ]
        last = ends[1] + 1 if isinstance(spec.stop, str) else ends[1]
        return list(range(count))[slice(ends[0], last, spec.step)]
    items: list[Any] = [spec] if np.isscalar(spec) else list(spec)
    if items and all(isinstance(item, (bool, np.bool_)) for item in items):
        return np.flatnonzero(items).tolist()
    if any(isinstance(item, str) for item in items) and names is None:
        raise NoTwinError("it chooses columns by names that it was not shown")
    found = [names.index(item) if names and isinstance(item, str) else int(item) for item in items]
    return [place % count for place in found]


def _one_hot(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    if getattr(step, "_infrequent_enabled", False):
        raise NoTwinError("it puts rare categories together")
    unknown = None if step.handle_unknown == "error" else 0.0
    parts = []
    for place, categories in enumerate(step.categories_):
        table = np.eye(len(categories))
        dropped = None if step.drop_idx_ is None else step.drop_idx_[place]
        if dropped is not None:
            table = np.delete(table, int(dropped), axis=1)
        parts.append(_looked_up(desk, rows, place, categories, table, unknown))
    return desk.joined(parts)


def _ordinal(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    if getattr(step, "_infrequent_enabled", False):
        raise NoTwinError("it puts rare categories together")
    unknown = None if step.handle_unknown == "error" else float(step.unknown_value)
    parts = []
    for place, categories in enumerate(step.categories_):
        table = np.arange(len(categories), dtype=np.float64)[:, None]
        if len(categories) and _is_null(categories[-1]):
            table[-1] = step.encoded_missing_value
        parts.append(_looked_up(desk, rows, place, categories, table, unknown))
    return desk.joined(parts)


def _looked_up(
    desk: Desk, rows: Rows, place: int, categories: Array, table: Array, unknown: float | None
) -> int:
    """A row of the table for every category; `unknown` for those that are not there, or None where they
    are refused. A null is the category at the end, where there is one."""
    values = categories.tolist()
    nulls = [one for one in values if _is_null(one)]
    if len(nulls) > 1:
        raise NoTwinError("it knows two kinds of null")
    known = tuple(one for one in values if not _is_null(one))
    line, fill = desk.places(rows, place, known)
    other = np.full((1, table.shape[1]), np.nan if unknown is None else unknown)
    missing, takes_missing = (table[-1:], True) if nulls else (other, unknown is not None)
    if fill is not None:
        missing = table[known.index(fill)][None] if fill in known else other
        takes_missing = fill in known or unknown is not None
    found = np.concatenate([table[: len(known)], other, missing])
    return desk.draft.then(Lookup(found, unknown is not None, takes_missing), line)


def _is_null(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _products(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """Each column of the result from an earlier one, in the order in which the library multiplies."""
    line = desk.draft.then(Finite(missing=False), desk.numbers(rows))
    places: dict[tuple[int, ...], int] = {}
    pairs: list[tuple[int, int]] = []
    for powers in step.powers_.tolist():
        factors = tuple(column for column, power in enumerate(powers) for _ in range(power))
        if not factors:
            pairs.append((-1, -1))
        elif len(factors) == 1:
            pairs.append((-1, factors[0]))
        elif factors[1:] in places:
            pairs.append((places[factors[1:]], factors[0]))
        else:
            raise NoTwinError("its products do not stand on smaller ones")
        places[factors] = len(pairs) - 1
    return desk.draft.then(Products(tuple(pairs)), line)


def _text_imputed(rows: Unread, step: Estimator) -> Rows:
    if step.indicator_ is not None or any(fill is not None for fill in rows.fills):
        raise NoTwinError("it fills in words, and more than that")
    fills = [
        one if isinstance(one, (str, int, float, bool)) else None
        for one in np.asarray(step.statistics_).tolist()
    ]
    if None in fills or any(_is_null(one) for one in fills):
        raise NoTwinError("it fills in what is no word")
    return Unread(rows.names, tuple(fills))


def _standard(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    draft, rows = desk.draft, desk.numbers(rows)
    rows = draft.then(Finite(missing=True), rows)
    if step.with_mean:
        rows = draft.then(Subtract(step.mean_), rows)
    return draft.then(Divide(step.scale_), rows) if step.with_std else rows


def _robust(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    draft, rows = desk.draft, desk.numbers(rows)
    rows = draft.then(Finite(missing=True), rows)
    if step.with_centering:
        rows = draft.then(Subtract(step.center_), rows)
    return draft.then(Divide(step.scale_), rows) if step.with_scaling else rows


def _between(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    draft, rows = desk.draft, desk.numbers(rows)
    rows = draft.then(Multiply(step.scale_), draft.then(Finite(missing=True), rows))
    rows = draft.then(Add(step.min_), rows)
    if not step.clip:
        return rows
    low, high = (np.full(len(step.min_), float(end)) for end in step.feature_range)
    return draft.then(Clip(low, high), rows)


def _largest(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    draft, rows = desk.draft, desk.numbers(rows)
    if getattr(step, "clip", False):
        raise NoTwinError("it clips")
    return draft.then(Divide(step.scale_), draft.then(Finite(missing=True), rows))


def _imputed(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    if isinstance(rows, Unread) and not all(map(desk.is_number, rows.names)):
        return _text_imputed(rows, step)
    draft, rows = desk.draft, desk.numbers(rows)
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


def _target_means(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    if step.target_type_ == "multiclass":
        raise NoTwinError("it encodes by the means of several classes")
    parts = []
    for place, (categories, means) in enumerate(zip(step.categories_, step.encodings_, strict=True)):
        table = np.asarray(means, np.float64)[:, None]
        parts.append(_looked_up(desk, rows, place, categories, table, float(step.target_mean_)))
    return desk.joined(parts)


def _flagged(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """MissingIndicator; what was whole in training has to be whole."""
    draft, rows = desk.draft, desk.numbers(rows)
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise NoTwinError("it flags what is not a missing number")
    draft.then(Finite(missing=True), rows)
    kept = step.features_.tolist()
    if step.features == "missing-only" and step.error_on_new:
        whole = [place for place in range(step.n_features_in_) if place not in kept]
        draft.then(Finite(missing=False), draft.then(Pick(tuple(whole)), rows))
    return draft.then(Missing(tuple(kept)), rows)


def _selected(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    draft, rows = desk.draft, desk.numbers(rows)
    rows = draft.then(Finite(missing=True), rows)
    return draft.then(Pick(tuple(np.flatnonzero(step.get_support()).tolist())), rows)


_CHANGES: dict[str, Change] = {
    "Binarizer": to_sides,
    "ColumnTransformer": _parted,
    "FastICA": to_sources,
    "FeatureUnion": _side_by_side,
    "FunctionTransformer": _by_function,
    "GaussianRandomProjection": to_random,
    "GenericUnivariateSelect": _selected,
    "IncrementalPCA": to_components,
    "KBinsDiscretizer": to_bins,
    "MaxAbsScaler": _largest,
    "MinMaxScaler": _between,
    "MissingIndicator": _flagged,
    "Normalizer": to_length_one,
    "Nystroem": to_nystroem,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "PCA": to_components,
    "Pipeline": _in_turn,
    "PolynomialFeatures": _products,
    "PowerTransformer": to_powers,
    "RBFSampler": to_waves,
    "RFE": _selected,
    "RFECV": _selected,
    "RobustScaler": _robust,
    "SelectFdr": _selected,
    "SelectFpr": _selected,
    "SelectFromModel": _selected,
    "SelectFwe": _selected,
    "SelectKBest": _selected,
    "SelectPercentile": _selected,
    "SequentialFeatureSelector": _selected,
    "SimpleImputer": _imputed,
    "SparseRandomProjection": to_random,
    "StandardScaler": _standard,
    "TargetEncoder": _target_means,
    "TruncatedSVD": to_components,
    "VarianceThreshold": _selected,
}
