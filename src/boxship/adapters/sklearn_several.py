"""scikit-learn's models of several outputs or several classes, made of one model each, lowered."""

from sklearn import __version__

from boxship.adapters.sklearn_bend import FUNCTIONS
from boxship.adapters.sklearn_calibrate import given_line
from boxship.adapters.sklearn_change import change
from boxship.adapters.sklearn_desk import Desk, Estimator, Rows
from boxship.adapters.sklearn_ensemble import Inner, only
from boxship.adapters.sklearn_trees import labels_of
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.link import Act
from boxship.twin.program import Answer
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Join, Multiply, Pick, Subtract

_FIRST_OF_EQUALS = (1, 9)  # before, the last of equal scores was chosen


def lower_each(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """A model an output."""
    return [only(inner(desk, rows, one)) for one in model.estimators_]


def lower_chain(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """A model an output, each seeing what those before it gave."""
    if getattr(model, "chain_method_", "predict") != "predict":
        raise NoTwinError(f"it hands on what {model.chain_method_} gives")
    line = desk.numbers(rows)
    found: dict[int, Answer] = {}
    for place, one in zip(model.order_, model.estimators_, strict=True):
        if hasattr(one, "classes_") and [*one.classes_] != [0, 1]:
            raise NoTwinError("its labels are not 0 and 1")
        found[int(place)] = answer = only(inner(desk, line, one))
        line = desk.draft.then(Join(), line, desk.column(answer.values))
    return [found[place] for place in sorted(found)]


def lower_one_of_all(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """A model a class, each against all others; a single one of two classes."""
    if model.multilabel_ or any(not hasattr(one, "classes_") for one in model.estimators_):
        raise NoTwinError("it decides several labels, or by what is no classifier")
    if tuple(map(int, __version__.split(".")[:2])) < _FIRST_OF_EQUALS:
        raise NoTwinError(f"scikit-learn {__version__} chooses another of equal scores")
    answers = [only(inner(desk, rows, one)) for one in model.estimators_]
    given = [given_line(desk, [answer], one) for answer, one in zip(answers, model.estimators_, strict=True)]
    decides, labels = hasattr(model, "decision_function"), labels_of(model.classes_)
    scores = desk.joined(given)
    label = Label(labels) if len(given) > 1 else Sides(labels, 0.0 if decides else 0.5)
    values = desk.draft.then(label, scores)
    kept = scores if decides else None
    shares = [desk.draft.then(Pick((1,)), one.shares) for one in answers if one.shares is not None]
    if len(shares) < len(answers):
        return [Answer(values, scores=kept)]
    act = Act("normal" if len(given) > 1 else "two")
    return [Answer(values, desk.draft.then(act, desk.joined(shares)), kept)]


def lower_another(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """One that answers what the model in it answers."""
    return inner(
        desk, rows, next(getattr(model, n) for n in ("estimator_", "estimator") if hasattr(model, n))
    )


def lower_selected(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """A model of the columns that it chose itself."""
    return inner(desk, change(desk, rows, model), model.estimator_)


def lower_transformed(desk: Desk, rows: Rows, model: Estimator, inner: Inner) -> list[Answer]:
    """A regressor whose target was changed before it was trained, and is changed back."""
    answer = only(inner(desk, rows, model.regressor_))
    line, back = desk.column(answer.values), model.transformer_
    kind = type(back).__name__
    if kind == "FunctionTransformer":
        function = back.inverse_func
        if back.inv_kw_args or (function is not None and function not in FUNCTIONS):
            raise NoTwinError("its target is changed back by a function")
        line = line if function is None else desk.draft.then(Act(FUNCTIONS[function]), line)
    elif kind == "StandardScaler":
        line = desk.draft.then(Multiply(back.scale_), line) if back.with_std else line
        line = desk.draft.then(Add(back.mean_), line) if back.with_mean else line
    elif kind == "MinMaxScaler":
        line = desk.draft.then(Multiply(1 / back.scale_), desk.draft.then(Subtract(back.min_), line))
    else:
        raise NoTwinError(f"its target is changed by a {kind}")
    return [Answer(desk.draft.then(Column(0), line))]
