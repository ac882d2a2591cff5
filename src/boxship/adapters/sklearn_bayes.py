"""scikit-learn's naive Bayes and discriminants, lowered: how likely each class makes a row."""

import numpy as np

from boxship.adapters.sklearn_desk import Estimator
from boxship.adapters.sklearn_trees import labels_of
from boxship.core.column import Array
from boxship.twin.algebra import Bells, Linear
from boxship.twin.encode import Label
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft
from boxship.twin.steps import Above, Finite, Join, Subtract


def lower_bells(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Naive Bayes of normal columns."""
    start = np.log(model.class_prior_) - 0.5 * np.log(2.0 * np.pi * model.var_).sum(axis=1)
    line = draft.then(Finite(missing=False), rows)
    return [_likeliest(draft, draft.then(Bells(model.theta_, model.var_, start), line), model)]


def lower_counts(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Naive Bayes of counts: multinomial, or of the complement of each class."""
    start = model.class_log_prior_
    if type(model).__name__ == "ComplementNB" and len(model.classes_) > 1:
        start = np.zeros(len(model.classes_))
    return [_summed(draft, draft.then(Finite(missing=False), rows), model.feature_log_prob_, start, model)]


def lower_switches(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Naive Bayes of what is there or not."""
    line = draft.then(Finite(missing=False), rows)
    if model.binarize is not None:
        line = draft.then(Above(np.full(model.n_features_in_, float(model.binarize))), line)
    absent = np.log(1 - np.exp(model.feature_log_prob_))
    start = model.class_log_prior_ + absent.sum(axis=1)
    return [_summed(draft, line, model.feature_log_prob_ - absent, start, model)]


def lower_quadratic(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Normal rows with a shape for each class."""
    line = draft.then(Finite(missing=False), rows)
    columns = []
    for mean, turned, scales, prior in zip(
        model.means_, model.rotations_, model.scalings_, model.priors_, strict=True
    ):
        apart = draft.then(Subtract(mean), line)
        weights = np.ascontiguousarray(turned * scales**-0.5)
        squares = draft.then(Act("square"), draft.then(Linear(weights, np.zeros(len(scales))), apart))
        start = np.log(prior) - 0.5 * np.log(scales).sum()
        columns.append(draft.then(Linear(np.full((len(scales), 1), -0.5), np.array([start])), squares))
    sums = draft.then(Join(), *columns)
    answer = _likeliest(draft, sums, model)
    if len(model.classes_) > 2:
        return [Answer(answer.values, answer.shares, sums)]
    between = draft.then(Linear(np.array([[-1.0], [1.0]]), np.zeros(1)), sums)
    return [Answer(answer.values, answer.shares, between)]


def _summed(draft: Draft, line: int, weights: Array, start: Array, model: Estimator) -> Answer:
    sums = draft.then(Linear(np.ascontiguousarray(weights.T), np.ascontiguousarray(start)), line)
    return _likeliest(draft, sums, model)


def _likeliest(draft: Draft, sums: int, model: Estimator) -> Answer:
    return Answer(draft.then(Label(labels_of(model.classes_)), sums), draft.then(Act("softmax"), sums))
