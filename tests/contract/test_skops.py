"""Files of skops: honest ones answer as their models do, and what would run something is refused unread."""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from boxship import frames
from boxship.adapters import ADAPTERS
from boxship.adapters.look import look
from boxship.adapters.pickles import refuse_unlisted, roots
from boxship.adapters.sklearn import SklearnAdapter
from boxship.errors import BoxError, BoxshipError
from boxship.testing.adapters import check_adapter, check_answers
from boxship.testing.twins import check_twin

ROWS, LABELS = load_iris(return_X_y=True)
ALLOW = ADAPTERS["sklearn"].allow
MODELS = [
    LogisticRegression(max_iter=2000),
    make_pipeline(
        StandardScaler(), FunctionTransformer(np.square), RandomForestClassifier(5, random_state=0)
    ),
    make_pipeline(
        make_column_transformer((StandardScaler(), [0, 2]), remainder="passthrough"), LogisticRegression()
    ),
    HistGradientBoostingClassifier(max_iter=5),
    KNeighborsClassifier(),
]


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    path = tmp_path / "model.skops"
    skops.io.dump(MODELS[1].fit(ROWS, LABELS), path)
    return path


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_it_answers_as_the_original(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    skops.io.dump(model.fit(ROWS, LABELS), path)
    found = look(path)
    assert refuse_unlisted(found, ALLOW) == ()
    assert {"skops", "sklearn"} <= set(roots(found))
    assert list(found.versions) == ["scikit-learn"]
    loaded = check_adapter(SklearnAdapter(), path, frames.read(ROWS), tolerance=1e-12)
    check_answers(loaded, frames.read(ROWS), model.predict_proba(ROWS), tolerance=1e-12)
    if not isinstance(model, KNeighborsClassifier):
        check_twin(loaded, frames.read(ROWS))


def rewritten(path: Path, change: Callable[[Any], None], **more: bytes) -> Path:
    """The same archive with another schema, and more parts."""
    with zipfile.ZipFile(path) as members:
        parts = {name: members.read(name) for name in members.namelist()}
    schema = json.loads(parts["schema.json"])
    change(schema)
    parts["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as members:
        for name, content in {**parts, **more}.items():
            members.writestr(name, content)
    return path


def node(schema: Any, loader: str) -> Any:
    """The first node of that kind."""
    waiting = [schema]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict):
            if one.get("__loader__") == loader:
                return one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    raise AssertionError(loader)


def becomes(loader: str, **changes: Any) -> Callable[[Any], None]:
    return lambda schema: node(schema, loader).update(changes)


JSON = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "is_json": True}
ARGS = {**JSON, "__loader__": "TupleNode", "__class__": "tuple", "content": [{**JSON, "content": '"id"'}]}
CALL = {"__class__": "system", "__module__": "os", "__loader__": "ConstructorFromReduceNode", "content": ARGS}
GENERATOR = {
    "__class__": "Generator",
    "__module__": "numpy.random._generator",
    "__loader__": "RandomGeneratorNode",
    "content": {
        "bit_generator": {"content": {"bit_generator": {**JSON, "content": '"seed"'}}},
        "seed_seq": {},
    },
}
FUNCTION = {"__class__": "log", "__module__": "numpy", "__loader__": "FunctionNode"}
GETATTR = {"__class__": "getattr", "__module__": "builtins", "__loader__": "FunctionNode"}
PARTIAL = {"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode"}
NORM = {"__class__": "norm_gen", "__module__": "scipy.stats._continuous_distns"}
HOSTILE = {
    "a function of the system": (
        becomes("FunctionNode", __module__="os", __class__="system"),
        "model.unsafe_global",
    ),
    "the same behind another name": (
        becomes("FunctionNode", __module__="posixpath", __class__="os.system"),
        "model.unsafe_global",
    ),
    "eval": (becomes("FunctionNode", __module__="builtins", __class__="eval"), "model.unsafe_global"),
    "a loader of numpy": (
        becomes("FunctionNode", __module__="numpy", __class__="load"),
        "model.unsafe_global",
    ),
    "a type that is called for keys": (
        becomes("TypeNode", __module__="os", __class__="system"),
        "model.unsafe_pickle",
    ),
    "a function that is called for keys": (
        lambda schema: node(schema, "DictNode").update(
            key_types={**ARGS, "__loader__": "ListNode", "content": [FUNCTION]}
        ),
        "model.unsafe_pickle",
    ),
    "keys that are no list": (
        lambda schema: node(schema, "DictNode").update(key_types=FUNCTION),
        "model.unsafe_pickle",
    ),
    "a function that is handed on": (
        becomes("ObjectNode", attr={**PARTIAL, "content": {"func": GETATTR, "args": ARGS}}),
        "model.unsafe_global",
    ),
    "a partial by its state": (
        becomes("ObjectNode", attr={**PARTIAL, "__loader__": "ObjectNode"}),
        "model.unsafe_pickle",
    ),
    "a distribution as a loss": (
        becomes("ObjectNode", attr={**NORM, "__loader__": "LossNode"}),
        "model.unsafe_pickle",
    ),
    "a distribution as a tree": (
        becomes("ObjectNode", attr={**NORM, "__loader__": "TreeNode"}),
        "model.unsafe_pickle",
    ),
    "a state that is elsewhere": (
        becomes("ObjectNode", content={**JSON, "__loader__": "CachedNode"}),
        "model.unsafe_pickle",
    ),
    "an object of anything": (
        becomes("ObjectNode", __module__="subprocess", __class__="Popen"),
        "model.unsafe_pickle",
    ),
    "a call by its constructor": (becomes("ObjectNode", attr=CALL), "model.unsafe_pickle"),
    "a method": (becomes("FunctionNode", __loader__="MethodNode", content={}), "model.unsafe_pickle"),
    "an operator": (
        becomes(
            "FunctionNode", __loader__="OperatorFuncNode", __module__="operator", __class__="methodcaller"
        ),
        "model.unsafe_pickle",
    ),
    "a node of no known kind": (becomes("FunctionNode", __loader__="NewNode"), "model.unsafe_pickle"),
    "a generator of numpy's that is a function": (
        becomes("ObjectNode", attr=GENERATOR),
        "model.unsafe_pickle",
    ),
    "a distribution": (
        becomes("ObjectNode", __module__="scipy.stats._continuous_distns", __class__="norm_gen"),
        "model.unsafe_pickle",
    ),
    "a class set by a state": (
        lambda schema: node(schema, "ObjectNode")["content"]["content"].update(
            {"__class__": dict(JSON, content="1")}
        ),
        "model.unsafe_pickle",
    ),
    "a name with more in it": (
        becomes("FunctionNode", __class__="abs\nimport os"),
        "model.unsafe_pickle",
    ),
    "functions of an old protocol": (lambda schema: schema.update(protocol=0), "model.other_version"),
    "a protocol to come": (lambda schema: schema.update(protocol=99), "model.other_version"),
    "no protocol": (lambda schema: schema.pop("protocol"), "model.damaged"),
    "no class": (lambda schema: node(schema, "ObjectNode").pop("__class__"), "model.damaged"),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_what_would_run_something_is_refused(trick: str, honest: Path) -> None:
    change, code = HOSTILE[trick]
    with pytest.raises(BoxError) as caught:
        refuse_unlisted(look(rewritten(honest, change)), ALLOW)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["evil.pkl", "../schema.json", "/etc/passwd", "a/b.npy", "schema.json.py"])
def test_parts_that_skops_does_not_write(name: str, honest: Path) -> None:
    with pytest.raises(BoxError) as caught:
        look(rewritten(honest, lambda schema: None, **{name: b"x"}))
    assert caught.value.code == "model.unsafe_archive"


def test_a_part_that_is_there_twice(honest: Path) -> None:
    with zipfile.ZipFile(honest, "a") as members, pytest.warns(UserWarning, match="Duplicate"):
        members.writestr("schema.json", "{}")
    with pytest.raises(BoxError) as caught:
        look(honest)
    assert caught.value.code == "model.unsafe_archive"


def test_encrypted_parts(honest: Path) -> None:
    data = bytearray(honest.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    honest.write_bytes(data)
    with pytest.raises(BoxError) as caught:
        look(honest)
    assert caught.value.code == "model.unsafe_archive"


def test_a_bomb(honest: Path) -> None:
    with zipfile.ZipFile(honest, "a", zipfile.ZIP_DEFLATED) as members:
        members.writestr("1.npy", bytes(300 << 20))
    with pytest.raises(BoxError) as caught:
        look(honest)
    assert caught.value.code == "model.too_large"


def test_pickled_objects_in_an_array(honest: Path, tmp_path: Path) -> None:
    """numpy is told not to read them."""
    buffer = io.BytesIO()
    np.save(buffer, np.array([{1: 2}], object), allow_pickle=True)
    with zipfile.ZipFile(honest) as members:
        name = next(name for name in members.namelist() if name.endswith(".npy"))
    rewritten(honest, lambda schema: None, **{name: buffer.getvalue()})
    with pytest.raises(BoxError, match="allow_pickle") as caught:
        SklearnAdapter().load(honest)
    assert caught.value.code == "model.unreadable"


def test_damage_is_told(honest: Path) -> None:
    """Or lies in an array, which numpy reads; never is anything else raised."""
    whole, rng = honest.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 60).tolist():
        flipped = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        for spoilt in (whole[:place], flipped):
            honest.write_bytes(spoilt)
            with contextlib.suppress(BoxshipError):
                refuse_unlisted(look(honest), ALLOW)
        honest.write_bytes(whole[:place])
        with pytest.raises(BoxError):
            look(honest)
