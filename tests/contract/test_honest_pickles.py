"""No honest model of scikit-learn is refused, and what we tell of it is what loading it imports."""

import bz2
import gzip
import io
import lzma
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from joblib.numpy_pickle import NumpyUnpickler
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.utils import all_estimators
from threadpoolctl import threadpool_limits

import needs
from boxship.adapters.pickles import SKLEARN, refuse_unlisted, scan

ROWS, LABELS = (part[::3] for part in load_iris(return_X_y=True))
ESTIMATORS = dict(all_estimators())
PROTOCOLS = (2, 3, 4, 5)
# joblib writes its plain bytes through these; doing it here saves pickling every model four more times
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "bz2": lambda data: bz2.compress(data, 1),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=0),
    "xz": lambda data: lzma.compress(data, preset=0),
}
DATA = (
    (ROWS, LABELS),
    (ROWS, LABELS + 1.0),
    (ROWS, np.c_[LABELS, LABELS]),
    (ROWS[:, 0], LABELS),
    (ROWS, LABELS > 0),
    (["some words here", "other words"],),
    (ROWS @ ROWS.T,),
    ([{"a": 1, "b": 2}],),
    (LABELS,),
    ([(1, 2), (3,)],),
    (np.abs(np.random.default_rng(0).normal(size=(len(ROWS), 2))), LABELS),
)
MANY = [("l", LogisticRegression()), ("k", KNeighborsClassifier(algorithm="ball_tree"))]
BY_HAND = {
    "CalibratedClassifierCV": lambda: [CalibratedClassifierCV(LinearSVC(), method="isotonic", cv=2)],
    "CountVectorizer": lambda: [CountVectorizer(ngram_range=(1, 2))],
    "FrozenEstimator": lambda: [FrozenEstimator(LogisticRegression().fit(ROWS, LABELS))],
    "StackingClassifier": lambda: [StackingClassifier(MANY, cv=2)],
    "TfidfVectorizer": lambda: [TfidfVectorizer(stop_words="english")],
    "VotingClassifier": lambda: [VotingClassifier(MANY, voting="soft")],
}
UNFIT = {"SparseCoder"}  # needs data made for its dictionary; it is scanned as it is


def _instances(name: str) -> list[BaseEstimator]:
    if name in BY_HAND:
        return BY_HAND[name]()
    # scikit-learn's own tests know arguments with which each of its estimators can be made
    tools = needs.library("sklearn.utils._test_common.instance_generator")
    made: list[BaseEstimator] = list(tools._construct_instances(ESTIMATORS[name]))
    return made[:1]


def _fitted(model: BaseEstimator) -> BaseEstimator | None:
    for data in DATA:
        try:
            return model.fit(*data)
        except (ValueError, TypeError, AttributeError, IndexError):  # not data for this one
            continue
    return None


class Recording(NumpyUnpickler):
    """joblib's unpickler, keeping what it imports."""

    found: set[tuple[str, str]]

    def find_class(self, module: str, name: str) -> Any:
        value = super().find_class(module, name)
        self.found.add((module, name))
        return value


def _imported(data: bytes) -> set[tuple[str, str]]:
    unpickler = Recording("", io.BytesIO(data), ensure_native_byte_order=True)
    unpickler.found = set()
    unpickler.load()
    return unpickler.found


@pytest.fixture(autouse=True)
def _quiet_and_alone() -> Iterator[None]:
    # small fits on many threads are slower than on one
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield


def _files(model: BaseEstimator, folder: Path) -> Iterator[tuple[str, bytes]]:
    for protocol in PROTOCOLS:
        yield "pickle", pickle.dumps(model, protocol)
    joblib.dump(model, folder / "zlib", compress=1)
    yield "joblib+zlib", (folder / "zlib").read_bytes()
    joblib.dump(model, folder / "plain")
    plain = (folder / "plain").read_bytes()
    yield "joblib", plain
    for name, packed in PACKERS.items():
        yield f"joblib+{name}", packed(plain)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("word", ["handle", "_handle"])
def test_a_word_of_boosters_is_a_word_elsewhere(word: str, protocol: int, tmp_path: Path) -> None:
    """What is told of the model is the same; its version stands right behind the last value."""
    model, said = LogisticRegression(), []
    for value in ("another", word):
        model.__dict__.update({word: ROWS, "y": [value, bytes(2000), value, "z" * 2000], "x": value})
        (tmp_path / "model").write_bytes(pickle.dumps(model, protocol))
        found = scan(tmp_path / "model")
        assert refuse_unlisted(found, SKLEARN) == ()
        said.append((found.versions, {(use.module, use.name, use.called) for use in found.uses}))
    assert said[0] == said[1]
    assert "scikit-learn" in found.versions


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_in_every_container_may_load(name: str, tmp_path: Path) -> None:
    for made in _instances(name):
        model = _fitted(made)
        assert model is not None or name in UNFIT
        for container, data in _files(model or made, tmp_path):
            (tmp_path / "model").write_bytes(data)
            found = scan(tmp_path / "model")
            assert refuse_unlisted(found, SKLEARN) == ()
            assert found.root.endswith(f".{name}")
            assert found.container in (container, "pickle")
            if container == "joblib":
                told = {(use.module, use.name) for use in found.uses if "." not in use.name}
                assert told == _imported(data)
