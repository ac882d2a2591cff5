"""scikit-learn's support vector machines and kernel ridge, lowered: sums of how alike a row is to rows of training."""

from itertools import combinations

import numpy as np

from boxship.adapters.sklearn_alike import MOST, alike
from boxship.adapters.sklearn_desk import Estimator, double
from boxship.adapters.sklearn_trees import labels_of
from boxship.twin.algebra import Linear
from boxship.twin.alike import Coupled, Rivals, Votes
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.program import Answer, Draft
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Finite, Multiply


def lower_machine(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A support vector machine that chooses among classes, each against each other."""
    count = len(model.classes_)
    line = _machine(draft, rows, model)
    scores = draft.then(_of_pairs(model), line)
    if count == 2:
        decides = draft.then(Multiply(np.array([-1.0])), scores)
    else:
        decides = draft.then(Rivals(count), scores) if model.decision_function_shape == "ovr" else scores
    breaks = model.break_ties and count > 2
    line = decides if breaks else draft.then(Votes(count), scores)
    shares = None
    if model.probability is True:
        curves = double(model._probA), double(model._probB)  # noqa: SLF001
        if not len(curves[0]):
            raise NoTwinError("it was not fitted with probabilities")
        shares = draft.then(Coupled(*curves, count), scores)
    return [Answer(draft.then(Label(labels_of(model.classes_)), line), shares, decides)]


def lower_sum(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A support vector machine that gives a number."""
    return [Answer(draft.then(Column(0), _sum(draft, rows, model)))]


def lower_bounds(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A support vector machine of one class: 1 inside, -1 outside."""
    return [Answer(draft.then(Sides((-1, 1), 0.0), _sum(draft, rows, model)))]


def lower_ridge(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Kernel ridge: a sum an output."""
    if model.kernel_params:
        raise NoTwinError("it hands its kernel parameters of its own")
    told = {"gamma": model.gamma, "start": model.coef0, "degree": model.degree}
    found = alike(model.kernel, model.X_fit_, **told)
    line = draft.then(found, draft.then(Finite(missing=False), rows))
    weights = double(np.reshape(model.dual_coef_, (len(model.X_fit_), -1)))
    sums = draft.then(Linear(weights, np.zeros(weights.shape[1])), line)
    return [Answer(draft.then(Column(place), sums)) for place in range(weights.shape[1])]


def _machine(draft: Draft, rows: int, model: Estimator) -> int:
    if model._sparse:  # noqa: SLF001
        raise NoTwinError("it was trained on a sparse matrix")
    told = {"gamma": model._gamma, "start": model.coef0, "degree": model.degree}  # noqa: SLF001
    found = alike(model.kernel, model.support_vectors_, **told)
    return draft.then(found, draft.then(Finite(missing=False), rows))


def _of_pairs(model: Estimator) -> Linear:
    """libsvm's own scores: the points of two classes, each with its weight against the other."""
    counts = model._n_support  # noqa: SLF001
    ends = np.concatenate([[0], np.cumsum(counts)])
    pairs = list(combinations(range(len(counts)), 2))
    given = model._dual_coef_
    if given.shape[1] * len(pairs) > MOST:
        raise NoTwinError(f"it holds {len(pairs):,} pairs of classes against each other")
    weights = np.zeros((given.shape[1], len(pairs)))
    for place, (one, other) in enumerate(pairs):
        for own, against in ((one, other - 1), (other, one)):
            among = slice(ends[own], ends[own + 1])
            weights[among, place] = given[against, among]
    return Linear(weights, double(model._intercept_))


def _sum(draft: Draft, rows: int, model: Estimator) -> int:
    line = _machine(draft, rows, model)
    return draft.then(Linear(double(model._dual_coef_.T), double(model._intercept_)), line)
