"""What a fitted scikit-learn estimator answers with, as far as it says so and as its answers show."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import is_classifier

from boxship.adapters import MOST_OUTPUTS, DescribedOutput, Given
from boxship.adapters.sklearn_inside import Estimator, kind_of
from boxship.core.column import Array
from boxship.errors import BoxError


def outputs_of(model: Estimator, given: Sequence[Given] | None) -> tuple[DescribedOutput, ...]:
    """`given` is an answer to rows of its data; without one, only what the model says of itself."""
    classes = getattr(model, "classes_", None) if is_classifier(model) else None
    if isinstance(classes, list):
        names = _names(len(classes))
        return tuple(_classified(n, np.asarray(c), model) for n, c in zip(names, classes, strict=True))
    if classes is not None and (given is None or len(given) == 1):
        return (_classified("prediction", np.asarray(classes), model),)
    if given is None:
        return (DescribedOutput("prediction", _number_type(model)),)
    if len(given) > MOST_OUTPUTS:
        raise BoxError(
            "model.too_many_outputs",
            f"the model answers each row with {len(given):,} values, {MOST_OUTPUTS:,} are the most",
            "put the step that comes after it into the same pipeline",
        )
    names = _names(len(given))
    if classes is not None:  # a label is there or not
        return tuple(_indicated(name, one) for name, one in zip(names, given, strict=True))
    return tuple(
        DescribedOutput(name, _type_of(one.values, model)) for name, one in zip(names, given, strict=True)
    )


def _classified(name: str, labels: Array, model: Estimator) -> DescribedOutput:
    values = tuple(labels.tolist())
    kind = {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}.get(labels.dtype.kind, "text")
    if kind == "text" and not all(isinstance(value, str) for value in values):
        odd = next(value for value in values if not isinstance(value, str))
        raise BoxError(
            "model.unknown_labels",
            f"a class of the model is a {type(odd).__name__}, and an answer is a text, a number or a boolean",
            "cast the target, in numpy by .astype(str), and fit again",
        )
    return DescribedOutput(name, kind, values, hasattr(model, "predict_proba"))


def _indicated(name: str, given: Given) -> DescribedOutput:
    return DescribedOutput(name, "int64", (0, 1), given.probabilities is not None)


def _type_of(values: Array, model: Estimator) -> str:
    is_text = values.dtype.kind in "OU" and all(isinstance(value, str) for value in values)
    return "text" if is_text else _number_type(model)


def _number_type(model: Estimator) -> str:
    return "int64" if kind_of(model) in ("clusterer", "outlier") else "float64"


def _names(count: int) -> list[str]:
    return ["prediction"] if count == 1 else [f"output_{index}" for index in range(count)]
