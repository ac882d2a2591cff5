import functools
import gzip
import operator
import pickle
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import stats
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from boxship.adapters.pickles import (
    COMMON,
    SKLEARN,
    AllowList,
    Scan,
    Use,
    check_trust,
    refuse_unlisted,
    roots,
    scan,
)
from boxship.errors import BoxError, UsageError

ROWS = np.random.default_rng(0).normal(size=(60, 3))
LABELS = (ROWS[:, 0] > 0).astype(int)
FRAME = pd.DataFrame({"a": ROWS[:, 0], "b": ["x", "y", "z"] * 20, "t": ["some words", "other words"] * 30})


class Own:
    """Somebody's own transformer."""


def _models() -> dict[str, object]:
    columns = [("n", StandardScaler(), ["a"]), ("c", OneHotEncoder(), ["b"]), ("t", TfidfVectorizer(), "t")]
    spread = {"C": stats.loguniform(0.1, 1), "max_iter": stats.randint(50, 60)}
    return {
        "forest": RandomForestClassifier(3, random_state=np.random.RandomState(0)).fit(ROWS, LABELS),
        "frame": make_pipeline(ColumnTransformer(columns), LogisticRegression()).fit(FRAME, LABELS),
        "text": TfidfVectorizer(tokenizer=str.split, preprocessor=str.lower, token_pattern=None).fit(
            FRAME["t"]
        ),
        "grid": GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2).fit(ROWS, LABELS),
        "random": RandomizedSearchCV(LogisticRegression(), spread, n_iter=1, cv=2).fit(ROWS, LABELS),
        "partial": SelectKBest(functools.partial(mutual_info_classif, random_state=0), k=1).fit(ROWS, LABELS),
        "clip": FunctionTransformer(functools.partial(np.clip, a_min=0, a_max=1)),
        "functions": make_pipeline(
            FunctionTransformer(operator.itemgetter("a")), FunctionTransformer(np.log1p)
        ),
        "objects": {
            "names": np.array(["a", None, 1.5, np.log1p], dtype=object),
            "frame": FRAME,
            "rng": np.random.default_rng(0),
        },
        "arrays": [
            np.zeros((0, 3)),
            np.array(5),
            np.asfortranarray(ROWS),
            np.zeros(2, [("a", "f4"), ("b", "O")]),
            b"x" * 70_000,
        ],
    }


MODELS = _models()
KINDS = ("0", "1", "2", "4", "5", "joblib", "zlib", "xz")


def save(model: object, kind: str, folder: Path) -> Path:
    path = folder / "model"
    if kind.isdigit():
        path.write_bytes(pickle.dumps(model, int(kind)))
    else:
        joblib.dump(model, path, compress=0 if kind == "joblib" else (kind, 1))
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_an_honest_model_may_load(name: str, kind: str, tmp_path: Path) -> None:
    found = scan(save(MODELS[name], kind, tmp_path))
    assert refuse_unlisted(found, SKLEARN) == ()


def test_a_scan_tells_what_the_model_is_and_needs(tmp_path: Path) -> None:
    found = scan(save(MODELS["frame"], "zlib", tmp_path))
    assert (found.container, found.root) == ("joblib+zlib", "sklearn.pipeline.Pipeline")
    assert found.versions == {"scikit-learn": sklearn.__version__}
    assert "sklearn.preprocessing._encoders" in found.modules
    assert {"sklearn", "numpy"} <= set(roots(found))


@pytest.mark.parametrize(("kind", "container"), [("2", "pickle"), ("joblib", "joblib"), ("xz", "joblib+xz")])
def test_the_container_is_told(kind: str, container: str, tmp_path: Path) -> None:
    assert scan(save(MODELS["forest"], kind, tmp_path)).container == container


def test_versions_that_differ_are_all_told(tmp_path: Path) -> None:
    version = sklearn.__version__.encode()
    body = pickle.dumps(LogisticRegression(), 2)[2:-1]
    older = body.replace(version, b"0" * len(version))
    (tmp_path / "m").write_bytes(b"\x80\x02" + body + older + b"\x86.")
    assert scan(tmp_path / "m").versions["scikit-learn"] == f"{'0' * len(version)},{version.decode()}"


def test_called_and_referenced_are_told_apart(tmp_path: Path) -> None:
    uses = {use.name: use.called for use in scan(save(FunctionTransformer(np.log1p), "5", tmp_path)).uses}
    assert uses == {"FunctionTransformer": True, "log1p": False}


def test_the_position_is_that_of_the_name(tmp_path: Path) -> None:
    path = save(np.log1p, "0", tmp_path)
    assert scan(path).uses == (Use("numpy", "log1p", 0, called=False),)
    path.write_bytes(b"\x80\x02]" + path.read_bytes()[:-1] + b"a.")
    assert scan(path).uses[0].position == 3


def test_names_of_python_2_are_those_that_load(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"\x80\x02c__builtin__\nset\n]\x85R.")
    assert scan(tmp_path / "m").uses == (Use("builtins", "set", 2, called=True),)


def test_a_pickle_compressed_by_hand_is_read(tmp_path: Path) -> None:
    (tmp_path / "m.pkl.gz").write_bytes(gzip.compress(pickle.dumps(MODELS["forest"])))
    assert scan(tmp_path / "m.pkl.gz").container == "joblib+gzip"


@pytest.mark.parametrize("kind", ["5", "joblib"])
def test_a_large_forest_is_scanned_without_reading_its_arrays(kind: str, tmp_path: Path) -> None:
    path = save([np.zeros(50_000) for _ in range(100)], kind, tmp_path)
    began = time.perf_counter()
    scan(path)
    assert path.stat().st_size > 40_000_000
    assert time.perf_counter() - began < 0.3


FORMS = [
    ("a.b.f", "a.b", "f", True),
    ("a.b.f", "a.b", "g", False),
    ("a.b.f", "a.bb", "f", False),
    ("a.*", "a", "f", True),
    ("a.*", "a.b.c", "f", True),
    ("a.*", "ab", "f", False),
    ("a.*", "a.tests.b", "f", False),
    ("a.*", "a", "os.system", False),
    ("a.*", "a", "Outer.Inner", True),
    ("a.*:<Class>", "a.b", "Tree", True),
    ("a.*:<Class>", "a.b", "_Tree", True),
    ("a.*:<Class>", "a.b", "tree", False),
    ("a.*:<Class>", "a.b", "Tree.load", False),
    ("a.*:<Class>", "a.b", "Tree().Kind", False),
    ("a.*:new*", "a.b", "newObj", True),
    ("a.*:*_gen.x", "a", "b_gen.x", True),
    ("a.b:f*", "a.b", "fit", True),
    ("a.b:f*", "a.b.c", "fit", False),
    ("*", "a", "f", True),
]


@pytest.mark.parametrize(("form", "module", "name", "covered"), FORMS)
def test_a_form_covers_what_it_says(form: str, module: str, name: str, covered: bool) -> None:
    assert AllowList(references=(form,)).covers(Use(module, name, 0, called=False)) is covered


def test_a_reference_is_not_a_call() -> None:
    allow = AllowList(references=("a.f",)) | AllowList(calls=("a.g",))
    uses = [Use("a", "f", 0, called=False), Use("a", "g", 0, called=False), Use("a", "f", 0, called=True)]
    assert [allow.covers(use) for use in uses] == [True, True, False]


def _needing(module: str, name: str, called: bool = True) -> Scan:
    return Scan("pickle", "", (Use(module, name, 7, called),), {})


def test_trusted_names_are_told() -> None:
    assert refuse_unlisted(_needing("mine.steps", "Clip"), COMMON, ["mine.*"]) == ("mine.steps.Clip",)


def test_an_unlisted_name_says_how_to_trust_it() -> None:
    with pytest.raises(BoxError) as caught:
        refuse_unlisted(_needing("mine.steps", "Clip"), COMMON)
    assert caught.value.code == "model.unsafe_global"
    assert "mine.steps.Clip" in caught.value.message
    assert "byte 7" in caught.value.message
    assert caught.value.hint.index("--code") < caught.value.hint.index("--trust 'mine.*'")


@pytest.mark.parametrize("trust", ["*", "os.*", "o*"])
@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins", "eval"), ("numpy.f2py", "compile"), ("mine", "load")]
)
def test_a_dangerous_name_is_trusted_only_when_spelled_out(module: str, name: str, trust: str) -> None:
    with pytest.raises(BoxError) as caught:
        refuse_unlisted(_needing(module, name), SKLEARN, [trust])
    assert caught.value.code == "model.unsafe_global"
    assert refuse_unlisted(_needing(module, name), SKLEARN, [f"{module}.{name}"]) == (f"{module}.{name}",)


def test_a_class_of_a_notebook_has_to_move_to_a_module() -> None:
    with pytest.raises(BoxError) as caught:
        refuse_unlisted(_needing("__main__", "Clip"), SKLEARN, ["*", "__main__.Clip"])
    assert caught.value.code == "model.unknown_global"
    assert "--code" in caught.value.hint


def test_a_file_that_is_not_there_is_asked_wrongly(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        scan(tmp_path / "no.joblib")
    assert caught.value.code == "model.not_found"


@pytest.mark.parametrize("form", ["os.*", "builtins.*", "numpy.lib.*", "joblib.memory.*", "os:sys*"])
def test_a_pattern_that_covers_nothing_is_refused(form: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_trust(["mine.*", form])
    assert caught.value.code == "trust.too_wide"


@pytest.mark.parametrize("form", ["*", "**", ".*", "?*", "*.*", "*:*", "*:Clip", ""])
def test_a_pattern_for_everything_is_refused(form: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_trust([form])
    assert caught.value.code == "trust.too_wide"


@pytest.mark.parametrize("form", ["mine", "min*", "mine*", "mine.**", "mine steps"])
def test_trust_of_what_names_nothing_is_refused(form: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_trust([form])
    assert caught.value.code == "trust.no_name"


def test_trust_of_a_bare_module_says_how_its_names_are_trusted() -> None:
    with pytest.raises(UsageError) as caught:
        check_trust("mine")
    assert caught.value.hint == "--trust 'mine.*'"


def test_patterns_of_ones_own_are_taken() -> None:
    forms = ("mine.*", "os.path.join", "mine.*:<Class>", "mine.steps:C*")
    assert check_trust(forms) == forms
