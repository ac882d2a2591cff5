"""LightGBM's text of a model looked through: whether it is whole, and its trees are trees."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from boxship.adapters.damage import damaged
from boxship.adapters.lightgbm_text import header_of
from boxship.adapters.pickle_lists import Use
from boxship.adapters.pickles import Scan
from boxship.twin.children import are_children

_CATEGORIES = "pandas_categorical:"
_PARAMETERS = re.compile(r"(\s*\[\w+: [^\n]*\]\n)*\s*")
_BETWEEN = re.compile(r"\n*(feature[_ ]importances:\n([^\n]*=[-+.\de]+\n)*\n*)?")
_NUMBERS = re.compile(r"[-+.\deinfa ]*", re.ASCII)
_NAMES = (
    "cat_boundaries cat_threshold decision_type internal_count internal_value internal_weight is_linear leaf_coeff "
    "leaf_const leaf_count leaf_features leaf_value leaf_weight left_child num_cat num_features num_leaves "
    "right_child shrinkage split_feature split_gain threshold"
)
_KEYS = frozenset(_NAMES.split())
_OTHER_LINES = re.compile(
    r"[\x00-\x08\x0b-\x1f\x85\u2028\u2029]"
)  # Python would end lines where LightGBM does not
_OF_SPLITS = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_NOT_ALWAYS = ("split_gain", "internal_value", "internal_weight", "internal_count")
_OF_LEAVES = ("leaf_weight", "leaf_count")


def scan_lightgbm(path: Path) -> Scan:
    """What loading the model needs. LightGBM itself would crash on a text that ends too early, or points elsewhere."""
    try:
        check_text(path.read_bytes().decode())
    except (KeyError, ValueError, IndexError, OverflowError) as error:
        why = f"it is not of the form that LightGBM writes: {str(error)[:200]}"
        raise damaged(path, why) from error
    return Scan("txt", "lightgbm.basic.Booster", (Use("lightgbm.basic", "Booster", 0, called=False),), {})


def check_text(text: str) -> None:
    """Raise a ValueError or KeyError where it is not whole, or points at what is not there."""
    width = header_of(text).width
    for place, tree in enumerate(_trees(text)):
        _check(tree, width, place)
    _check_end(text)


def check_pickled(data: bytes) -> None:
    """The same of what a pickle holds of one."""
    check_text(data.decode())


def check_booster(booster: Any) -> None:  # of LightGBM, which is imported where one lies in memory
    """The same of one that was read from a pickle, by what it would write."""
    check_text(booster.model_to_string())


def _check_end(text: str) -> None:
    """What it was trained with, and the categories of its data frame as JSON."""
    said, ended, rest = text.partition("\nend of trees")[2].partition("\nend of parameters\n")
    categories = rest.strip().removeprefix(_CATEGORIES)
    if not ended or (rest.strip() and not rest.strip().startswith(_CATEGORIES)):
        raise ValueError("it ends before its parameters do")
    between, _, parameters = said.partition("\nparameters:")
    if not _BETWEEN.fullmatch(between) or not _PARAMETERS.fullmatch(parameters):
        raise ValueError("its parameters are none")
    json.loads(categories or "null")


def _trees(text: str) -> Iterator[Mapping[str, str]]:
    if _OTHER_LINES.search(text):
        raise ValueError("it holds characters that no text has")
    body = text.partition("\nTree=0\n")[2].partition("\nend of trees")[0]
    for place, one in enumerate(f"0\n{body}".split("\nTree=")):
        number, *lines = one.split("\n")
        if number != str(place):
            raise ValueError(f"behind tree {place - 1} comes {number[:40]!r}")
        found = dict(line.partition("=")[::2] for line in lines if line)
        if "" in lines[: len(found)] or len(found) != sum(
            map(bool, lines)
        ):  # LightGBM ends it at a line of nothing
            raise ValueError(f"the lines of tree {place} are not one after the other, each once")
        yield found


def _check(tree: Mapping[str, str], width: int, place: int) -> None:
    """Every split but the first, and every leaf, is the child of one split."""
    for name, numbers in tree.items():
        if name not in _KEYS or not _NUMBERS.fullmatch(numbers):
            raise ValueError(f"the {name[:40]} of tree {place} is no list of numbers")
        np.array(numbers.split(), np.float64)
    leaves = int(tree["num_leaves"])
    if leaves < 1 or len(tree["leaf_value"].split()) != leaves:
        raise ValueError(f"the leaves of tree {place} are not as many as it says")
    if any(len(tree.get(name, "").split()) not in (0, leaves) for name in _OF_LEAVES):
        raise ValueError(f"the leaves of tree {place} are not as many as it says")
    _check_sums(tree, leaves, width, place)
    if leaves == 1:
        return
    if any(len(tree.get(name, "").split()) not in (0, leaves - 1) for name in _NOT_ALWAYS):
        raise ValueError(f"the splits of tree {place} are not as many as it says")
    if any(len(tree[name].split()) != leaves - 1 for name in _OF_SPLITS):
        raise ValueError(f"the splits of tree {place} are not as many as it says")
    children = np.array(
        [*map(int, tree["left_child"].split()), *map(int, tree["right_child"].split())], np.int64
    )
    nodes = np.where(children < 0, leaves - 2 - children, children)  # leaves behind the splits
    if not are_children(2 * leaves - 1, nodes):
        raise ValueError(f"the splits of tree {place} do not make a tree")
    if not all(0 <= int(one) < width for one in tree["split_feature"].split()):
        raise ValueError(f"tree {place} asks for a feature that is not there")
    _check_categories(tree, place)


def _check_sums(tree: Mapping[str, str], leaves: int, width: int, place: int) -> None:
    """Of a linear tree: each leaf adds up features of its own."""
    if tree.get("is_linear", "0") not in ("0", "1"):
        raise ValueError(f"tree {place} is linear or not, and does not say which")
    if tree.get("is_linear", "0") == "0":
        return
    counts = [int(one) for one in tree["num_features"].split()]
    features = [int(one) for one in tree["leaf_features"].split()]
    if len(counts) != leaves or len(tree["leaf_const"].split()) != leaves or min(counts) < 0:
        raise ValueError(f"the leaves of tree {place} are not as many as it says")
    if not sum(counts) == len(features) == len(tree["leaf_coeff"].split()):
        raise ValueError(f"the sums of tree {place} are not as long as it says")
    if not all(0 <= one < width for one in features):
        raise ValueError(f"tree {place} asks for a feature that is not there")


def _check_categories(tree: Mapping[str, str], place: int) -> None:
    count = int(tree["num_cat"])
    ends = [int(one) for one in tree.get("cat_boundaries", "0").split()]
    words = len(tree.get("cat_threshold", "").split())
    if len(ends) != count + 1 or ends != sorted(ends) or ends[0] != 0 or ends[-1] != words:
        raise ValueError(f"the categories of tree {place} are not where it says")
    splits = zip(tree["decision_type"].split(), tree["threshold"].split(), strict=True)
    if not all(0 <= float(at) < count for kind, at in splits if int(kind) & 1):
        raise ValueError(f"tree {place} asks for categories that are not there")
