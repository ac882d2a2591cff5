"""Trees of scikit-learn held against what its compiled code follows without looking: damaged ones would never end."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import Tree

from boxship.adapters.booster_whole import check_booster
from boxship.adapters.damage import damaged
from boxship.twin.children import are_children

_UNTOLD = 2**31  # more features than any tree has


def check_trees(model: object, path: Path) -> None:
    """Raise where a tree in the model has children, features or categories that are not there."""
    for one, width in _inside(model):
        if isinstance(one, Tree):
            is_whole = _is_whole(one, width)
        elif isinstance(one, TreePredictor):
            is_whole = _is_predictor(one, width)
        else:
            check_booster(one, path)
            continue
        if not is_whole:
            raise damaged(path, "a tree in it has nodes or asks for features that are not there")


def _is_whole(one: Tree, width: int) -> bool:
    inner = one.children_left != -1
    return _is_tree(one.children_left, one.children_right, ~inner) and _are_below(
        one.feature[inner], min(one.n_features, width)
    )


def _is_predictor(one: TreePredictor, width: int) -> bool:
    nodes = one.nodes
    leaf = nodes["is_leaf"].astype(bool)
    categories = nodes["bitset_idx"][~leaf & nodes["is_categorical"].astype(bool)]
    sets = min(len(one.binned_left_cat_bitsets), len(one.raw_left_cat_bitsets))
    return (
        _is_tree(nodes["left"], nodes["right"], leaf)
        and _are_below(categories, sets)
        and _are_below(nodes["feature_idx"][~leaf], width)
    )


def _is_tree(left: Any, right: Any, leaf: Any) -> bool:
    return bool(len(leaf)) and are_children(len(leaf), left[~leaf], right[~leaf])


def _are_below(values: Any, count: int) -> bool:
    found = np.asarray(values).astype(np.int64)
    return bool(((found >= 0) & (found < count)).all())


def _inside(model: object) -> Iterator[tuple[object, int]]:
    """The model and all that it holds, each with the features that the estimator around it takes, if one says so.

    What lies in two estimators comes once for each count of theirs.
    """
    waiting = [(model, _UNTOLD)]
    seen = {(id(model), _UNTOLD)}
    while waiting:
        one, width = waiting.pop()
        yield one, width
        inner = _width(one, width)
        for part in _parts(one):
            if (id(part), inner) not in seen:
                seen.add((id(part), inner))
                waiting.append((part, inner))


def _width(one: object, around: int) -> int:
    said = getattr(one, "__dict__", {}).get("n_features_in_") if not isinstance(one, type) else None
    return around if said is None else int(said)


def _parts(one: object) -> Iterator[Any]:
    if isinstance(one, Mapping):
        yield from one.values()
    elif isinstance(one, (list, tuple, set)):
        yield from one
    elif isinstance(one, np.ndarray):
        yield from one.flat if one.dtype == object else ()
    elif not isinstance(one, (str, bytes, int, float, type(None), type)):
        yield from getattr(one, "__dict__", {}).values()
