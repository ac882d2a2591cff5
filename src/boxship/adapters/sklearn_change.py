"""What stands before an estimator, lowered: scalers, imputers, encoders, and how columns are parted and joined."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array

from boxship.adapters import Level
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.twin.algebra import Products
from boxship.twin.encode import Find, Lookup
from boxship.twin.program import Draft
from boxship.twin.read import Numbers, Places
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
    Standing,
    Subtract,
)

Estimator = Any  # scikit-learn ships no types


class Unread(NamedTuple):
    """Columns of the table that no step has made numbers of yet, and what fills their nulls, if anything."""

    names: tuple[str, ...]
    fills: tuple[Level | None, ...]

    @classmethod
    def of(cls, contract: Contract) -> "Unread":
        return cls(tuple(field.name for field in contract.inputs), (None,) * len(contract.inputs))


Rows = Unread | int  # or the line that holds them as a block


class Desk(NamedTuple):
    """Where a program is drafted for a contract."""

    draft: Draft
    contract: Contract

    def is_number(self, name: str) -> bool:
        type_ = self.contract.fields[name].typed
        return type_.is_number or type_.kind == "bool"

    def numbers(self, rows: Rows) -> int:
        """The line that holds them as a block."""
        if isinstance(rows, int):
            return rows
        for name in rows.names:
            if not self.is_number(name):
                raise NoTwinError(f"it takes the column {name!r}, which is no number, as it is")
        if any(fill is not None for fill in rows.fills):
            raise NoTwinError("it fills in words where numbers are due")
        return self.draft.read(Numbers(rows.names))

    def pick(self, rows: Rows, places: Sequence[int]) -> Rows:
        if isinstance(rows, int):
            return self.draft.then(Pick(tuple(places)), rows)
        return Unread(tuple(rows.names[one] for one in places), tuple(rows.fills[one] for one in places))

    def joined(self, parts: Sequence[int]) -> int:
        return parts[0] if len(parts) == 1 else self.draft.then(Join(), *parts)

    def column(self, values: int) -> int:
        """The line that holds values, one a row, as a block of one column."""
        return self.draft.then(Standing(), values)

    def places(self, rows: Rows, place: int, values: tuple[Level, ...]) -> tuple[int, Level | None]:
        """The line with the places of one column's values in a list, and what fills its nulls."""
        if isinstance(rows, int):
            if any(isinstance(one, str) for one in values):
                raise NoTwinError("it encodes words that a step before it made")
            numbers = np.array(values, np.float64)
            return self.draft.then(Find(numbers), self.draft.then(Pick((place,)), rows)), None
        return self.draft.read(Places(rows.names[place], values)), rows.fills[place]


Change = Callable[[Desk, Rows, Estimator], Rows]


def change(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """The rows after a step that is no estimator; raises `NoTwinError` for one that is not known."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return rows
    name = own_name(step)
    if name not in _CHANGES:
        raise NoTwinError(f"there is no way yet to lower a {name}")
    return _CHANGES[name](desk, rows, step)


def own_name(one: Estimator) -> str:
    """The name of scikit-learn's own classes; a subclass may do anything."""
    kind = type(one)
    if not kind.__module__.startswith("sklearn."):
        raise NoTwinError(f"{kind.__module__}.{kind.__qualname__} is not scikit-learn's")
    return kind.__name__


def _in_turn(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    for _, inner in step.steps:
        rows = change(desk, rows, inner)
    return rows


def _as_it_is(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """What a ColumnTransformer makes of `passthrough`, and boosting of its numbers."""
    del desk
    func = getattr(step.func, "func", step.func)  # of a partial
    if func not in (None, check_array) or step.validate:
        raise NoTwinError("it calls a function")
    return rows


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


def _selected(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    draft, rows = desk.draft, desk.numbers(rows)
    rows = draft.then(Finite(missing=True), rows)
    return draft.then(Pick(tuple(np.flatnonzero(step.get_support()).tolist())), rows)


_CHANGES: dict[str, Change] = {
    "ColumnTransformer": _parted,
    "FeatureUnion": _side_by_side,
    "FunctionTransformer": _as_it_is,
    "MaxAbsScaler": _largest,
    "MinMaxScaler": _between,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "Pipeline": _in_turn,
    "PolynomialFeatures": _products,
    "RobustScaler": _robust,
    "SelectFromModel": _selected,
    "SelectKBest": _selected,
    "SelectPercentile": _selected,
    "SimpleImputer": _imputed,
    "StandardScaler": _standard,
    "VarianceThreshold": _selected,
}
