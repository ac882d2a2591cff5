"""scikit-learn's linear models and networks, lowered."""

from typing import Any

import numpy as np

from boxship.adapters.sklearn_desk import Estimator, double
from boxship.adapters.sklearn_trees import BELOW_ZERO, labels_of
from boxship.twin.algebra import Linear
from boxship.twin.encode import Column, Label, Lookup, Sides
from boxship.twin.link import ACTS, Act
from boxship.twin.program import Answer, Draft
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Clip, Divide, Finite, Missing, Subtract


def lower_regression(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A weighted sum an output."""
    sums = _weighted(draft, rows, model)
    return [Answer(draft.then(Column(place), sums)) for place in range(len(np.atleast_2d(model.coef_)))]


def lower_logarithmic(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A weighted sum behind a logarithm: Poisson, gamma, and Tweedie where they have that link."""
    link = type(model._base_loss.link).__name__  # noqa: SLF001
    if link not in ("IdentityLink", "LogLink"):
        raise NoTwinError(f"its link is {link}")
    sums = _weighted(draft, rows, model)
    return [Answer(draft.then(Column(0), sums if link == "IdentityLink" else draft.then(Act("exp"), sums)))]


def lower_logistic(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Logistic regression: of two classes, or of several together."""
    if len(model.classes_) > 2 and getattr(model, "solver", "") == "liblinear":
        raise NoTwinError("it has one model a class")
    if len(model.classes_) > 2 and getattr(model, "multi_class", "deprecated") not in (
        "auto",
        "deprecated",
        "multinomial",
    ):
        raise NoTwinError(f"its multi_class is {model.multi_class}")
    return [_chosen(draft, _weighted(draft, rows, model), labels_of(model.classes_))]


def lower_sides(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Weighted sums that decide a label and are no probabilities."""
    sums, labels = _weighted(draft, rows, model), labels_of(model.classes_)
    if not labels or np.ndim(model.classes_) != 1:
        raise NoTwinError("it decides several labels")
    values = draft.then(Sides(labels, 0.0) if len(labels) == 2 else Label(labels), sums)
    return [Answer(values, scores=sums)]


def lower_hinged(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Trained by stochastic gradients: probabilities only of the losses that have them."""
    answer = lower_sides(draft, rows, model)[0]
    if answer.scores is None:
        raise AssertionError("sides have scores")
    if model.loss == "modified_huber":
        one = np.ones(len(np.atleast_2d(model.coef_)))
        shares = draft.then(Clip(-one, one), answer.scores)
        shares = draft.then(Divide(2 * one), draft.then(Add(one), shares))
    elif model.loss == "log_loss":
        shares = draft.then(Act("logistic"), answer.scores)
    else:
        return [answer]
    shares = draft.then(Act("two" if len(model.classes_) == 2 else "even"), shares)
    return [Answer(answer.values, shares, answer.scores)]


def lower_inside(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A half of the space, by stochastic gradients: 1 inside, -1 outside."""
    weights = double(np.atleast_2d(model.coef_).T)
    sums = draft.then(Linear(weights, -double(model.offset_)), draft.then(Finite(missing=False), rows))
    return [Answer(draft.then(Sides((-1, 1), BELOW_ZERO), sums))]


def lower_constant(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """One that answers every row alike, whatever is in it."""
    at = draft.then(Missing((0,)), rows)  # of which there is one a row
    if not hasattr(model, "classes_"):
        line = draft.then(Lookup(np.tile(double(model.constant_), (4, 1)), unknown=True, missing=True), at)
        return [Answer(draft.then(Column(place), line)) for place in range(model.constant_.shape[1])]
    if model.strategy not in ("constant", "most_frequent", "prior") or model.n_outputs_ > 1:
        raise NoTwinError(f"it answers by the strategy {model.strategy}")
    labels = labels_of(model.classes_)
    chosen = (
        labels.index(model.constant) if model.strategy == "constant" else int(model.class_prior_.argmax())
    )
    shares = model.class_prior_ if model.strategy == "prior" else np.eye(len(labels))[chosen]
    tables = (np.tile(row, (4, 1)) for row in (shares, np.eye(len(labels))[chosen]))
    line, label = (draft.then(Lookup(table, unknown=True, missing=True), at) for table in tables)
    return [Answer(draft.then(Label(labels), label), line)]


def lower_centred(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Partial least squares: a weighted sum of what lies beyond the mean."""
    line = draft.then(Subtract(double(model._x_mean)), draft.then(Finite(missing=False), rows))  # noqa: SLF001
    weights = double(model.coef_.T)
    bias = np.broadcast_to(double(model.intercept_), (weights.shape[1],)).copy()
    line = draft.then(Linear(weights, bias), line)
    return [Answer(draft.then(Column(place), line)) for place in range(weights.shape[1])]


def lower_centres(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """The nearest of some centres: the square of each less twice the product with it."""
    centres = double(model.cluster_centers_)
    line = draft.then(Finite(missing=False), rows)
    line = draft.then(Linear(2.0 * centres.T, -np.einsum("ij,ij->i", centres, centres)), line)
    return [Answer(draft.then(Label(tuple(range(len(centres)))), line))]


def lower_ellipse(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """How far from the middle, by the shape of the data: 1 inside, -1 outside."""
    if model.precision_ is None:
        raise NoTwinError("it kept no precision")
    line = draft.then(Subtract(double(model.location_)), draft.then(Finite(missing=False), rows))
    values, axes = np.linalg.eigh(model.precision_)
    line = draft.then(Act("square"), draft.then(Linear(axes, np.zeros(len(values))), line))
    sums = draft.then(Linear(-values[:, None], np.array([-float(model.offset_)])), line)
    return [Answer(draft.then(Sides((-1, 1), BELOW_ZERO), sums))]


def lower_network(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A multi-layer perceptron."""
    for name in (model.activation, model.out_activation_):
        if name != "identity" and name not in ACTS:
            raise NoTwinError(f"it has the activation {name}")
    line = draft.then(Finite(missing=False), rows)
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    for place, (weights, bias) in enumerate(layers):
        line = draft.then(Linear(double(weights), double(bias)), line)
        if place < len(layers) - 1 and model.activation != "identity":
            line = draft.then(Act(model.activation), line)
    if not hasattr(model, "classes_"):
        if model.out_activation_ != "identity":
            line = draft.then(Act(model.out_activation_), line)
        return [Answer(draft.then(Column(place), line)) for place in range(model.n_outputs_)]
    labels = labels_of(model.classes_)
    if model.out_activation_ == "logistic" and model.n_outputs_ == 1:
        line = draft.then(Act("logistic"), line)
        return [Answer(draft.then(Sides(labels, 0.5), line), draft.then(Act("two"), line))]
    if model.out_activation_ != "softmax":
        raise NoTwinError(f"its last activation is {model.out_activation_}")
    shares = draft.then(Act("softmax"), line)
    return [Answer(draft.then(Label(labels), shares), shares)]


def _chosen(draft: Draft, sums: int, labels: tuple[Any, ...]) -> Answer:
    if len(labels) == 2:
        shares = draft.then(Act("two"), draft.then(Act("logistic"), sums))
        return Answer(draft.then(Sides(labels, 0.0), sums), shares, sums)
    return Answer(draft.then(Label(labels), sums), draft.then(Act("softmax"), sums), sums)


def _weighted(draft: Draft, rows: int, model: Estimator) -> int:
    weights = np.atleast_2d(model.coef_)
    bias = np.broadcast_to(np.asarray(model.intercept_, np.float64), (len(weights),))
    return draft.then(Linear(double(weights.T), double(bias)), draft.then(Finite(missing=False), rows))
