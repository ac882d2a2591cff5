"""Exported functions of JAX keep what every adapter promises; what is not theirs to call is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import export
from sklearn import datasets

from boxship import frames
from boxship.adapters.jax import JaxAdapter
from boxship.adapters.look import look
from boxship.errors import BoxError, BoxshipError
from boxship.testing.adapters import check_adapter, check_answers, check_writer, described_of

DIGITS = frames.read(datasets.load_digits(return_X_y=True)[0][:40])
WEIGHTS = np.random.default_rng(0).normal(size=(64, 10)).astype("f4")
(ROWS,) = export.symbolic_shape("rows")


def of(shape: tuple[Any, ...], dtype: Any = jnp.float32) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype)


def softmax(x: Any) -> Any:
    return jax.nn.softmax(x.reshape(-1, 64) @ WEIGHTS)


def net(rows: Any = ROWS, **how: Any) -> Any:
    return export.export(jax.jit(softmax), **how)(of((rows, 8, 8)))


def saved(exported: Any, folder: Path) -> Path:
    return JaxAdapter().write(exported, folder)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(BoxshipError) as caught:
        act()
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("rows", [ROWS, 1])
def test_a_function_answers_as_itself(rows: Any, tmp_path: Path) -> None:
    path = saved(net(rows), tmp_path)
    assert look(path).root == "jax.export.Exported"
    loaded = check_adapter(JaxAdapter(), path, DIGITS, tolerance=1e-6)
    expected = np.asarray(softmax(DIGITS.block(DIGITS.names, "float32")))
    check_answers(loaded, DIGITS, expected, tolerance=1e-6)


def test_inputs_and_outputs_have_their_keys(tmp_path: Path) -> None:
    def add(row: Any, *, more: Any) -> Any:
        return {"sum": row["a"] + row["b"] + more, "both": jnp.stack([row["a"], more], axis=1)}

    with jax.enable_x64(True):
        row = {"a": of((ROWS,), jnp.float64), "b": of((ROWS,), jnp.int64)}
        exported = export.export(jax.jit(add))(row, more=of((ROWS,), jnp.float64))
    loaded = JaxAdapter().load(saved(exported, tmp_path))
    table = frames.read({"a": [0.1, 0.2], "b": [2**60, 1], "more": [0.5, 0.25]})
    described = described_of(loaded, table)
    assert described.names == ("a", "b", "more")
    assert [(one.name, one.type) for one in described.outputs] == [("both", "float64[2]"), ("sum", "float64")]
    assert loaded.predict(table)[1].values.tolist() == [0.1 + 2**60 + 0.5, 0.2 + 1 + 0.25]


def test_arguments_without_names_go_by_place(tmp_path: Path) -> None:
    exported = export.export(jax.jit(lambda x, y: (x + y, x)))(of((ROWS,)), of((ROWS,)))
    described = JaxAdapter().load(saved(exported, tmp_path)).describe()
    assert described.names == ("arg0", "arg1")
    assert [one.name for one in described.outputs] == ["output_0", "output_1"]


def test_the_same_function_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "more").mkdir()
    path = saved(net(), tmp_path / "one")
    check_writer(
        JaxAdapter(), lambda one: export.deserialize(bytearray(one.read_bytes())), net(), tmp_path / "more"
    )
    assert saved(net(), tmp_path).read_bytes() == path.read_bytes()


def test_functions_for_other_devices_are_refused(tmp_path: Path) -> None:
    assert (
        refused(lambda: JaxAdapter().load(saved(net(platforms=["cuda"]), tmp_path))) == "model.other_device"
    )
    both = net(platforms=["cuda", "cpu"])
    assert len(JaxAdapter().load(saved(both, tmp_path)).predict(DIGITS)[0].values) == 40


def test_a_call_of_anything_else_is_refused(tmp_path: Path) -> None:
    def called(x: Any) -> Any:
        return jax.ffi.ffi_call("something_else", of(x.shape))(x)

    checks = [export.DisabledSafetyCheck.custom_call("something_else")]
    exported = export.export(jax.jit(called), disabled_checks=checks)(of((4,)))
    assert refused(lambda: JaxAdapter().load(saved(exported, tmp_path))) == "model.unknown_operator"


def test_linear_algebra_of_jax_is_its_own(tmp_path: Path) -> None:
    exported = export.export(jax.jit(jnp.linalg.eigvalsh))(of((ROWS, 2, 2)))
    table = frames.read({"x": np.array([[[2, 0], [0, 3]]], "f4")})
    assert JaxAdapter().load(saved(exported, tmp_path)).predict(table)[0].values.tolist() == [[2, 3]]


def test_a_function_that_is_not_exported_is_told_how(tmp_path: Path) -> None:
    with pytest.raises(BoxError) as caught:
        JaxAdapter().write(jax.jit(softmax), tmp_path)
    assert caught.value.code == "model.not_exported"
    assert "jax.export.export" in caught.value.hint


def test_cut_files_are_refused(tmp_path: Path) -> None:
    path = saved(net(), tmp_path)
    data = path.read_bytes()
    assert look(path).container == "jax"
    for length in range(0, len(data), 211):
        path.write_bytes(data[:length])
        code = refused(lambda: (look(path), JaxAdapter().load(path)))
        assert code in (("model.unknown_type", "model.unreadable") if length else ("model.damaged",))


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_at(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "model.jax"
    path.write_bytes(data + b"ML\xefR")
    try:
        look(path)
    except BoxError as error:
        code = error.code
    else:
        code = refused(lambda: JaxAdapter().load(path))
    assert code in ("model.unknown_type", "model.unreadable")
