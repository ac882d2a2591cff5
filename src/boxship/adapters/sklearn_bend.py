"""What bends or mixes columns before a scikit-learn estimator, lowered: powers, bins, lengths, projections."""

from typing import Any

import numpy as np

from boxship.adapters.sklearn_desk import Desk, Estimator, Rows, double
from boxship.twin.algebra import Linear, Norm, Power
from boxship.twin.encode import Bin, Lookup
from boxship.twin.link import Act
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Above, Divide, Finite, Pick, Subtract

FUNCTIONS = {
    np.exp: "exp",
    np.expm1: "expm1",
    np.log: "log",
    np.log1p: "log1p",
    np.sqrt: "sqrt",
    np.square: "square",
}


def to_powers(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """PowerTransformer, of either sign."""
    if step.method != "yeo-johnson":
        raise NoTwinError(f"its powers are by {step.method}")
    draft = desk.draft
    line = draft.then(Power(double(step.lambdas_)), draft.then(Finite(missing=True), desk.numbers(rows)))
    if not step.standardize:
        return line
    scaler = step._scaler  # noqa: SLF001
    line = draft.then(Subtract(scaler.mean_), draft.then(Finite(missing=True), line))
    return draft.then(Divide(scaler.scale_), line)


def to_bins(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """KBinsDiscretizer: the place of each value, or as many columns as there are places."""
    draft = desk.draft
    line = draft.then(Finite(missing=False), desk.numbers(rows))
    parts = []
    for place, edges in enumerate(step.bin_edges_):
        found = draft.then(Bin(double(edges[1:-1])), draft.then(Pick((place,)), line))
        if step.encode != "ordinal":
            table = np.eye(len(edges) - 1)
            found = draft.then(
                Lookup(np.concatenate([table, table[:2]]), unknown=False, missing=False), found
            )
        parts.append(found)
    return desk.joined(parts)


def to_sides(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """Binarizer."""
    line = desk.draft.then(Finite(missing=False), desk.numbers(rows))
    return desk.draft.then(Above(np.full(step.n_features_in_, float(step.threshold))), line)


def to_length_one(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """Normalizer."""
    return desk.draft.then(Norm(step.norm), desk.draft.then(Finite(missing=False), desk.numbers(rows)))


def to_components(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """PCA and its like: weighted sums, the mean taken away behind them."""
    draft, weights = desk.draft, double(step.components_.T)
    line = draft.then(Finite(missing=False), desk.numbers(rows))
    mean = getattr(step, "mean_", None)
    bias = np.zeros(weights.shape[1]) if mean is None else -(double(mean) @ weights)
    line = draft.then(Linear(weights, bias), line)
    if not getattr(step, "whiten", False):
        return line
    scale = np.sqrt(step.explained_variance_)
    return draft.then(Divide(np.maximum(scale, np.finfo(scale.dtype).eps)), line)


def to_sources(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """FastICA: the mean taken away first."""
    line = desk.draft.then(Finite(missing=False), desk.numbers(rows))
    if step.whiten:
        line = desk.draft.then(Subtract(double(step.mean_)), line)
    weights = double(step.components_.T)
    return desk.draft.then(Linear(weights, np.zeros(weights.shape[1])), line)


def to_random(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """A random projection."""
    weights = step.components_
    weights = double((weights.toarray() if hasattr(weights, "toarray") else weights).T)
    line = desk.draft.then(Finite(missing=False), desk.numbers(rows))
    return desk.draft.then(Linear(weights, np.zeros(weights.shape[1])), line)


def by_function(desk: Desk, rows: Rows, function: Any) -> Rows:
    """A function of numpy's, of each value alone."""
    if function not in FUNCTIONS:
        raise NoTwinError("it calls a function")
    return desk.draft.then(Act(FUNCTIONS[function]), desk.numbers(rows))
