"""scikit-learn estimators that ask others, lowered: votes, bags and stacks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from boxship.adapters.sklearn_desk import Desk, Estimator, Rows
from boxship.adapters.sklearn_trees import labels_of
from boxship.twin.encode import Label
from boxship.twin.link import Mean, Median
from boxship.twin.program import Answer
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Join, Pick

Inner = Callable[[Desk, Rows, Estimator], list[Answer]]


def lower_votes(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """The weighted mean of several models, of their probabilities where they are classifiers."""
    if getattr(model, "voting", "soft") != "soft":
        raise NoTwinError("it counts votes")
    weights = model._weights_not_none  # noqa: SLF001
    return [_mean(desk, [only(inner(desk, rows, one)) for one in model.estimators_], weights, model)]


def lower_bag(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """The mean of models that were each trained on some columns."""
    answers = []
    for one, places in zip(model.estimators_, model.estimators_features_, strict=True):
        whole = [*places] == [*range(model.n_features_in_)]
        some = rows if whole else desk.pick(rows, [int(place) for place in places])
        answer = only(inner(desk, some, one))
        if hasattr(model, "classes_") and list(one.classes_) != [*range(len(model.classes_))]:
            raise NoTwinError("a model in it was not shown every class")
        answers.append(answer)
    answer = _mean(desk, answers, None, model)
    scores = [one.scores for one in answers if one.scores is not None]
    if len(scores) < len(answers):
        return [answer]
    return [Answer(answer.values, answer.shares, desk.draft.then(Mean(np.ones(len(scores))), *scores))]


def lower_median(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """AdaBoost of regressors: the weighted median of what they give."""
    parts = [desk.column(only(inner(desk, rows, one)).values) for one in model.estimators_]
    weights = np.ascontiguousarray(model.estimator_weights_[: len(parts)], np.float64)
    return [Answer(desk.draft.then(Median(weights), desk.joined(parts)))]


def lower_stack(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """A model of other models' answers, beside the rows themselves where it asks for these."""
    parts = []
    for one, method in zip(model.estimators_, model.stack_method_, strict=True):
        answer = only(inner(desk, rows, one))
        if method == "predict_proba" and answer.shares is not None:
            many = len(one.classes_)
            parts.append(desk.draft.then(Pick((1,)), answer.shares) if many == 2 else answer.shares)
        elif method == "decision_function" and answer.scores is not None:
            parts.append(answer.scores)
        elif method == "predict" and not hasattr(model, "classes_"):
            parts.append(desk.column(answer.values))
        else:
            raise NoTwinError(f"it stacks what {method} gives")
    if model.passthrough:
        parts.append(desk.numbers(rows))
    line = parts[0] if len(parts) == 1 else desk.draft.then(Join(), *parts)
    final = only(inner(desk, line, model.final_estimator_))
    if not hasattr(model, "classes_"):
        return [final]
    if final.shares is None:
        raise NoTwinError("its last model gives no probabilities")
    values = desk.draft.then(Label(labels_of(model.classes_)), final.shares)
    return [Answer(values, final.shares, final.scores)]


def only(answers: list[Answer]) -> Answer:
    if len(answers) != 1:
        raise NoTwinError("a model in it has several outputs")
    return answers[0]


def _mean(desk: Desk, answers: list[Answer], weights: Any, model: Estimator) -> Answer:
    even = np.asarray(np.ones(len(answers)) if weights is None else weights, np.float64)
    if not hasattr(model, "classes_"):
        return Answer(desk.draft.then(Mean(even), *[answer.values for answer in answers]))
    shares = [answer.shares for answer in answers if answer.shares is not None]
    if len(shares) < len(answers):
        raise NoTwinError("a model in it gives no probabilities")
    line = desk.draft.then(Mean(even), *shares)
    return Answer(desk.draft.then(Label(labels_of(model.classes_)), line), line)
