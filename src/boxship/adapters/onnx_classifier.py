"""ONNX: operators that give labels and their probabilities."""

from typing import NamedTuple

from boxship.adapters.network_twin import Flow
from boxship.adapters.onnx_graph import ML, OWN, Node
from boxship.adapters.onnx_trees import Told, sums
from boxship.twin.encode import Label, Sides
from boxship.twin.link import Act
from boxship.twin.refused import NoTwinError

_INT64, _FLOAT = 7, 1  # the numbers of the types
_LISTS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
_SHARES = {"LOGISTIC": "logistic", "SOFTMAX": "softmax"}
Classes = tuple[str | int, ...]


class Chosen(NamedTuple):
    """One label a row."""

    flow: Flow
    classes: Classes


class Shares(NamedTuple):
    """A probability for each class: none is below zero."""

    flow: Flow
    classes: Classes


def linear(node: Node, flow: Flow) -> tuple[Chosen, Shares]:
    """By the largest score, one a class."""
    told = node.attributes
    _check_known(node, "coefficients", "intercepts", "multi_class", "post_transform")
    classes, act = _classes(told), _SHARES.get(told.get("post_transform", "NONE"))
    if act is None or len(told["intercepts"]) != len(classes):
        raise NoTwinError("its LinearClassifier is of another kind")
    scores = flow.layer(told["coefficients"].reshape(len(classes), -1).T, told["intercepts"])
    return Chosen(scores.then(Label(classes), ()), classes), Shares(scores.act(act), classes)


def trees(node: Node, flow: Flow) -> tuple[Chosen, Shares]:
    """Of two classes by one sum: for which, if nothing is below zero, that is the share of the second."""
    told = node.attributes
    classes, after = _classes(told), told.get("post_transform", "NONE")
    is_share = not (told["class_weights"] < 0).any()
    if len(classes) > 2:  # classes
        scores = sums(flow, told, "class", len(classes), *_LISTS)
        if after not in _SHARES and not (after == "NONE" and is_share):
            raise NoTwinError("its TreeEnsembleClassifier is of another kind")
        shares = scores.act(_SHARES[after]) if after in _SHARES else scores
        return Chosen(scores.then(Label(classes), ()), classes), Shares(shares, classes)
    if len(classes) < 2 or {*told["class_ids"]} != {0} or after != ("NONE" if is_share else "LOGISTIC"):
        raise NoTwinError("its TreeEnsembleClassifier is of another kind")
    score = sums(flow, told, "class", 1, *_LISTS)
    share = score if is_share else score.act("logistic")
    chosen = score.then(Sides(classes, 0.5 if is_share else 0.0), ())
    return Chosen(chosen, classes), Shares(share.then(Act("two"), (2,)), classes)


def passed_on(node: Node, one: Chosen | Shares) -> Chosen | Shares:
    """What a node makes of labels or of probabilities that only puts them into another form."""
    told, key = node.attributes, ("" if node.domain in OWN else node.domain, node.op)
    same = {("", "Identity"): True}
    if isinstance(one, Chosen):
        same["", "Cast"] = told.get("to") == _INT64 and not isinstance(one.classes[0], str)
    else:
        same["", "Cast"] = told.get("to") == _FLOAT
        same[ML, "ZipMap"] = key == (ML, "ZipMap") and _classes(told) == one.classes
        if key == (ML, "Normalizer") and told == {"norm": "L1"}:
            return Shares(one.flow.act("normal"), one.classes)
    if not same.get(key):
        raise NoTwinError(f"its {node.op} makes something else of what it answers")
    return one


def _classes(told: Told) -> Classes:
    found = [tuple(told[name]) for name in _LISTS if name in told]
    if len(found) != 1 or len(set(found[0])) != len(found[0]):
        raise NoTwinError("its classes have two lists, or the same name")
    return found[0]


def _check_known(node: Node, *names: str) -> None:
    strange = sorted(node.attributes.keys() - {*names, *_LISTS})
    if strange:
        raise NoTwinError(f"its {node.op} says {strange[0]!r}, of which nothing is known yet")
