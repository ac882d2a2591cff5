"""ONNX: the operators of models that are no networks, and of what stands before them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from boxship.adapters import onnx_classifier
from boxship.adapters.network_twin import Flow
from boxship.adapters.onnx_graph import Node
from boxship.adapters.onnx_trees import sums
from boxship.twin.refused import NoTwinError


def _regression(node: Node, flow: Flow) -> Flow:
    told = node.attributes
    if told.get("post_transform", "NONE") != "NONE":
        raise NoTwinError("its LinearRegressor is of another kind")
    return flow.layer(told["coefficients"].reshape(told.get("targets", 1), -1).T, told.get("intercepts"))


def _scaler(node: Node, flow: Flow) -> Flow:
    flow.check_flat()
    offset, scale = (np.broadcast_to(node.attributes[name], flow.shape) for name in ("offset", "scale"))
    return flow.less(offset).times(scale)


def _imputer(node: Node, flow: Flow) -> Flow:
    flow.check_flat()
    if not np.isnan(node.attributes["replaced_value_float"]):
        raise NoTwinError("its Imputer is of another kind")
    return flow.filled(np.broadcast_to(node.attributes["imputed_value_floats"], flow.shape))


def _one_hot(node: Node, flow: Flow) -> Flow:
    told = node.attributes
    name = {"integers": "cats_int64s", "texts": "cats_strings"}.get(flow.places, "")
    if told.keys() - {"zeros"} != {name}:
        raise NoTwinError("its OneHotEncoder has no categories of its column's type, or others too")
    return flow.coded(tuple(told[name]), unknown=bool(told.get("zeros", 1)))


def _tree_sums(node: Node, flow: Flow) -> Flow:
    told = node.attributes
    if told.get("post_transform", "NONE") != "NONE" or told.get("aggregate_function", "SUM") != "SUM":
        raise NoTwinError("its TreeEnsembleRegressor is of another kind")
    return sums(flow, told, "target", told.get("n_targets", 1), "n_targets", "aggregate_function")


LEARNT: dict[str, Callable[[Node, Flow], Any]] = {  # to a flow, or to labels and their probabilities
    "Imputer": _imputer,
    "LinearClassifier": onnx_classifier.linear,
    "LinearRegressor": _regression,
    "OneHotEncoder": _one_hot,
    "Scaler": _scaler,
    "TreeEnsembleClassifier": onnx_classifier.trees,
    "TreeEnsembleRegressor": _tree_sums,
}
