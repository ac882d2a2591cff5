"""What LightGBM's text of a model says: what it is, and its trees."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from boxship.adapters import Level
from boxship.errors import BoxError

_DEFAULT = "Column_"
_SHARES = ("binary", "multiclass", "multiclassova")
_BLOCK = re.compile(r"^(?=Tree=)", re.MULTILINE)
_LINE = re.compile(r"\w+(=|\Z)")


class Header(NamedTuple):
    """What stands before the trees."""

    objective: str  # its name, or "" where it was the user's own
    options: Mapping[str, str]  # of the objective
    names: tuple[str, ...] | None  # where they were given
    width: int
    labels: tuple[Level, ...]  # of a classifier: 0, 1, 2... unless `with_labels` wrote others
    trees_a_round: int
    averages: bool
    categories: Mapping[int, tuple[int, ...]]  # of the columns of categories: the codes of training


def header_of(text: str) -> Header:
    """The head of the text; raises `BoxError` for one of another format."""
    head, _, rest = text.partition("\nTree=0\n")
    said = _head(head)
    trees = text[len(head) + 1 :].partition("end of trees")
    blocks = [len(one.encode()) for one in _BLOCK.split(trees[0])[1:]]
    if not trees[1] or [*map(int, said["tree_sizes"].split())] != blocks:
        raise ValueError("its trees are not whole")
    if said.get("version") not in ("v3", "v4"):
        raise BoxError(
            "model.unreadable",
            f"the model is of LightGBM's format {said.get('version', '?')}, known are v3 and v4",
            "save it again with save_model, by a version of this decade",
        )
    name, *options = said.get("objective", "").split() or [""]
    names = tuple(said["feature_names"].split(" "))
    plain = names == tuple(f"{_DEFAULT}{place}" for place in range(len(names)))
    many, width = _count(said["num_class"]), _count(said["max_feature_idx"]) + 1
    if not many or len(blocks) % many or _count(said["num_tree_per_iteration"]) != many:
        raise ValueError("its trees are not as many as its classes ask for")
    if any(one.startswith("num_class:") and one != f"num_class:{many}" for one in options):
        raise ValueError("its objective is of other classes than it says")
    found = (
        rest.rpartition("[categorical_feature: ")[2].partition("]")[0]
        if "[categorical_feature: " in rest
        else ""
    )
    infos = said["feature_infos"].split(" ")
    if not len(names) == len(infos) == width:
        raise ValueError("its features are not as many as it says")
    return Header(
        name,
        dict(one.partition(":")[::2] for one in options),
        None if plain else names,
        width,
        _labels(said, max(many, 2)) if name in _SHARES else (),
        many,
        "average_output" in said,
        {int(one): _codes(infos[int(one)]) for one in found.split(",") if one},
    )


def _head(head: str) -> dict[str, str]:
    """Its lines by their names. LightGBM's trees begin at the first line of one, whatever its number."""
    lines = head.splitlines()
    if any((line and not _LINE.match(line)) or line.startswith("Tree=") for line in lines):
        raise ValueError("a line before its trees is none of a head")
    said = dict(line.partition("=")[::2] for line in lines if line)
    if len(said) != sum(map(bool, lines)):
        raise ValueError("a line before its trees is there twice")
    return said


def _count(text: str) -> int:
    """As LightGBM writes it; Python would take more for a number."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(f"{text[:40]!r} is no count")
    return int(text)


def _codes(info: str) -> tuple[int, ...]:
    """As `-1:6:2`, the missing one first; of a column that no tree could ask for it says nothing."""
    codes = (int(one) for one in info.split(":")) if info != "none" else ()
    return tuple(sorted(code for code in codes if code >= 0))


def with_labels(text: str, labels: Sequence[Level]) -> str:
    """The same with a line more in its head, which LightGBM passes over."""
    if not all(isinstance(one, (str, int, float)) for one in labels):
        raise BoxError(
            "model.unknown_labels",
            "a class of the model is neither text nor number nor boolean",
            "cast the target, in numpy by .astype(str), and fit again",
        )
    if [*labels] == [*range(len(labels))]:
        return text
    written = msgspec.json.encode([*labels]).decode().replace("=", "\\u003d")  # which would part the line
    return text.replace("\nlabel_index=", f"\nlabels={written}\nlabel_index=", 1)


def _labels(said: Mapping[str, str], count: int) -> tuple[Level, ...]:
    if "labels" not in said:
        return tuple(range(count))
    labels = msgspec.json.decode(said["labels"], type=tuple[Level, ...])
    if len(labels) != count:
        raise ValueError(f"it has {len(labels)} labels for {count} classes")
    return labels


def trees_of(text: str) -> Iterator[Mapping[str, str]]:
    """Each tree's lines by their names."""
    for block in text.partition("\nend of trees")[0].split("\nTree=")[1:]:
        yield dict(line.partition("=")[::2] for line in block.splitlines()[1:] if line)
