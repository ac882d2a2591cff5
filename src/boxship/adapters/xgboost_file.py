"""XGBoost's own files looked through: whether they are whole, and their trees are trees."""

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from boxship.adapters import ubj
from boxship.adapters.damage import damaged
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.errors import BoxError

ROOT = "xgboost.core.Booster"
_OF_NODES = ("right_children", "parents", "split_indices", "split_conditions", "default_left")


def scan_xgboost(path: Path) -> Scan | None:
    """What loading the model needs; None where it is JSON of something else. XGBoost itself checks little of it."""
    said = _read(path)
    if not isinstance(said, dict) or "learner" not in said:
        return None
    try:
        learner = said["learner"]
        width = int(learner["learner_model_param"]["num_feature"])
        for place, tree in enumerate(_trees(learner["gradient_booster"])):
            _check(tree, width, place)
        _version(said)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise damaged(path, f"it is not of the form that XGBoost writes: {str(error)[:200]}") from error
    return Scan(path.suffix[1:], ROOT, (Use("xgboost.core", "Booster", 0, called=False),), {})


def refuse_newer(path: Path, installed: str) -> None:
    """Raise for a file of a version to come, whose parts may mean something else."""
    written = _version(_read(path))
    here = tuple(int(one) for one in installed.split(".")[:2])
    if written[:2] > here:
        by = ".".join(map(str, written))
        raise BoxError(
            "model.other_version",
            f"{path.name} was written by XGBoost {by}, installed is {installed}",
            f"pip install 'xgboost>={written[0]}.{written[1]}', and pack again",
            {"written": by, "installed": installed},
        )


def _read(path: Path) -> Any:  # whatever it holds
    data = path.read_bytes()
    try:
        return json.loads(data) if path.suffix == ".json" else ubj.decode(data)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"it is no whole {path.suffix} file: {str(error)[:200]}") from error


def _version(said: Any) -> tuple[int, ...]:
    found = tuple(int(one) for one in said["version"])
    if len(found) != 3:
        raise ValueError(f"its version is {found}")
    return found


def _trees(booster: Any) -> Iterator[Any]:
    if booster["name"] == "dart":
        booster = booster["gbtree"]
    if booster["name"] == "gblinear":
        return
    model = booster["model"]
    trees, groups = model["trees"], model["tree_info"]
    if len(trees) != len(groups) or len(trees) != int(model["gbtree_model_param"]["num_trees"]):
        raise ValueError("its trees are not as many as it says")
    yield from trees


def _check(tree: Any, width: int, place: int) -> None:
    """Each node but the root has one parent, so that whoever follows it from the root comes to a leaf."""
    left = _integers(tree["left_children"])
    count = len(left)
    if not count or any(len(tree[name]) != count for name in _OF_NODES):
        raise ValueError(f"the nodes of tree {place} are not as many as it says")
    if int(tree["tree_param"]["num_nodes"]) != count or len(tree["base_weights"]) < count:
        raise ValueError(f"the nodes of tree {place} are not as many as it says")
    right, features = _integers(tree["right_children"]), _integers(tree["split_indices"])
    inner = left != -1
    children = np.concatenate([left[inner], right[inner]])
    if ((children < 1) | (children >= count)).any() or len(np.unique(children)) != len(children):
        raise ValueError(f"the nodes of tree {place} do not make a tree")
    if ((features[inner] < 0) | (features[inner] >= max(width, 1))).any():
        raise ValueError(f"tree {place} asks for a feature that is not there")
    _check_categories(tree, count, place)


def _check_categories(tree: Any, count: int, place: int) -> None:
    names = ("categories_nodes", "categories_segments", "categories_sizes")
    total = len(tree.get("categories", ()))
    for node, start, size in zip_longest(*(map(int, tree.get(name, ())) for name in names), fillvalue=-1):
        if not (0 <= node < count and start >= 0 and 0 <= size <= total - start):
            raise ValueError(f"the categories of tree {place} are not where it says")


def _integers(values: Any) -> Any:  # an array
    found = np.asarray(values)
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise ValueError("a list of integers holds something else")
    return found.astype(np.int64)
