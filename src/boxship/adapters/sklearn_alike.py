"""Likeness to rows of training, as scikit-learn's kernels measure it, and what it makes of columns."""

import numpy as np

from boxship.adapters.sklearn_desk import Desk, Estimator, Rows, double
from boxship.core.column import Array
from boxship.twin.algebra import Linear
from boxship.twin.alike import Alike
from boxship.twin.link import Act
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Finite, Multiply

KINDS = ("linear", "poly", "rbf", "sigmoid")
MOST = 2**23  # numbers in the rows of training, or in their weights: 64 MB


def alike(kernel: object, points: Array, *, gamma: object, start: object, degree: object) -> Alike:
    """The step; raises where the kernel is not known, or the rows are too many."""
    if not isinstance(kernel, str) or kernel not in KINDS:
        raise NoTwinError(f"its kernel is {kernel if isinstance(kernel, str) else 'a function of its own'}")
    by = 1.0 / points.shape[1] if gamma is None else gamma
    return Alike(kernel, points_of(points), float(by), float(start), float(degree))  # type: ignore[arg-type]  # numbers


def points_of(points: Array) -> Array:
    """Rows of training, where they are not too many."""
    if points.size > MOST:
        raise NoTwinError(f"it keeps {len(points):,} rows of training, which is more than a twin does")
    return double(points)


def to_nystroem(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """Likeness to some rows of training, turned."""
    if step.kernel_params:
        raise NoTwinError("it hands its kernel parameters of its own")
    told = {
        "gamma": step.gamma,
        "start": 1.0 if step.coef0 is None else step.coef0,
        "degree": 3 if step.degree is None else step.degree,
    }
    found = alike(step.kernel, step.components_, **told)
    line = desk.draft.then(found, desk.draft.then(Finite(missing=False), desk.numbers(rows)))
    turned = double(step.normalization_.T)
    return desk.draft.then(Linear(turned, np.zeros(turned.shape[1])), line)


def to_waves(desk: Desk, rows: Rows, step: Estimator) -> Rows:
    """Cosines of random sums."""
    weights, shift = double(step.random_weights_), double(step.random_offset_)
    line = desk.draft.then(Finite(missing=False), desk.numbers(rows))
    line = desk.draft.then(Act("cos"), desk.draft.then(Linear(weights, shift), line))
    return desk.draft.then(Multiply(np.full(len(shift), (2.0 / len(shift)) ** 0.5)), line)
