"""LightGBM's text of a model looked through: whether it is whole, and its trees are trees."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from boxship.adapters.damage import damaged
from boxship.adapters.lightgbm_text import header_of
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan

_CATEGORIES = "pandas_categorical:"
_OF_SPLITS = ("split_feature", "threshold", "decision_type", "left_child", "right_child")


def scan_lightgbm(path: Path) -> Scan:
    """What loading the model needs. LightGBM itself would crash on a text that ends too early, or points elsewhere."""
    try:
        text = path.read_bytes().decode()
        width = header_of(text).width
        for place, tree in enumerate(_trees(text)):
            _check(tree, width, place)
        _check_end(text)
    except (KeyError, ValueError, IndexError, OverflowError) as error:
        why = f"it is not of the form that LightGBM writes: {str(error)[:200]}"
        raise damaged(path, why) from error
    return Scan("txt", "lightgbm.basic.Booster", (Use("lightgbm.basic", "Booster", 0, called=False),), {})


def _check_end(text: str) -> None:
    """What it was trained with, and the categories of its data frame as JSON."""
    _, ended, rest = text.partition("\nend of trees")[2].partition("\nend of parameters\n")
    categories = rest.strip().removeprefix(_CATEGORIES)
    if not ended or (rest.strip() and not rest.strip().startswith(_CATEGORIES)):
        raise ValueError("it ends before its parameters do")
    json.loads(categories or "null")


def _trees(text: str) -> Iterator[Mapping[str, str]]:
    body = text.partition("\nTree=0\n")[2].partition("\nend of trees")[0]
    for one in body.split("\nTree="):
        yield dict(line.partition("=")[::2] for line in one.splitlines())


def _check(tree: Mapping[str, str], width: int, place: int) -> None:
    """Every split but the first, and every leaf, is the child of one split."""
    leaves = int(tree["num_leaves"])
    if leaves < 1 or len(tree["leaf_value"].split()) != leaves:
        raise ValueError(f"the leaves of tree {place} are not as many as it says")
    if leaves == 1:
        return
    if any(len(tree[name].split()) != leaves - 1 for name in _OF_SPLITS):
        raise ValueError(f"the splits of tree {place} are not as many as it says")
    children = [*map(int, tree["left_child"].split()), *map(int, tree["right_child"].split())]
    if sorted(children) != [*range(-leaves, 0), *range(1, leaves - 1)]:
        raise ValueError(f"the splits of tree {place} do not make a tree")
    if not all(0 <= int(one) < width for one in tree["split_feature"].split()):
        raise ValueError(f"tree {place} asks for a feature that is not there")
    _check_categories(tree, place)


def _check_categories(tree: Mapping[str, str], place: int) -> None:
    count = int(tree["num_cat"])
    ends = [int(one) for one in tree.get("cat_boundaries", "0").split()]
    words = len(tree.get("cat_threshold", "").split())
    if len(ends) != count + 1 or ends != sorted(ends) or ends[0] != 0 or ends[-1] != words:
        raise ValueError(f"the categories of tree {place} are not where it says")
    splits = zip(tree["decision_type"].split(), tree["threshold"].split(), strict=True)
    if not all(0 <= float(at) < count for kind, at in splits if int(kind) & 1):
        raise ValueError(f"tree {place} asks for categories that are not there")
