"""CatBoost's trees, lowered: compared in single precision, summed in double, then scaled and moved."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from catboost import CatBoost

from boxship.adapters.catboost_said import EACH_LABEL, Said, said_of
from boxship.core.contract import Contract
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Numbers
from boxship.twin.refused import NoTwinError
from boxship.twin.steps import Add, Multiply, Pick
from boxship.twin.trees import Tree, lay_out, single

_TWO = ("Logloss", "CrossEntropy")
_IDENTITY = [
    "RMSE",
    "MAE",
    "MAPE",
    "Quantile",
    "LogCosh",
    "Lq",
    "Huber",
    "Expectile",
    "MultiRMSE",
    "MultiRMSEWithMissingValues",
    "MultiQuantile",
    "YetiRank",
    "YetiRankPairwise",
    "PairLogit",
    "PairLogitPairwise",
    "QueryRMSE",
    "QuerySoftMax",
    "StochasticFilter",
    "StochasticRank",
    "LambdaMart",
    "Cox",
]
_AS_TRUE = "AsTrue"  # a missing value is above every border; else it is above none


def lower(model: CatBoost, said: Said, contract: Contract) -> Program:
    """The program of a model of numbers; raises `NoTwinError` with the reason where there is none."""
    if any(not field.typed.is_number and field.typed.kind != "bool" for field in contract.inputs):
        raise NoTwinError("it takes columns that are no numbers")
    draft = Draft()
    rows = draft.read(Numbers(tuple(field.name for field in contract.inputs)))
    return draft.finish(_added(draft, rows, model, said))


def lower_estimator(draft: Draft, rows: int, model: CatBoost) -> list[Answer]:
    """One at the end of a pipeline."""
    return _added(draft, rows, model, said_of(model))


def _added(draft: Draft, rows: int, model: CatBoost, said: Said) -> list[Answer]:
    if said.in_words:
        raise NoTwinError("it has categories or texts of its own")
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "model.json"
        model.save_model(str(path), format="json")
        written = msgspec.json.decode(path.read_bytes())
    scale, bias = written["scale_and_bias"]
    forest = lay_out(
        _trees(written, said.wide),
        columns=[0] * model.tree_count_,
        base=np.zeros(said.wide),
        width=said.width,
        largest=np.inf,
        missing=True,
    )
    sums = draft.then(forest, rows)
    if scale != 1:
        sums = draft.then(Multiply(np.full(said.wide, float(scale))), sums)
    if any(bias):
        sums = draft.then(Add(np.broadcast_to(np.array(bias, np.float64), said.wide).copy()), sums)
    return _answers(draft, sums, said)


def _answers(draft: Draft, sums: int, said: Said) -> list[Answer]:
    places = range(said.wide)
    if said.threshold is not None:
        raise NoTwinError("it has a threshold of its own")
    if said.loss in _TWO:
        shares = draft.then(Act("two"), draft.then(Act("logistic"), sums))
        return [Answer(draft.then(Sides(said.labels, 0.0), sums), shares)]
    if said.loss in ("MultiClass", "MultiClassOneVsAll"):
        shares = draft.then(Act("softmax" if said.loss == "MultiClass" else "logistic"), sums)
        return [Answer(draft.then(Label(said.labels), sums), shares)]
    if said.loss in EACH_LABEL:
        return [_there_or_not(draft, draft.then(Pick((place,)), sums)) for place in places]
    if said.loss in ("Poisson", "Tweedie"):
        return [Answer(draft.then(Column(0), draft.then(Act("exp"), sums)))]
    if said.loss == "RMSEWithUncertainty":
        spread = draft.then(Act("exp"), draft.then(Multiply(np.array([1.0, 2.0])), sums))
        return [Answer(draft.then(Column(0), sums)), Answer(draft.then(Column(1), spread))]
    if said.loss in _IDENTITY:
        return [Answer(draft.then(Column(place), sums)) for place in places]
    raise NoTwinError(f"its loss is {said.loss}")


def _there_or_not(draft: Draft, sums: int) -> Answer:
    shares = draft.then(Act("two"), draft.then(Act("logistic"), sums))
    return Answer(draft.then(Sides((0, 1), 0.0), sums), shares)


def _trees(written: Any, wide: int) -> list[Tree]:  # of the model as JSON
    features = written["features_info"]["float_features"]
    if "oblivious_trees" in written:
        return [_even_tree(tree, features, wide) for tree in written["oblivious_trees"]]
    return [_uneven_tree(tree, features, wide) for tree in written["trees"]]


def _even_tree(tree: Any, features: Sequence[Any], wide: int) -> Tree:
    """All nodes of a level ask the same: the root for the highest bit of a leaf's place."""
    splits = (tree["splits"] or [])[::-1]
    inner, ends = 2 ** len(splits) - 1, 2 ** len(splits)
    asked = [split for level, split in enumerate(splits) for _ in range(2**level)]
    values = np.zeros((inner + ends, wide))
    values[inner:] = np.array(tree["leaf_values"], np.float64).reshape(ends, wide)
    places = np.arange(inner)
    none = np.full(ends, -1)
    return _tree(
        np.concatenate([2 * places + 1, none]),
        np.concatenate([2 * places + 2, none]),
        asked,
        values,
        features,
    )


def _uneven_tree(tree: Any, features: Sequence[Any], wide: int) -> Tree:
    """Inner nodes first, in the order in which they are met; leaves behind them."""
    nodes = [tree]
    for node in nodes:  # grows as it goes
        if "split" in node:
            nodes += [node["left"], node["right"]]
    inner = [node for node in nodes if "split" in node]
    ends = [node for node in nodes if "split" not in node]
    place = {id(node): index for index, node in enumerate([*inner, *ends])}
    values = np.zeros((len(nodes), wide))
    for index, node in enumerate(ends, len(inner)):
        values[index] = node["value"]
    none = [-1] * len(ends)
    left, right = ([place[id(node[side])] for node in inner] + none for side in ("left", "right"))
    asked = [node["split"] for node in inner]
    if inner and place[id(tree)] != 0:
        raise AssertionError("the root is met first")
    return _tree(np.array(left), np.array(right), asked, values, features)


def _tree(left: Any, right: Any, asked: Sequence[Any], values: Any, features: Sequence[Any]) -> Tree:
    if any(split["split_type"] != "FloatFeature" for split in asked):
        raise NoTwinError("it has categories or texts of its own")
    of = [features[split["float_feature_index"]] for split in asked]
    count = len(values)
    feature, threshold, missing_left = np.zeros(count, np.int64), np.zeros(count), np.zeros(count, bool)
    feature[: len(of)] = [one["flat_feature_index"] for one in of]
    threshold[: len(of)] = single([np.float32(split["border"]) for split in asked])
    missing_left[: len(of)] = [one["nan_value_treatment"] != _AS_TRUE for one in of]
    return Tree(left, right, feature, threshold, missing_left, values, {})
