"""scikit-learn's Gaussian processes, lowered to their mean: the parts of a kernel, each with a sum of its own."""

from typing import NamedTuple

import numpy as np

from boxship.adapters.sklearn_alike import points_of
from boxship.adapters.sklearn_desk import Estimator, double
from boxship.core.column import Array
from boxship.twin.algebra import Linear
from boxship.twin.alike import Alike
from boxship.twin.encode import Column
from boxship.twin.program import Answer, Draft
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Divide, Finite, Join, Multiply


class _Term(NamedTuple):
    """Part of a kernel: `one` is the same for all rows."""

    factor: float
    kind: str
    lengths: Array  # that each column is divided by
    start: float = 0.0


def lower_process(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """The mean of a Gaussian process: each part of its kernel has a sum of its own."""
    rows = draft.then(Finite(missing=False), rows)
    weights = double(np.reshape(model.alpha_, (len(model.X_train_), -1)))
    parts: list[int] = []
    count = weights.shape[1]
    level = np.zeros(count)
    for one in _terms(model.kernel_, model.n_features_in_):
        if one.kind == "one":
            level += one.factor * weights.sum(axis=0)
            continue
        gamma = 0.5 if one.kind == "rbf" else 1.0
        found = Alike(one.kind, points_of(model.X_train_ / one.lengths), gamma, one.start, 1.0)
        line = draft.then(found, draft.then(Divide(one.lengths), rows))
        parts.append(draft.then(Linear(one.factor * weights, np.zeros(count)), line))
    if not parts:
        raise NoTwinError("its kernel is the same for all rows")
    line = parts[0] if len(parts) == 1 else draft.then(Join(), *parts)
    sums = draft.then(Linear(np.tile(np.eye(count), (len(parts), 1)), level), line)
    spread, middle = (
        np.broadcast_to(one, (count,)).astype(np.float64)
        for one in (model._y_train_std, model._y_train_mean)  # noqa: SLF001
    )
    line = draft.then(Add(middle), draft.then(Multiply(spread), sums))
    return [Answer(draft.then(Column(place), line)) for place in range(count)]


def _terms(kernel: Estimator, width: int) -> list[_Term]:
    """The kernel of a process as a sum; noise is none between a row and those of training."""
    kind, ones = type(kernel).__name__, np.ones(width)
    if not type(kernel).__module__.startswith("sklearn."):
        raise NoTwinError("its kernel is a function of its own")
    if kind == "WhiteKernel":
        return []
    if kind == "ConstantKernel":
        return [_Term(float(kernel.constant_value), "one", ones)]
    if kind == "RBF":
        return [_Term(1.0, "rbf", ones * kernel.length_scale)]
    if kind == "DotProduct":
        return [_Term(1.0, "poly", ones, float(kernel.sigma_0**2))]
    if kind == "Sum":
        return _terms(kernel.k1, width) + _terms(kernel.k2, width)
    if kind == "Product":
        return [_product(a, b) for a in _terms(kernel.k1, width) for b in _terms(kernel.k2, width)]
    raise NoTwinError(f"its kernel is a {kind}")


def _product(one: _Term, other: _Term) -> _Term:
    factor = one.factor * other.factor
    for this, that in ((one, other), (other, one)):
        if this.kind == "one":
            return that._replace(factor=factor)
    if one.kind == other.kind == "rbf":
        return _Term(factor, "rbf", (one.lengths**-2 + other.lengths**-2) ** -0.5)
    raise NoTwinError("its kernel multiplies others than squared exponentials")
