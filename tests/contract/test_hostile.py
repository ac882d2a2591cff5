"""Files that attack whoever loads them, in every format: refused by a code, and nothing in them has run.

What each would do, were it loaded, is to write one file; that it would is shown of the plainest of them.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from boxship import frames
from boxship._pack.source import read_source
from boxship.errors import BoxshipError

MARK = Path("it-ran")
UNSAFE, GLOBAL, ARCHIVE = "model.unsafe_pickle", "model.unsafe_global", "model.unsafe_archive"
DAMAGED, UNKNOWN, NO_PICKLE = "model.damaged", "model.unknown_type", "model.not_a_pickle"


class Evil:
    """Writes the file when it is unpickled."""

    def __reduce__(self) -> Any:
        return eval, (f"__import__('pathlib').Path({str(MARK)!r}).touch()",)


def estimator(part: object) -> bytes:
    """A pickle of scikit-learn's kind with that in it."""

    model = LinearRegression()
    model.__dict__["coef_"] = part
    return pickle.dumps(model)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def stated(path: str, state: bytes) -> bytes:
    """A pickle of an instance with that state, by instructions."""
    module, _, name = path.rpartition(".")
    return b"\x80\x03" + f"c{module}\n{name}\n".encode() + b")\x81" + state + b"b."


def joined(part: object) -> bytes:
    out = io.BytesIO()
    joblib.dump({"model": part}, out)
    return out.getvalue()


def zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as members:
        for name, data in parts.items():
            members.writestr(name, data)
    return out.getvalue()


def keras(layer: dict[str, Any], **parts: bytes) -> bytes:
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}
    return zipped({"config.json": json.dumps(config).encode(), "metadata.json": b"{}", **parts})


def skops(node: dict[str, Any], **parts: bytes) -> bytes:
    top = {
        "__class__": "LinearRegression",
        "__module__": "sklearn.linear_model._base",
        "__loader__": "ObjectNode",
    }
    schema = {**top, "content": node, "protocol": 2, "_skops_version": "0.16.0"}
    return zipped({"schema.json": json.dumps(schema).encode(), **parts})


def pt2(**parts: bytes) -> bytes:
    configs = {f"m/data/{kind}_config.json": b'{"config":{}}' for kind in _CONFIGS}
    return zipped(
        {"m/models/model.json": b"{}", **configs, **{f"m/{name}": data for name, data in parts.items()}}
    )


def message(number: int, data: bytes) -> bytes:
    """A field of a protobuf message."""
    size = b""
    length = len(data)
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + data


def header(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


_CONFIGS = ("weights/model_weights", "constants/model_constants")
EVIL = pickle.dumps(Evil())
RUN, RIDGE = (
    text(f"__import__('pathlib').Path({str(MARK)!r}).touch()"),
    b"csklearn.linear_model._ridge\nRidge\n",
)
CODE, CLASS = text("_parse_arg_template") + RUN, text("__class__") + RIDGE
NAME = b"csklearn.base\nx\n"  # of what may be any text
NORMAL, LINEAR = "scipy.stats._continuous_distns.norm_gen", "sklearn.linear_model._base.LinearRegression"
WORD = text("x") + text("handle")  # behind which a booster's bytes would be kept
NODE = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}
TENSOR = message(8, b"w") + message(13, message(1, b"location") + message(2, b"/etc/passwd"))
GRAPH = message(7, message(5, TENSOR))
SCRIPT = {"m/data.pkl": EVIL, "m/code/__torch__.py": b"", "m/version": b"3"}
SAVED = {"m/data.pkl": EVIL, "m/data/0": bytes(8), "m/version": b"3"}

# the suffix, the file, the code
SAMPLES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a pickle": (".pkl", lambda: estimator(Evil()), GLOBAL),
    "the same for joblib": (".joblib", lambda: estimator([Evil()]), GLOBAL),
    "in an array of objects": (".joblib", lambda: joined(np.array([Evil()], object)), UNKNOWN),
    "in an array in an estimator": (".pkl", lambda: estimator(np.array([Evil()], object)), GLOBAL),
    "by zlib": (".joblib", lambda: zlib.compress(estimator(Evil())), GLOBAL),
    "by gzip": (".joblib", lambda: gzip.compress(estimator(Evil())), GLOBAL),
    "by bz2": (".joblib", lambda: bz2.compress(estimator(Evil())), GLOBAL),
    "by xz": (".joblib", lambda: lzma.compress(estimator(Evil())), GLOBAL),
    "behind another": (".pkl", lambda: estimator(1) + EVIL, UNSAFE),
    "before another": (".pkl", lambda: EVIL + estimator(1), UNSAFE),
    "behind a compressed one": (".pkl", lambda: zlib.compress(estimator(1)) + EVIL, UNSAFE),
    "code in a distribution": (".pkl", lambda: stated(NORMAL, b"}(" + CODE + b"u"), UNSAFE),
    "code in a distribution, behind a word": (".pkl", lambda: stated(NORMAL, b"}(" + WORD + CODE + b"u"), UNSAFE),
    "code in a distribution, by a name": (
        *(".pkl", lambda: stated(NORMAL, b"}" + NAME + RUN + b"s")),
        UNSAFE,
    ),
    "another class, behind a word": (".pkl", lambda: stated(LINEAR, b"N}(" + WORD + CLASS + b"u\x86"), UNSAFE),
    "another class, by a name": (
        *(".pkl", lambda: stated(LINEAR, b"N}" + NAME + RIDGE + b"s\x86")),
        UNSAFE,
    ),
    "a pickle that is no pickle by its suffix": (".onnx", lambda: EVIL, UNKNOWN),
    "as weights": (".safetensors", lambda: EVIL, DAMAGED),
    "as text": (".txt", lambda: EVIL, UNKNOWN),
    "as JSON": (".json", lambda: EVIL, UNKNOWN),
    "as binary JSON": (".ubj", lambda: EVIL + b"learner", DAMAGED),
    "as a function of JAX": (".jax", lambda: EVIL, UNKNOWN),
    "as an archive": (".keras", lambda: EVIL, UNKNOWN),
    "an archive as a pickle": (".pkl", lambda: zipped(SAVED), NO_PICKLE),
    "an archive with a pickle before it": (".pkl", lambda: EVIL + zipped(SAVED), UNSAFE),
    "torch.save": (".pt", lambda: zipped({**SAVED, "m/data.pkl": pickle.dumps(Evil(), 2)}), "model.not_exported"),
    "torch.save of another protocol": (".pt", lambda: zipped(SAVED), DAMAGED),
    "torch.save as an export": (".pt2", lambda: zipped(SAVED), DAMAGED),
    "TorchScript as an export": (".pt2", lambda: zipped(SCRIPT), DAMAGED),
    "an export with compiled code": (".pt2", lambda: pt2(**{"data/aotinductor/m/a.so": b""}), ARCHIVE),
    "an export with a pickle": (".pt2", lambda: pt2(**{"data/constants/opaque_obj_0": EVIL}), ARCHIVE),
    "an export with its weights pickled": (".pt2", lambda: pt2(**{"data/weights/model.pt": EVIL}), ARCHIVE),
    "torch.save as Keras": (".keras", lambda: zipped(SAVED), ARCHIVE),
    "a lambda": (".keras", lambda: keras({"class_name": "Lambda", "module": "keras.layers"}), ARCHIVE),
    "a module of one's own choice": (".keras", lambda: keras({"class_name": "system", "module": "os"}), GLOBAL),
    "a name by which it is registered": (
        *(".keras", lambda: keras({"class_name": "Lambda", "module": None, "registered_name": "x>Lambda"})),
        ARCHIVE,
    ),
    "a download": (
        *(".keras", lambda: keras({"class_name": "function", "module": "keras.utils", "config": "get_file"})),
        ARCHIVE,
    ),
    "a pickle beside the weights": (".keras", lambda: keras({}, **{"model.weights.npz": EVIL}), ARCHIVE),
    "assets outside": (".keras", lambda: keras({}, **{"assets/../../x": b""}), ARCHIVE),
    "a function of the system": (".skops", lambda: skops(NODE), GLOBAL),
    "a method of a pickle": (".skops", lambda: skops({**NODE, "__loader__": "MethodNode"}), UNSAFE),
    "a pickle in a file of skops": (".skops", lambda: skops({}, **{"a.pkl": EVIL}), ARCHIVE),
    "an archive in a file of skops": (
        *(".skops", lambda: skops({}, **{"a.npz": zipped({"../a": b""})})),
        ARCHIVE,
    ),
    "a bomb in a file of skops": (
        *(".skops", lambda: skops({}, **{"a.npz": zipped({"a": bytes(300 << 20)}, zipfile.ZIP_DEFLATED)})),
        "model.too_large",
    ),
    "weights elsewhere": (".onnx", lambda: b"\x08\x0a" + GRAPH, "model.external_data"),
    "operators of others": (
        *(".onnx", lambda: b"\x08\x0a" + message(7, message(1, message(4, b"Run") + message(7, b"evil")))),
        "model.unknown_operator",
    ),
    "a header without end": (".safetensors", lambda: struct.pack("<Q", 1 << 62) + b"{}", DAMAGED),
    "a header that says it twice": (".safetensors", lambda: header(b'{"a":1,"a":2}'), DAMAGED),
    "bytes of no tensor": (".safetensors", lambda: header(b"{}") + EVIL, DAMAGED),
    "code that the file names": (".entry", lambda: b'{"call":"os:system","format":1}', GLOBAL),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_is_refused_and_nothing_runs(sample: str, tmp_path: Path) -> None:
    suffix, make, code = SAMPLES[sample]
    path = tmp_path / f"model{suffix}"
    path.write_bytes(make())
    before = set(sys.modules)
    with pytest.raises(BoxshipError) as caught:
        read_source(path, trust=())
    assert caught.value.code == code
    assert caught.value.hint
    assert not MARK.exists()
    assert {one.partition(".")[0] for one in set(sys.modules) - before} <= {
        "boxship",
        "encodings",
        "pickletools",
    }


def test_that_would_have_run() -> None:
    pickle.loads(EVIL)
    assert MARK.exists()


def test_a_distribution_would_run_its_code() -> None:
    with pytest.raises(KeyError):  # once it has run, for what it leaves out
        pickle.loads(stated(NORMAL, b"}(" + WORD + CODE + b"u"))
    assert MARK.exists()


def test_objects_in_data_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.array([Evil()], object), allow_pickle=True)
    np.savez(tmp_path / "rows.npz", a=np.array([Evil()], object))
    for path in (tmp_path / "rows.npy", tmp_path / "rows.npz"):
        with pytest.raises(BoxshipError) as caught:
            frames.read(path)
        assert caught.value.code == "data.holds_objects"
    assert not MARK.exists()


def test_a_header_of_numpy_is_not_evaluated(tmp_path: Path) -> None:
    said = (
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('pathlib').Path('it-ran').touch(),)}"
    )
    for text in (said, b"(" * 60_000):
        path = tmp_path / "rows.npy"
        path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text)
        with pytest.raises(BoxshipError) as caught:
            frames.read(path)
        assert caught.value.code == "data.damaged"
    assert not MARK.exists()
