"""scikit-learn's calibrated classifiers, and thresholds of their users', lowered."""

import numpy as np

from boxship.adapters.sklearn_desk import Desk, Estimator, Rows
from boxship.adapters.sklearn_ensemble import Inner, only
from boxship.adapters.sklearn_trees import labels_of
from boxship.core.column import Array
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.link import Act, Curve, Mean
from boxship.twin.program import Answer, Draft
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Finite, Multiply, Pick

_EPSILON = 1e-12  # added to a probability before its logarithm is taken


def lower_calibrated(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """The mean of classifiers, of which each has its probabilities corrected."""
    parts = [
        _calibrated(desk, inner(desk, rows, one.estimator), one) for one in model.calibrated_classifiers_
    ]
    shares = parts[0] if len(parts) == 1 else desk.draft.then(Mean(np.ones(len(parts))), *parts)
    return [Answer(desk.draft.then(Label(labels_of(model.classes_)), shares), shares)]


def lower_threshold(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """The second label where what the classifier gives reaches a threshold."""
    estimator = getattr(model, "estimator_", model.estimator)
    tuned = hasattr(model, "best_threshold_")
    threshold = model.best_threshold_ if tuned else model.threshold
    positive = model._curve_scorer._get_pos_label() if tuned else model.pos_label  # noqa: SLF001
    if positive not in (None, model.classes_[1]):
        raise NoTwinError("its threshold is that of the first label")
    answer = only(inner(desk, rows, estimator))
    by_share = model.response_method == "predict_proba" or (
        model.response_method == "auto" and hasattr(estimator, "predict_proba")
    )
    if threshold == "auto":
        threshold = 0.5 if by_share else 0.0
    if by_share and answer.shares is not None:
        line = desk.draft.then(Pick((1,)), answer.shares)
    elif not by_share and answer.scores is not None:
        line = answer.scores
    else:
        raise NoTwinError("its threshold is of something that is not known of the model in it")
    sides = Sides(labels_of(model.classes_), float(np.nextafter(threshold, -np.inf)))
    return [Answer(desk.draft.then(sides, line), answer.shares, answer.scores)]


def lower_curve(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Isotonic regression."""
    line = draft.then(_curve_of(model), draft.then(Finite(missing=False), rows))
    return [Answer(draft.then(Column(0), line))]


def given_line(desk: Desk, answers: list[Answer], model: Estimator) -> int:
    """What a classifier gives to one that asks for its decisions, or else its probabilities: one column
    where there are two classes."""
    answer = only(answers)
    if hasattr(model, "decision_function"):
        if answer.scores is None:
            raise NoTwinError("it is not known what a model in it decides by")
        return answer.scores
    if answer.shares is None:
        raise NoTwinError("a model in it gives no probabilities")
    return desk.draft.then(Pick((1,)), answer.shares) if len(model.classes_) == 2 else answer.shares


def _calibrated(desk: Desk, answers: list[Answer], one: Estimator) -> int:
    draft, many = desk.draft, len(one.classes)
    shown = one.estimator.classes_  # by their places where it is calibrated by temperature
    if many < 2 or len(shown) != many or (one.method != "temperature" and [*shown] != [*one.classes]):
        raise NoTwinError("a model in it was not shown every class")
    line = given_line(desk, answers, one.estimator)
    if one.method == "temperature":
        if not hasattr(one.estimator, "decision_function"):
            line = draft.then(Act("two"), line) if many == 2 else line
            line = draft.then(Act("log"), draft.then(Add(np.full(many, _EPSILON)), line))
        elif many == 2:
            line = draft.then(Act("opposite"), line)
        beta = float(one.calibrators[0].beta_)
        return draft.then(Act("softmax"), draft.then(Multiply(np.full(many, beta)), line))
    if one.method == "sigmoid":
        slopes, starts = (_each(one, name) for name in ("a_", "b_"))
        line = draft.then(Act("logistic"), draft.then(Add(-starts), draft.then(Multiply(-slopes), line)))
    elif one.method == "isotonic":
        wide = len(one.calibrators) > 1
        parts = [
            draft.then(_curve_of(curve), draft.then(Pick((place,)), line) if wide else line)
            for place, curve in enumerate(one.calibrators)
        ]
        line = desk.joined(parts)
    else:
        raise NoTwinError(f"it is calibrated by {one.method}")
    return draft.then(Act("two" if many == 2 else "even"), line)


def _each(one: Estimator, name: str) -> Array:
    return np.array([float(getattr(calibrator, name)) for calibrator in one.calibrators])


def _curve_of(model: Estimator) -> Curve:
    """The points of an isotonic regression that is level at its ends."""
    if model.out_of_bounds != "clip":
        raise NoTwinError(f"out of bounds it gives {model.out_of_bounds}")
    x, y = model.X_thresholds_, model.y_thresholds_
    if len(x) == 1:
        x, y = np.array([x[0], x[0]]), np.array([y[0], y[0]])
    return Curve(np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64))
