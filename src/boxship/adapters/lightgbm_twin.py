"""LightGBM's trees, lowered: compared and summed in double precision, as there."""

from collections.abc import Mapping, Sequence

import numpy as np
from lightgbm import LGBMModel

from boxship.adapters.coded_rows import Levels, read_coded
from boxship.adapters.lightgbm_text import Header, header_of, trees_of, with_labels
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.twin.encode import Column, Label
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Divide, Multiply
from boxship.twin.trees import Tree, codes_of, lay_out

_IDENTITY = (
    "",
    "regression",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "lambdarank",
    "rank_xendcg",
)
_EXP = ("poisson", "gamma", "tweedie")
_ZERO = float(np.float32(1e-35))  # what lies within it is zero to the library
_CATEGORY, _DEFAULT_LEFT, _NAN = 1, 2, 2


def lower(text: str, header: Header, lists: Levels, contract: Contract) -> Program:
    """The program of a booster; raises `NoTwinError` with the reason where there is none."""
    draft = Draft()
    # a category that is not in the list, -1, goes the way of a missing one
    rows = read_coded(draft, contract, lists, Draft.read)
    return draft.finish(_added(draft, rows, text, header))


def lower_estimator(draft: Draft, rows: int, model: LGBMModel) -> list[Answer]:
    """One at the end of a pipeline."""
    booster = model.booster_
    if booster.pandas_categorical:
        raise NoTwinError("it takes categories of a data frame that a step before it makes")
    text, labels = booster.model_to_string(), getattr(model, "classes_", None)
    text = text if labels is None else with_labels(text, labels.tolist())
    return _added(draft, rows, text, header_of(text))


def _added(draft: Draft, rows: int, text: str, header: Header) -> list[Answer]:
    found = list(trees_of(text))
    many = header.trees_a_round
    forest = lay_out(
        [_tree(one) for one in found],
        columns=[place % many for place in range(len(found))],
        base=np.zeros(many),
        width=header.width,
        largest=np.inf,
        missing=True,
    )
    sums = draft.then(forest, rows)
    if header.averages:
        sums = draft.then(Divide(np.full(many, len(found) / many)), sums)
    return _answers(draft, sums, header)


def _answers(draft: Draft, sums: int, header: Header) -> list[Answer]:
    name, options = header.objective, header.options
    if name == "regression" and "sqrt" in options:
        raise NoTwinError("it was trained on square roots")
    if name in (*_IDENTITY, *_EXP):
        given = draft.then(Act("exp"), sums) if name in _EXP else sums
        return [Answer(draft.then(Column(place), given)) for place in range(header.trees_a_round)]
    if name in ("binary", "multiclassova", "cross_entropy"):
        steep = float(options.get("sigmoid", "1"))
        sums = sums if steep == 1 else draft.then(Multiply(np.full(header.trees_a_round, steep)), sums)
        shares = draft.then(Act("logistic"), sums)
        if name == "cross_entropy":
            return [Answer(draft.then(Column(0), shares))]
        shares = draft.then(Act("two"), shares) if name == "binary" else shares
    elif name == "multiclass":
        shares = draft.then(Act("softmax"), sums)
    else:
        raise NoTwinError(f"its objective is {name}")
    return [Answer(draft.then(Label(header.labels), shares), shares)]


def _tree(said: Mapping[str, str]) -> Tree:
    if said.get("is_linear", "0") != "0":
        raise NoTwinError("its leaves are linear models")
    values = _floats(said["leaf_value"])
    inner = int(said["num_leaves"]) - 1
    left, right = (_places(said.get(side, ""), inner) for side in ("left_child", "right_child"))
    kinds = _integers(said.get("decision_type", ""))
    missing = kinds >> 2 & 3
    if (missing == 1).any():
        raise NoTwinError("it takes zero for missing")
    is_set = (kinds & _CATEGORY).astype(bool)
    threshold = np.where(is_set, 0.0, _around_zero(_floats(said.get("threshold", ""))))
    missing_left = np.where(missing == _NAN, (kinds & _DEFAULT_LEFT) != 0, threshold >= 0) & ~is_set
    nothing = np.zeros(len(values))
    return Tree(
        np.concatenate([left, np.full(len(values), -1)]) if inner else np.array([-1]),
        np.concatenate([right, np.full(len(values), -1)]) if inner else np.array([-1]),
        np.concatenate([_integers(said.get("split_feature", "")), nothing.astype(np.int64)]),
        np.concatenate([threshold, nothing]),
        np.concatenate([missing_left, nothing.astype(bool)]),
        np.concatenate([np.zeros(inner), values])[:, None],
        _sets(said, is_set),
    )


def _sets(said: Mapping[str, str], is_set: Array) -> dict[int, Sequence[int]]:
    """The categories that go left, of the nodes that ask for them."""
    if not is_set.any():
        return {}
    bounds = _integers(said["cat_boundaries"])
    words = np.array(said["cat_threshold"].split(), np.uint32)
    places = _floats(said["threshold"])
    found: dict[int, Sequence[int]] = {}
    for node in np.flatnonzero(is_set).tolist():
        which = int(places[node])
        found[node] = codes_of(words[bounds[which] : bounds[which + 1]])
    return found


def _around_zero(threshold: Array) -> Array:
    """Thresholds that say of every value what they say of it when the smallest ones are taken for zero."""
    lifted = np.where((threshold >= 0) & (threshold < _ZERO), _ZERO, threshold)
    return np.where((threshold < 0) & (threshold >= -_ZERO), np.nextafter(-_ZERO, -np.inf), lifted)


def _places(text: str, inner: int) -> Array:
    """Children as places among inner nodes and, behind them, leaves."""
    found = _integers(text)
    return np.where(found < 0, inner + ~found, found)


def _integers(text: str) -> Array:
    return np.array(text.split(), np.int64)


def _floats(text: str) -> Array:
    return np.array(text.split(), np.float64)
