"""XGBoost's trees, lowered: float32 as there, summed in its order from the base score on."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from xgboost import Booster, XGBModel

from boxship.adapters.coded_rows import Levels, read_coded
from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.twin.encode import Column, Label, Lookup, Sides
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Places
from boxship.twin.refused import NoTwinError
from boxship.twin.trees import Tree, lay_out, single

_IDENTITY = (
    "reg:squarederror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "binary:logitraw",
)


class Learner(msgspec.Struct, frozen=True):
    """What a booster says of itself."""

    objective: str
    booster: str
    classes: int
    targets: int


def learner_of(booster: Booster) -> Learner:
    """From the configuration, which is small, whatever the model is."""
    found = msgspec.json.decode(booster.save_config())["learner"]
    sizes = found["learner_model_param"]
    return Learner(
        found["objective"]["name"],
        found["gradient_booster"]["name"],
        int(sizes["num_class"]),
        int(sizes.get("num_target", "1")),
    )


def lower(
    booster: Booster, learner: Learner, levels: Levels, contract: Contract, *, missing: float, rounds: int
) -> Program:
    """The program of a booster of trees; raises `NoTwinError` with the reason where there is none."""
    draft = Draft()
    rows = read_coded(draft, contract, levels, _codes)
    answers = _added(draft, rows, booster, learner, levels=levels, missing=missing, rounds=rounds)
    return draft.finish(answers)


def lower_estimator(draft: Draft, rows: int, model: XGBModel) -> list[Answer]:
    """One at the end of a pipeline."""
    booster = model.get_booster()
    if "c" in (booster.feature_types or ()):
        raise NoTwinError("it takes categories of a data frame that a step before it makes")
    best = booster.attr("best_iteration")
    rounds = 0 if best is None else int(best) + 1
    return _added(
        draft, rows, booster, learner_of(booster), levels={}, missing=float(model.missing), rounds=rounds
    )


def _codes(draft: Draft, places: Places) -> int:
    """Places in the list, with no row for what is not in it: the model raises on that."""
    codes = np.append(np.arange(len(places.values)), (np.nan, np.nan))[:, None]
    return draft.then(Lookup(codes, unknown=False, missing=True), draft.read(places))


def _added(
    draft: Draft,
    rows: int,
    booster: Booster,
    learner: Learner,
    *,
    levels: Levels,
    missing: float,
    rounds: int,
) -> list[Answer]:
    if learner.booster != "gbtree":
        raise NoTwinError(f"it boosts with {learner.booster}")
    if not np.isnan(missing):
        raise NoTwinError(f"it takes {missing:g} for missing")
    model = msgspec.json.decode(bytes(booster.save_raw("json")))["learner"]
    trees = model["gradient_booster"]["model"]
    last = trees["iteration_indptr"][rounds] if rounds else len(trees["trees"])
    forest = lay_out(
        [_tree(one, levels) for one in trees["trees"][:last]],
        columns=trees["tree_info"][:last],
        base=_base(model, max(learner.classes, learner.targets)),
        width=booster.num_features(),
        largest=np.inf,
        missing=True,
        single=True,
    )
    return _answers(draft, draft.then(forest, rows), learner)


def _answers(draft: Draft, sums: int, learner: Learner) -> list[Answer]:
    places = range(learner.targets)
    if learner.objective in _IDENTITY:
        return [Answer(draft.then(Column(place), sums)) for place in places]
    if learner.objective == "multi:softprob":
        shares = draft.then(Act("softmax single"), sums)
        return [Answer(draft.then(Label(tuple(range(learner.classes))), shares), shares)]
    if learner.objective == "binary:logistic" and learner.targets == 1:
        share = draft.then(Act("logistic single"), sums)
        return [Answer(draft.then(Sides((0, 1), 0.5), share), draft.then(Act("two"), share))]
    raise NoTwinError(f"its objective is {learner.objective}")


def _base(model: Any, outputs: int) -> Array:  # of the model as JSON
    """What the sums begin with, in the space of sums."""
    written = model["learner_model_param"]["base_score"].strip("[]").split(",")
    score = np.array([float(one) for one in written], np.float32)
    if model["objective"]["name"] in ("binary:logistic", "reg:logistic", "binary:logitraw"):
        score = -np.log(np.float32(1) / score - np.float32(1))
    return np.broadcast_to(score, outputs).astype(np.float64)


def _tree(tree: Any, levels: Levels) -> Tree:  # as JSON has it
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        raise NoTwinError("its leaves hold several values")
    left = np.array(tree["left_children"], np.int64)
    conditions = np.array(tree["split_conditions"], np.float32)
    below = np.nextafter(conditions, np.float32(-np.inf))  # x < t in single precision
    return Tree(
        left,
        np.array(tree["right_children"], np.int64),
        np.array(tree["split_indices"], np.int64),
        single(below),
        np.array(tree["default_left"], bool),
        conditions.astype(np.float64)[:, None],
        _sets(tree, levels),
    )


def _sets(tree: Any, levels: Levels) -> dict[int, Sequence[int]]:
    """The categories that go left, of the nodes that ask for them: the file has those that go right."""
    ends = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    found: dict[int, Sequence[int]] = {}
    for node, first, count in ends:
        if tree["split_indices"][node] not in levels:
            raise NoTwinError("it asks for a category where it has none")
        right = {*tree["categories"][first : first + count]}
        codes = range(len(levels[tree["split_indices"][node]]))
        found[node] = [code for code in codes if code not in right]
    return found
