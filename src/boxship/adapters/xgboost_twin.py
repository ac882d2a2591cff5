"""XGBoost's trees, lowered: float32 as there, summed in its order from the base score on."""

from typing import Any

import msgspec
import numpy as np
from xgboost import Booster, XGBModel

from boxship.core.column import Array
from boxship.core.contract import Contract
from boxship.twin.encode import Column, Label, Sides
from boxship.twin.link import Act
from boxship.twin.program import Answer, Draft, Program
from boxship.twin.read import Numbers
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


def lower(booster: Booster, learner: Learner, contract: Contract, *, missing: float, rounds: int) -> Program:
    """The program of a booster of trees; raises `NoTwinError` with the reason where there is none."""
    if any(not field.typed.is_number and field.typed.kind != "bool" for field in contract.inputs):
        raise NoTwinError("it takes columns that are no numbers")
    draft = Draft()
    rows = draft.read(Numbers(tuple(field.name for field in contract.inputs)))
    return draft.finish(_added(draft, rows, booster, learner, missing=missing, rounds=rounds))


def lower_estimator(draft: Draft, rows: int, model: XGBModel) -> list[Answer]:
    """One at the end of a pipeline."""
    booster = model.get_booster()
    best = booster.attr("best_iteration")
    rounds = 0 if best is None else int(best) + 1
    return _added(draft, rows, booster, learner_of(booster), missing=float(model.missing), rounds=rounds)


def _added(
    draft: Draft, rows: int, booster: Booster, learner: Learner, *, missing: float, rounds: int
) -> list[Answer]:
    if learner.booster != "gbtree":
        raise NoTwinError(f"it boosts with {learner.booster}")
    if not np.isnan(missing):
        raise NoTwinError(f"it takes {missing:g} for missing")
    model = msgspec.json.decode(bytes(booster.save_raw("json")))["learner"]
    trees = model["gradient_booster"]["model"]
    last = trees["iteration_indptr"][rounds] if rounds else len(trees["trees"])
    forest = lay_out(
        [_tree(one) for one in trees["trees"][:last]],
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


def _tree(tree: Any) -> Tree:  # as JSON has it
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        raise NoTwinError("its leaves hold several values")
    if any(tree["split_type"]):
        raise NoTwinError("it has categories of its own")
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
        {},
    )
