"""Twins of what skl2onnx writes of linear models and trees answer as ONNX Runtime does; other kinds have none."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper
from pandas import DataFrame
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import datasets
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from boxship.adapters.onnx import OnnxAdapter
from boxship.adapters.onnx_twin import lower
from boxship.adapters.tensors import port_of
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.testing.twins import check_twin
from boxship.twin.record import Record
from boxship.twin.refused import NoTwinError
from tests.contract.test_onnx_twin import same

DATA, PLACES = datasets.load_wine(return_X_y=True)
WINE = DATA.astype("f4")
NAMES = np.array(["c", "a", "b"])[PLACES]
GAPS = WINE.copy()
GAPS[::7, 2] = np.nan
NO_MAP = {"zipmap": False}
TRUE = Output("prediction", "int64", classes=(0, 1), probabilities=True)
THREE = Contract(tuple(Field(f"c{place}", "float32") for place in range(13)), (Output("y", "float32[3]"),))


def shallow(kind: Any, **more: Any) -> Any:
    return kind(max_depth=4, random_state=0, **more)


def proven(fitted: Any, folder: Path, rows: Any = WINE, **options: Any) -> Record:
    model = OnnxAdapter().load(OnnxAdapter().write(to_onnx(fitted, rows[:1], **options), folder))
    return check_twin(model, Table.of({f"c{at}": rows[:, at] for at in range(13)}), rows=500)


@pytest.mark.parametrize("labels", [NAMES, PLACES, PLACES > 0], ids=["texts", "integers", "truths"])
@pytest.mark.parametrize("options", [{}, {"options": NO_MAP}], ids=["a map", "no map"])
@pytest.mark.parametrize(
    "kind",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(MinMaxScaler(), LogisticRegression()),
        shallow(RandomForestClassifier, n_estimators=9),
        shallow(GradientBoostingClassifier, n_estimators=5),
    ],
    ids=["linear", "linear in its range", "forest", "boosted"],
)
def test_classifiers(kind: Any, options: Any, labels: Any, tmp_path: Path) -> None:
    given = labels.astype(int) if labels.dtype == bool else labels
    assert proven(kind.fit(WINE, given), tmp_path, **options).parts["training"].labels == 0


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, DecisionTreeRegressor])
def test_one_tree_gives_the_same_bits_also_behind_a_scaler(kind: Any, tmp_path: Path) -> None:
    found = proven(make_pipeline(StandardScaler(), shallow(kind)).fit(WINE, PLACES), tmp_path)
    assert found.parts["edges"].rows > 0
    assert found.words().startswith("bit for bit")


@pytest.mark.parametrize("wide", [1, 3])
def test_regressors(wide: int, tmp_path: Path) -> None:
    proven(shallow(RandomForestRegressor, n_estimators=9).fit(WINE, WINE[:, :wide].squeeze()), tmp_path)


@pytest.mark.parametrize("kind", [LogisticRegression(), shallow(RandomForestClassifier, n_estimators=5)])
def test_what_is_missing_is_filled(kind: Any, tmp_path: Path) -> None:
    proven(make_pipeline(SimpleImputer(), StandardScaler(), kind).fit(GAPS, NAMES), tmp_path, GAPS)


def test_an_input_a_column(tmp_path: Path) -> None:
    scaled = make_column_transformer(
        (StandardScaler(), [2, 0]), (MinMaxScaler(), [1]), remainder="passthrough"
    )
    fitted = make_pipeline(scaled, shallow(RandomForestClassifier, n_estimators=5)).fit(WINE[:, :4], NAMES)
    columns = {f"c{at}": WINE[:, at] for at in range(4)}
    made = to_onnx(fitted, initial_types=[(name, FloatTensorType([None, 1])) for name in columns])
    check_twin(OnnxAdapter().load(OnnxAdapter().write(made, tmp_path)), Table.of(columns), rows=500)


COLUMNS = {
    "a": (WINE[:, 0], FloatTensorType),
    "t": (NAMES, StringTensorType),
    "k": (DATA[:, 4].astype(int) % 5, Int64TensorType),
    "u": (np.array(["x", "y", "zed"])[np.arange(len(WINE)) % 3], StringTensorType),
}


def encoded(names: str, fitted: Any) -> tuple[onnx.ModelProto, Table]:
    frame = DataFrame({name: COLUMNS[name][0] for name in names})
    types = [(name, COLUMNS[name][1]([None, 1])) for name in names]
    return to_onnx(fitted.fit(frame, PLACES > 1), initial_types=types), Table.of({**frame})


@pytest.mark.parametrize("kind", [LogisticRegression(), shallow(RandomForestClassifier, n_estimators=5)])
@pytest.mark.parametrize("unknown", ["ignore", "error"])
@pytest.mark.parametrize("names", ["at", "ka", "atku", "tu"])
def test_categories(names: str, unknown: str, kind: Any, tmp_path: Path) -> None:
    others = [name for name in names if name != "a"]
    before = make_column_transformer((OneHotEncoder(handle_unknown=unknown), others), remainder="passthrough")
    made, table = encoded(names, make_pipeline(before, kind))
    check_twin(OnnxAdapter().load(OnnxAdapter().write(made, tmp_path)), table, rows=300)


@pytest.mark.parametrize(
    "change", [{"cats_int64s": [1, 2]}, {"cats_strings": ["a", "a", "b"]}, {"strange": 1}]
)
def test_categories_that_can_be_read_in_two_ways_have_none(change: Any, tmp_path: Path) -> None:
    made, _ = encoded("tu", make_pipeline(OneHotEncoder(), LogisticRegression()))
    changed(next(one for one in made.graph.node if one.op_type == "OneHotEncoder"), **change)
    path = OnnxAdapter().write(made, tmp_path)
    contract = Contract((Field("t", "text"), Field("u", "text")), (TRUE,))
    with pytest.raises(NoTwinError, match=r"OneHotEncoder|encodes"):
        lower(path, [port_of(name, "text", [None, 1]) for name in "tu"], contract)


def test_a_tree_sends_what_is_missing_to_its_side(tmp_path: Path) -> None:
    proven(shallow(DecisionTreeClassifier).fit(GAPS, NAMES), tmp_path, GAPS)


def written(fitted: Any, **options: Any) -> onnx.ModelProto:
    return to_onnx(fitted, initial_types=[("v0", FloatTensorType([None, 13]))], **options)


def changed(node: onnx.NodeProto, **values: Any) -> None:
    """Attributes as given; None leaves one out."""
    for name, value in values.items():
        kept = [one for one in node.attribute if one.name != name]
        del node.attribute[:]
        node.attribute.extend(kept if value is None else [*kept, helper.make_attribute(name, value)])


def told(node: onnx.NodeProto, name: str) -> Any:
    return next(helper.get_attribute_value(one) for one in node.attribute if one.name == name)


CLASSES = Contract(THREE.inputs, (Output("prediction", "text", classes=("a", "b", "c"), probabilities=True),))
LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
BOOSTED = shallow(GradientBoostingClassifier, n_estimators=2)


@pytest.mark.parametrize(
    ("kind", "op", "change", "why"),
    [
        (LINEAR, "LinearClassifier", {"post_transform": "PROBIT"}, "another kind"),
        (LINEAR, "LinearClassifier", {"strange": 1}, "'strange'"),
        (LINEAR, "Normalizer", {"norm": "MAX"}, "something else"),
        (LINEAR, "ZipMap", {"classlabels_strings": ["b", "a", "c"]}, "something else"),
        (BOOSTED, "TreeEnsembleClassifier", {"post_transform": "NONE"}, "another kind"),
        (BOOSTED, "TreeEnsembleClassifier", {"strange": 1}, "'strange'"),
        (BOOSTED, "TreeEnsembleClassifier", {"base_values": [1.0]}, "begin with 1"),
        (BOOSTED, "TreeEnsembleClassifier", {"classlabels_int64s": [1, 2, 3]}, "two lists"),
        (BOOSTED, "TreeEnsembleClassifier", {"nodes_treeids": None}, "another way"),
        (BOOSTED, "TreeEnsembleClassifier", lambda node: modes(node, "BRANCH_EQ"), "BRANCH_EQ"),
        (BOOSTED, "TreeEnsembleClassifier", lambda node: first(node, "nodes_nodeids", 1), "the same number"),
        (BOOSTED, "TreeEnsembleClassifier", lambda node: first(node, "nodes_truenodeids", 0), "make none"),
        (BOOSTED, "TreeEnsembleClassifier", lambda node: first(node, "class_nodeids", 0), "what is not there"),
        (BOOSTED, "TreeEnsembleClassifier", lambda node: first(node, "class_ids", 3), "what is not there"),
        (BOOSTED, "TreeEnsembleClassifier", lambda node: silent(node, 2), "no tree has something to say"),
    ],
)  # fmt: skip
def test_others_have_none(kind: Any, op: str, change: Any, why: str, tmp_path: Path) -> None:
    made = written(kind.fit(WINE, NAMES))
    node = next(one for one in made.graph.node if one.op_type == op)
    change(node) if callable(change) else changed(node, **change)
    path = OnnxAdapter().write(made, tmp_path)
    with pytest.raises(NoTwinError, match=why):
        lower(path, [port_of("v0", "float32", [None, 13])], CLASSES)


def first(node: onnx.NodeProto, name: str, value: int) -> None:
    changed(node, **{name: [value, *told(node, name)[1:]]})


def modes(node: onnx.NodeProto, other: str) -> None:
    held = [one.decode() for one in told(node, "nodes_modes")]
    changed(node, nodes_modes=[other if one == "BRANCH_LEQ" else one for one in held])


def silent(node: onnx.NodeProto, output: int) -> None:
    """Its leaves say nothing of one class any more."""
    kept = [at for at, one in enumerate(told(node, "class_ids")) if one != output]
    for name in ("class_ids", "class_nodeids", "class_treeids", "class_weights"):
        changed(node, **{name: [told(node, name)[at] for at in kept]})


def test_a_branch_below_its_threshold_goes_where_equal_does_not(tmp_path: Path) -> None:
    made = written(shallow(DecisionTreeRegressor).fit(WINE, WINE[:, :3]))
    (node,) = made.graph.node
    modes(node, "BRANCH_LT")
    model = OnnxAdapter().load(OnnxAdapter().write(made, tmp_path))
    found = check_twin(model, Table.of({f"c{at}": WINE[:, at] for at in range(13)}), rows=500)
    assert found.words().startswith("bit for bit")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of weights that are no numbers any more
@pytest.mark.parametrize("depth", [2, 3])
def test_spoilt_files_have_the_same_twin_or_none(depth: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(depth)
    kind = RandomForestRegressor(n_estimators=2, max_depth=depth, random_state=0)
    whole = written(kind.fit(WINE, WINE[:, :3])).SerializeToString()
    found = []
    for _ in range(150):
        spoilt = bytearray(whole)
        spoilt[rng.integers(len(whole))] = rng.integers(256)
        found.append(same(bytes(spoilt), tmp_path))
    assert 20 < found.count("same") < 130
