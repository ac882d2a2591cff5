"""What XGBoost follows in a model without looking, held against what is there."""

from typing import Any

import numpy as np

from boxship.adapters import ubj
from boxship.twin.children import are_children

_OF_NODES = ("right_children", "parents", "split_indices", "split_conditions", "default_left")
_NOT_ALWAYS = ("loss_changes", "sum_hessian", "split_type")
_NO_PARENT = (-1, 2**31 - 1)
_MOST_CATEGORIES = 2**24  # for more, XGBoost has no numbers
_MOST_BITS = 2**31  # that it makes room for in all trees: one for each category up to the largest


def check_learner(learner: Any) -> None:
    """Raise a ValueError, KeyError, or TypeError where a number points at what is not there."""
    params = learner["learner_model_param"]
    width, classes = _count(params["num_feature"]), _count(params["num_class"])
    targets = _count(params.get("num_target", "1"))
    outputs = max(classes, targets)
    if not targets or params["base_score"].count(",") + 1 not in (1, outputs):
        raise ValueError("its outputs are not as many as it says")
    said = learner["objective"].get("softmax_multiclass_param")
    if said is not None and _count(said["num_class"]) != outputs:
        raise ValueError("its classes are not as many as it says")
    _check_booster(learner["gradient_booster"], width, outputs)


def check_pickled(data: bytes) -> None:
    """The same of what a pickle holds of one, beside how it was set up."""
    check_learner(ubj.decode(data)["Model"]["learner"])


def check_booster(booster: Any) -> None:  # of XGBoost, which is imported where one lies in memory
    """The same of one that was read from a pickle, by what it would write."""
    check_learner(ubj.decode(bytes(booster.save_raw("ubj")))["learner"])


def _check_booster(booster: Any, width: int, outputs: int) -> None:
    if booster["name"] == "gblinear":
        if len(booster["model"]["weights"]) not in (0, (width + 1) * outputs):
            raise ValueError("its weights are not as many as it says")
        return
    model = booster["gbtree"]["model"] if booster["name"] == "dart" else booster["model"]
    trees, params = model["trees"], model["gbtree_model_param"]
    if len(trees) != _count(params["num_trees"]) or _count(params["num_parallel_tree"]) > max(len(trees), 1):
        raise ValueError("its trees are not as many as it says")
    if booster["name"] == "dart" and len(booster["weight_drop"]) != len(trees):
        raise ValueError("the weights of its trees are not as many as these")
    _check_groups(model, len(trees), outputs)
    _check_lists(model.get("cats", {}))
    bits = sum(_check(tree, width, outputs, place) for place, tree in enumerate(trees))
    sizes = {max(_count(tree["tree_param"]["size_leaf_vector"]), 1) for tree in trees}
    if bits > _MOST_BITS or len(sizes) > 1:
        raise ValueError("its trees are larger than trees are, or of two kinds")


def _check_groups(model: Any, count: int, outputs: int) -> None:
    """Which output each tree is added to, and which trees are a round."""
    groups = _integers(model["tree_info"])
    if len(groups) != count or not _are_below(groups, outputs):
        raise ValueError("its trees are not as many as it says, or of outputs that are not there")
    if "iteration_indptr" in model:
        _check_ends(_integers(model["iteration_indptr"]), count, "its rounds")


def _check_ends(ends: Any, total: int, what: str) -> None:
    if not len(ends) or ends[0] != 0 or ends[-1] != total or (np.diff(ends) < 0).any():
        raise ValueError(f"{what} are not where it says")


def _check_lists(cats: Any) -> None:
    """The categories of its data frame, by feature."""
    counts = [_listed(one) for one in cats.get("enc", ())]
    ordered, ends = (_integers(cats.get(name, ())) for name in ("sorted_idx", "feature_segments"))
    if counts or len(ends):
        _check_ends(ends, sum(counts), "its lists of categories")
        if len(ends) != len(counts) + 1 or np.diff(ends).tolist() != counts:
            raise ValueError("its lists of categories are not where it says")
    places = np.repeat(counts, counts) if counts else np.zeros(0, np.int64)
    if len(ordered) != len(places) or ((ordered < 0) | (ordered >= places)).any():
        raise ValueError("its lists of categories are not in an order")


def _listed(one: Any) -> int:
    if "offsets" not in one:
        return len(one["values"])
    ends = _integers(one["offsets"])
    if not len(ends) and not len(one["values"]):
        return 0
    _check_ends(ends, len(one["values"]), "the names of its categories")
    return len(ends) - 1


def _check(tree: Any, width: int, outputs: int, place: int) -> int:
    """The bits of its categories. Each node but the root has one parent, so that each way ends at a leaf."""
    left = _integers(tree["left_children"])
    count = len(left)
    lists = [tree[name] for name in _OF_NODES] + [tree[name] for name in _NOT_ALWAYS if name in tree]
    if (
        not count
        or any(len(one) != count for one in lists)
        or _count(tree["tree_param"]["num_nodes"]) != count
    ):
        raise ValueError(f"the nodes of tree {place} are not as many as it says")
    right, features = _integers(tree["right_children"]), _integers(tree["split_indices"])
    inner = left != -1
    children = np.concatenate([left[inner], right[inner]])
    if not are_children(count, children):
        raise ValueError(f"the nodes of tree {place} do not make a tree")
    if not _are_below(features[inner], max(width, 1)):
        raise ValueError(f"tree {place} asks for a feature that is not there")
    _check_parents(_integers(tree["parents"]), children, np.flatnonzero(inner), place)
    _check_leaves(tree, right[~inner], count, outputs, place)
    return _check_categories(tree, place)


def _check_parents(parents: Any, children: Any, inner: Any, place: int) -> None:
    known = ((parents >= 0) & (parents < len(parents))) | np.isin(parents, _NO_PARENT)
    of_children = parents[children] == np.concatenate([inner, inner])
    if parents[0] not in _NO_PARENT or not known.all() or not of_children.all():
        raise ValueError(f"the nodes of tree {place} have other parents than it says")


def _check_leaves(tree: Any, places: Any, count: int, outputs: int, place: int) -> None:
    """One of several outputs has its weights in a row, and says by its right child at which place."""
    size = _count(tree["tree_param"]["size_leaf_vector"])
    if size not in (0, 1, outputs) or len(tree["base_weights"]) != count * max(size, 1):
        raise ValueError(f"the leaves of tree {place} are not as many as it says")
    if size > 1 and "leaf_weights" in tree and not _are_below(places, len(tree["leaf_weights"]) // size):
        raise ValueError(f"the leaves of tree {place} are not where it says")


def _check_categories(tree: Any, place: int) -> int:
    names = ("categories_nodes", "categories_segments", "categories_sizes", "categories")
    nodes, starts, sizes, codes = (_integers(tree.get(name, ())) for name in names)
    split = _integers(tree.get("split_type", ()))
    if not _are_below(split, 2) or nodes.tolist() != np.flatnonzero(split).tolist():
        raise ValueError(f"the categories of tree {place} are not those of its splits")
    if not (len(starts) == len(sizes) == len(nodes)) or (sizes < 1).any():
        raise ValueError(f"the categories of tree {place} are not where it says")
    if starts.tolist() != [0, *np.cumsum(sizes)[:-1]][: len(nodes)] or sizes.sum() != len(codes):
        raise ValueError(f"the categories of tree {place} are not where it says")
    if not _are_below(codes, _MOST_CATEGORIES):
        raise ValueError(f"tree {place} asks for categories that are none")
    return int((np.maximum.reduceat(codes, starts) + 1).sum()) if len(nodes) else 0


def _are_below(values: Any, count: int) -> bool:
    return bool(((values >= 0) & (values < count)).all())


def _count(text: Any) -> int:
    """As XGBoost writes it; Python would take more for a number."""
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(f"{str(text)[:40]!r} is no count")
    return int(text)


def _integers(values: Any) -> Any:  # an array
    found = np.asarray(values)
    if not found.size:
        return np.zeros(0, np.int64)
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise ValueError("a list of integers holds something else")
    return found.astype(np.int64)
