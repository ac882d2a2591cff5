"""A file of another version of its framework is told, with a hint, or answers as it did."""

import dataclasses
import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import jax
import keras
import numpy as np
import onnx
import pandas as pd
import pytest
import safetensors.torch
import skl2onnx
import sklearn
import skops.io
import statsmodels.formula.api as smf
import torch
from jax import export
from sklearn.linear_model import LogisticRegression

from boxship import frames
from boxship._pack.source import read_source
from boxship.adapters.entry import entry_beside, write_entry
from boxship.errors import BoxError
from boxship.runner.load import load_model
from contract import own_nets

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks, when they save
ROWS = np.random.default_rng(0).normal(size=(40, 3))
FRAME = pd.DataFrame(ROWS, columns=["a", "b", "c"])
TARGET = (ROWS[:, 0] > 0).astype(int)
TRUST = ("contract.own_nets.*",)


def of_catboost(form: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        model = catboost.CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False)
        model.fit(ROWS, TARGET).save_model(str(path), format=form)

    return write


def of_jax(path: Path) -> None:
    (rows,) = export.symbolic_shape("rows")
    shape = jax.ShapeDtypeStruct((rows, 3), np.float32)
    path.write_bytes(export.export(jax.jit(lambda x: x.sum(1) * 2))(shape).serialize())


def of_onnx(path: Path) -> None:
    fitted = LogisticRegression().fit(ROWS, TARGET)
    onnx.save(skl2onnx.to_onnx(fitted, ROWS[:1].astype("f4"), options={"zipmap": False}), path)


def of_torch(path: Path) -> None:
    torch.manual_seed(0)
    held = own_nets.Line().state_dict()
    shutil.move(write_entry("contract.own_nets:Line", path.parent), entry_beside(path))
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(held, path)
    else:
        torch.save(held, path)


def of_script(path: Path) -> None:
    torch.jit.save(torch.jit.script(own_nets.Line()), path)


def of_skops(path: Path) -> None:
    path.write_bytes(skops.io.dumps(LogisticRegression().fit(ROWS, TARGET)))


def of_keras(path: Path) -> None:
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)


def of_statsmodels(path: Path) -> None:
    path.write_bytes(pickle.dumps(smf.ols("a ~ b + c", FRAME).fit(), 2))


def text(was: str, now: str) -> Callable[[bytes], bytes]:
    assert len(was) == len(now)
    return lambda data: data.replace(was.encode(), now.encode())


def counted(was: str, now: str) -> Callable[[bytes], bytes]:
    """In a pickle, where a text comes behind its length."""

    def held(one: str) -> bytes:
        return b"X" + len(one).to_bytes(4, "little") + one.encode()

    return lambda data: data.replace(held(was), held(now))


def said(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        value = json.loads(data)
        change(value)
        return json.dumps(value).encode()

    return changed


def called(version: int) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        exported = export.deserialize(bytearray(data))
        return bytes(dataclasses.replace(exported, calling_convention_version=version).serialize())

    return changed


def opset(domain: str, version: int) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        model = onnx.load_model_from_string(data)
        for one in model.opset_import:
            one.version = version if one.domain == domain else one.version
        return bytes(model.SerializeToString())

    return changed


def form(version: int) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        model = onnx.load_model_from_string(data)
        model.ir_version = version
        return bytes(model.SerializeToString())

    return changed


def part(end: str, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """One part of an archive."""

    def changed(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
            for name in before.namelist():
                held = before.read(name)
                after.writestr(name, change(held) if name.endswith(end) else held)
        return out.getvalue()

    return changed


def number(version: int) -> Callable[[bytes], bytes]:
    return part("/version", lambda _: b"%d\n" % version)


def of_keras_version(version: str) -> Callable[[bytes], bytes]:
    return part("metadata.json", said(lambda value: value.update(keras_version=version)))


def of_skops_version(version: str) -> Callable[[bytes], bytes]:
    return part("schema.json", said(lambda value: value.update(_skops_version=version)))


EQUAL = ""
CASES = [
    (of_catboost("cbm"), ".cbm", text("FlabuffersModel_v1", "FlabuffersModel_v9"), "model.unreadable"),
    (
        of_catboost("json"),
        ".json",
        said(lambda value: value["model_info"].update(catboost_version_info="9.9.9", to_come={"a": 1})),
        EQUAL,
    ),
    (of_jax, ".jax", called(export.minimum_supported_calling_convention_version), EQUAL),
    (of_jax, ".jax", called(export.minimum_supported_calling_convention_version - 1), "model.other_version"),
    (of_jax, ".jax", called(export.maximum_supported_calling_convention_version + 1), "model.other_version"),
    (of_onnx, ".onnx", form(99), "model.unreadable"),
    (of_onnx, ".onnx", form(3), EQUAL),
    (of_onnx, ".onnx", opset("", 99), "model.unreadable"),
    (of_onnx, ".onnx", opset("ai.onnx.ml", 99), "model.unreadable"),
    (of_torch, ".pth", number(2), EQUAL),
    (of_torch, ".pth", number(11), "model.other_version"),
    (of_torch, ".pth", part("/version", lambda _: b"newest"), "model.damaged"),
    (of_torch, ".safetensors", text('"F64"', '"F4x"'), "model.damaged"),
    (of_script, ".pt", number(2), EQUAL),
    (of_script, ".pt", number(99), "model.unreadable"),
    (of_skops, ".skops", of_skops_version("99.0"), EQUAL),
    (of_skops, ".skops", of_skops_version("0.9.0"), EQUAL),
    (of_skops, ".skops", part("schema.json", text(sklearn.__version__, "0.9.1")), "model.other_version"),
    (of_keras, ".keras", of_keras_version("99.0.0"), EQUAL),
    (of_keras, ".keras", of_keras_version("2.15.0"), EQUAL),
    (of_statsmodels, ".pickle", counted("restore_model_spec", "restore_design_info"), "model.other_version"),
    (of_statsmodels, ".pickle", text("linear_model\n", "linear_modem\n"), "model.unreadable"),
]


def names(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def answers(path: Path, *, rows: Any) -> Any:
    entry = entry_beside(path)
    source = read_source(path, trust=TRUST, entry=entry if entry.is_file() else None)
    model = load_model(source.adapter, path, None, trust=TRUST)
    return [np.asarray(one.values).tolist() for one in model.predict(frames.read(rows))]


@pytest.mark.parametrize(("write", "suffix", "change", "code"), CASES, ids=names)
def test_it_is_told_or_answers_equal(
    write: Callable[[Path], None], suffix: str, change: Callable[[bytes], bytes], code: str, tmp_path: Path
) -> None:
    path, rows = tmp_path / f"model{suffix}", FRAME if write is of_statsmodels else ROWS
    write(path)
    data, before = path.read_bytes(), answers(path, rows=rows)
    path.write_bytes(change(data))
    assert path.read_bytes() != data
    if code == EQUAL:
        assert answers(path, rows=rows) == before
        return
    with pytest.raises(BoxError) as caught:
        answers(path, rows=rows)
    assert caught.value.code == code
    assert caught.value.hint
