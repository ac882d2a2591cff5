"""Trees of scikit-learn held against what its compiled code follows without looking: damaged ones would never end."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import Tree

from boxship.adapters.damage import damaged


def check_trees(model: object, path: Path) -> None:
    """Raise where a tree in the model has children, features or categories that are not there."""
    for one in _inside(model):
        is_whole = True
        if isinstance(one, Tree):
            is_whole = _is_tree(
                one.children_left, one.children_right, one.children_left == -1
            ) and _are_below(one.feature[one.children_left != -1], one.n_features)
        elif isinstance(one, TreePredictor):
            is_whole = _is_predictor(one)
        if not is_whole:
            raise damaged(path, "a tree in it has nodes that are not there")


def _is_predictor(one: TreePredictor) -> bool:
    nodes = one.nodes
    leaf = nodes["is_leaf"].astype(bool)
    categories = nodes["bitset_idx"][~leaf & nodes["is_categorical"].astype(bool)]
    sets = min(len(one.binned_left_cat_bitsets), len(one.raw_left_cat_bitsets))
    return _is_tree(nodes["left"], nodes["right"], leaf) and _are_below(categories, sets)


def _is_tree(left: Any, right: Any, leaf: Any) -> bool:
    """Whether each node but the root is the child of one: whoever follows them comes to a leaf."""
    children = np.concatenate([left[~leaf], right[~leaf]]).astype(np.int64)
    return bool(
        len(leaf)
        and _are_below(children, len(leaf))
        and (children > 0).all()
        and len(np.unique(children)) == len(children)
    )


def _are_below(values: Any, count: int) -> bool:
    found = np.asarray(values).astype(np.int64)
    return bool(((found >= 0) & (found < count)).all())


def _inside(model: object) -> Iterator[object]:
    """The model and all that it holds, once each."""
    waiting, seen = [model], {id(model)}
    while waiting:
        one = waiting.pop()
        yield one
        for part in _parts(one):
            if id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)


def _parts(one: object) -> Iterator[Any]:
    if isinstance(one, Mapping):
        yield from one.values()
    elif isinstance(one, (list, tuple, set)):
        yield from one
    elif isinstance(one, np.ndarray):
        yield from one.flat if one.dtype == object else ()
    elif not isinstance(one, (str, bytes, int, float, type(None), type)):
        yield from getattr(one, "__dict__", {}).values()
