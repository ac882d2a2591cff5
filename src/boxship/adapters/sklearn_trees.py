"""scikit-learn's trees, lowered: their own arrays, in their own order of adding up."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from boxship.adapters.sklearn_change import change
from boxship.adapters.sklearn_desk import Desk, Estimator, Rows
from boxship.core.column import Array
from boxship.twin.algebra import Linear
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Divide, Pick, Subtract
from boxship.twin.trees import LARGEST_SINGLE, Tree, codes_of, lay_out, single

BELOW_ZERO = -5e-324


def lower_tree(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A decision tree."""
    return _averaged(draft, rows, model, [model])


def lower_forest(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """A random forest, or extra trees: the mean of its trees."""
    return _averaged(draft, rows, model, model.estimators_)


def lower_boosting(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """Gradient boosting: what the training began with, and each stage's trees times the learning rate."""
    if model.init_ != "zero" and type(model.init_).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise NoTwinError(f"it begins with a {type(model.init_).__name__}")
    stages, many = model.estimators_.shape
    trees = [
        _tree(model.estimators_[stage, place], lambda value: model.learning_rate * value[:, 0, :1])
        for stage in range(stages)
        for place in range(many)
    ]
    base = model._raw_predict_init(np.zeros((1, model.n_features_in_), np.float32))[0]  # noqa: SLF001
    forest = lay_out(
        trees,
        columns=[*range(many)] * stages,
        base=np.asarray(base, np.float64),
        width=model.n_features_in_,
        largest=LARGEST_SINGLE,
        missing=False,
    )
    sums = draft.then(forest, rows)
    if not hasattr(model, "classes_"):
        return [Answer(draft.then(Column(0), sums))]
    if type(model._loss).__name__ not in ("HalfBinomialLoss", "HalfMultinomialLoss"):  # noqa: SLF001
        raise NoTwinError(f"its loss is {model.loss}")
    return [_chosen(draft, sums, many, labels_of(model.classes_), above=BELOW_ZERO)]


def lower_weighted(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """AdaBoost of trees: each votes for its class with its weight, and against the others."""
    if any(
        type(one).__name__ not in ("DecisionTreeClassifier", "ExtraTreeClassifier")
        for one in model.estimators_
    ):
        raise NoTwinError("it boosts what is no tree")
    many = len(model.classes_)
    if many < 2 or any([*one.classes_] != [*model.classes_] for one in model.estimators_):
        raise NoTwinError("a model in it was not shown every class")
    weights = model.estimator_weights_[: len(model.estimators_)]
    forest = lay_out(
        [
            _tree(one, _vote(float(weight), many))
            for one, weight in zip(model.estimators_, weights, strict=True)
        ],
        columns=[0] * len(weights),
        base=np.zeros(many),
        width=model.n_features_in_,
        largest=LARGEST_SINGLE,
        missing=_takes_missing(model.estimators_[0]),
    )
    whole = np.full(many, model.estimator_weights_.sum())
    line, labels = draft.then(Divide(whole), draft.then(forest, rows)), labels_of(model.classes_)
    if many > 2:
        shares = draft.then(Act("softmax"), draft.then(Divide(np.full(many, many - 1.0)), line))
        return [Answer(draft.then(Label(labels), line), shares, line)]
    sums = draft.then(Linear(np.array([[-1.0], [1.0]]), np.zeros(1)), line)
    shares = draft.then(
        Act("softmax"), draft.then(Divide(np.full(2, 2.0)), draft.then(Act("opposite"), sums))
    )
    return [Answer(draft.then(Sides(labels, 0.0), sums), shares, sums)]


def _vote(weight: float, many: int) -> Any:  # a function of an array
    def votes(value: Array) -> Array:
        shares = value.reshape(len(value), -1)
        for_it = shares.argmax(axis=1)[:, None] == np.arange(many)
        return np.where(for_it, weight, -1 / (many - 1) * weight)

    return votes


def lower_histogram(desk: Desk, rows: Rows, model: Estimator, inner: object) -> list[Answer]:
    """Histogram gradient boosting; its categories are coded and moved to the front by a step of its own."""
    del inner
    draft, many = desk.draft, model.n_trees_per_iteration_
    if model.is_categorical_ is not None:
        rows = change(desk, rows, model._preprocessor)  # noqa: SLF001
    trees = [_histogram_tree(one) for stage in model._predictors for one in stage]  # noqa: SLF001
    forest = lay_out(
        trees,
        columns=[*range(many)] * len(model._predictors),  # noqa: SLF001
        base=np.asarray(model._baseline_prediction, np.float64).reshape(-1),  # noqa: SLF001
        width=model.n_features_in_,
        largest=np.inf,
        missing=True,
    )
    sums = draft.then(forest, desk.numbers(rows))
    if hasattr(model, "classes_"):
        return [_chosen(draft, sums, many, labels_of(model.classes_), above=0.0)]
    link = type(model._loss.link).__name__  # noqa: SLF001
    if link not in ("IdentityLink", "LogLink"):
        raise NoTwinError(f"its link is {link}")
    return [Answer(draft.then(Column(0), sums if link == "IdentityLink" else draft.then(Act("exp"), sums)))]


def lower_isolation(draft: Draft, rows: int, model: Estimator) -> list[Answer]:
    """An isolation forest: depths, added up, against the offset."""
    trees = []
    for place, (one, features) in enumerate(zip(model.estimators_, model.estimators_features_, strict=True)):
        path, mean = model._decision_path_lengths[place], model._average_path_length_per_tree[place]  # noqa: SLF001
        trees.append(_tree(one, lambda _, path=path, mean=mean: (path + mean - 1.0)[:, None], features))
    forest = lay_out(
        trees,
        columns=[0] * len(trees),
        base=np.zeros(1),
        width=model.n_features_in_,
        largest=np.inf if _takes(model, np.inf) else LARGEST_SINGLE,
        missing=_takes(model, np.nan),
    )
    depths = draft.then(forest, rows)
    longest = len(trees) * _mean_path(model._max_samples)  # noqa: SLF001
    if longest == 0:
        raise NoTwinError("it was trained on a single row")
    scores = draft.then(Act("halve"), draft.then(Divide(np.array([longest])), depths))
    inside = draft.then(Subtract(np.array([-model.offset_])), scores)
    return [Answer(draft.then(Sides((1, -1), 0.0), inside))]


def _mean_path(samples: int) -> float:
    """How deep a row lies in a tree of so many rows, on average."""
    if samples <= 2:
        return float(max(0, samples - 1))
    return float(2.0 * (np.log(samples - 1.0) + np.euler_gamma) - 2.0 * (samples - 1.0) / samples)


def _averaged(draft: Draft, rows: int, model: Estimator, trees: Sequence[Estimator]) -> list[Answer]:
    outputs = model.n_outputs_
    classes = [] if not hasattr(model, "classes_") else model.classes_ if outputs > 1 else [model.classes_]
    forest = lay_out(
        [_tree(one, lambda value: value.reshape(len(value), -1)) for one in trees],
        columns=[0] * len(trees),
        base=np.zeros(int(np.prod(trees[0].tree_.value.shape[1:]))),
        width=model.n_features_in_,
        largest=LARGEST_SINGLE,
        missing=_takes_missing(trees[0]),
    )
    sums = draft.then(forest, rows)
    means = draft.then(Divide(np.full(len(forest.base), float(len(trees)))), sums) if len(trees) > 1 else sums
    if not classes:
        return [Answer(draft.then(Column(place), means)) for place in range(outputs)]
    widest = trees[0].tree_.value.shape[2]
    answers = []
    for place, labels in enumerate(classes):
        first = place * widest
        whole = first == 0 and len(labels) == len(forest.base)
        shares = means if whole else draft.then(Pick(tuple(range(first, first + len(labels)))), means)
        answers.append(Answer(draft.then(Label(labels_of(labels)), shares), shares))
    return answers


def _chosen(draft: Draft, sums: int, many: int, labels: tuple[Any, ...], *, above: float) -> Answer:
    if many == 1:
        shares = draft.then(Act("two"), draft.then(Act("logistic"), sums))
        return Answer(draft.then(Sides(labels, above), sums), shares, sums)
    return Answer(draft.then(Label(labels), sums), draft.then(Act("softmax"), sums), sums)


def labels_of(classes: Array) -> tuple[Any, ...]:
    """Classes as plain values."""
    return tuple(np.asarray(classes).tolist())


def _takes(model: Estimator, value: float) -> bool:
    """Whether it answers a row of such values, which depends on the version of the library."""
    try:
        model.predict(np.full((1, model.n_features_in_), value))
    except ValueError:
        return False
    return True


def _takes_missing(tree: Estimator) -> bool:
    return bool(tree._support_missing_values(np.zeros((1, tree.n_features_in_), np.float32)))  # noqa: SLF001


def _tree(model: Estimator, values: Any, features: Array | None = None) -> Tree:  # a function of an array
    nodes = model.tree_.__getstate__()["nodes"]
    feature = nodes["feature"]
    return Tree(
        nodes["left_child"],
        nodes["right_child"],
        feature if features is None else np.asarray(features)[np.maximum(feature, 0)],
        single(nodes["threshold"]),
        nodes["missing_go_to_left"].astype(bool),
        values(model.tree_.value),
        {},
    )


def _histogram_tree(predictor: Any) -> Tree:  # of scikit-learn's own
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    coded = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf).tolist()
    bits = predictor.raw_left_cat_bitsets
    return Tree(
        np.where(leaf, -1, nodes["left"].astype(np.int64)),
        nodes["right"].astype(np.int64),
        nodes["feature_idx"].astype(np.int64),
        nodes["num_threshold"].astype(np.float64),
        nodes["missing_go_to_left"].astype(bool),
        nodes["value"].astype(np.float64)[:, None],
        {node: codes_of(bits[nodes["bitset_idx"][node]]) for node in coded},
    )
