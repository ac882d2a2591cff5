"""scikit-learn's linear models and networks, lowered."""

from typing import Any

import numpy as np

from boxship.adapters.sklearn_trees import labels_of
from boxship.core.column import Array
from boxship.twin.algebra import Bells, Linear
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.link import ACTS, Act
from boxship.twin.program import Answer, Draft
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Finite

Estimator = Any  # scikit-learn ships no types


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
    return [Answer(draft.then(Sides(labels, 0.0) if len(labels) == 2 else Label(labels), sums))]


def lower_bayes(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Naive Bayes of normal columns."""
    start = np.log(model.class_prior_) - 0.5 * np.log(2.0 * np.pi * model.var_).sum(axis=1)
    line = draft.then(Finite(missing=False), rows)
    sums = draft.then(Bells(model.theta_, model.var_, start), line)
    return [Answer(draft.then(Label(labels_of(model.classes_)), sums), draft.then(Act("softmax"), sums))]


def lower_network(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A multi-layer perceptron."""
    for name in (model.activation, model.out_activation_):
        if name != "identity" and name not in ACTS:
            raise NoTwinError(f"it has the activation {name}")
    line = draft.then(Finite(missing=False), rows)
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    for place, (weights, bias) in enumerate(layers):
        line = draft.then(Linear(_double(weights), _double(bias)), line)
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
        return Answer(draft.then(Sides(labels, 0.0), sums), shares)
    return Answer(draft.then(Label(labels), sums), draft.then(Act("softmax"), sums))


def _weighted(draft: Draft, rows: int, model: Estimator) -> int:
    weights = np.atleast_2d(model.coef_)
    bias = np.broadcast_to(np.asarray(model.intercept_, np.float64), (len(weights),))
    return draft.then(Linear(_double(weights.T), _double(bias)), draft.then(Finite(missing=False), rows))


def _double(values: Any) -> Array:
    if np.asarray(values).dtype != np.float64:
        raise NoTwinError("it was trained in single precision")
    return np.ascontiguousarray(values)
