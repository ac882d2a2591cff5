"""numpy's files are read whole, and never unpickled."""

import contextlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxship import frames
from boxship.codecs.rows import read_rows
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table
from boxship.errors import DataError

IMAGES = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)


def npy(array: Any, **how: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **how)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def refused(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        frames.read(path)
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    ("array", "schema"),
    [
        (np.arange(6.0).reshape(2, 3), "Schema(x0: float64, x1: float64, x2: float64)"),
        (np.arange(3), "Schema(x0: int64)"),
        (IMAGES, "Schema(x0: uint8[28,28])"),
        (IMAGES[:, :, :, None], "Schema(x0: uint8[28,28,1])"),
        (np.asfortranarray(IMAGES.astype(">f4")), "Schema(x0: float32[28,28])"),
        (np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]), "Schema(a: int32, b: float64)"),
    ],
)
def test_one_array(array: Any, schema: str, tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", array)
    table = frames.read(tmp_path / "data.npy")
    assert repr(table.schema) == schema
    assert table == frames.read(array)
    if array.ndim > 2:
        np.testing.assert_array_equal(table.column("x0").values, array)


def test_named_arrays(tmp_path: Path) -> None:
    arrays = {"image": IMAGES, "X": np.ones((2, 3), "f4"), "y": np.array(["a", "b"])}
    np.savez(tmp_path / "data.npz", **arrays)
    table = frames.read(tmp_path / "data.npz")
    assert repr(table.schema) == "Schema(image: uint8[28,28], X: float32[3], y: text)"
    assert table == frames.read(arrays)
    with np.load(tmp_path / "data.npz") as opened:
        assert frames.read(opened) == table


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.npy", npy(np.array([{}]), allow_pickle=True), "data.holds_objects"),
        ("a.npz", npz(a=np.array([{}])), "data.holds_objects"),
        ("a.npy", npy(np.arange(9.0))[:-1], "data.damaged"),
        ("a.npy", npy(np.arange(9.0)) + b"x", "data.damaged"),
        ("a.npy", b"no array", "data.damaged"),
        ("a.npy", npy(np.array(3.0)), "data.unknown_source"),
        ("a.npy", npy(np.zeros(2, complex)), "data.unknown_dtype"),
        ("a.npz", npz(a=np.arange(9.0))[:-30], "data.damaged"),
        ("a.npz", b"no zip", "data.damaged"),
        ("a.npz", npz(a=np.arange(3), b=np.arange(4)), "data.lengths_differ"),
        ("a.npz", npz(a=np.arange(3), b=np.float32(4)), "data.unknown_source"),
        ("a.npz", npz(a=np.array([["a", "b"]])), "data.unknown_dtype"),
    ],
)
def test_what_is_no_table_is_refused(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    assert refused(tmp_path, name, data) == code


def test_members_that_are_no_arrays_or_come_twice_are_refused(tmp_path: Path) -> None:
    for names in (("a.npy", "b.txt"), ("a.npy", "a.npy")):
        out = io.BytesIO()
        with (
            zipfile.ZipFile(out, "w") as members,
            pytest.warns() if names[0] == names[1] else contextlib.nullcontext(),
        ):
            for name in names:
                members.writestr(name, npy(np.arange(3)))
        assert refused(tmp_path, "a.npz", out.getvalue()) == "data.damaged"


_WHOLE = {"a.npy": npy(np.arange(20.0)), "a.npz": npz(a=np.arange(20.0), b=np.arange(20))}


@given(st.sampled_from(sorted(_WHOLE)), st.lists(st.tuples(st.integers(0), st.integers(1, 255)), max_size=3))
def test_spoilt_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, spoilt: list[tuple[int, int]]
) -> None:
    data = bytearray(_WHOLE[name])
    for place, change in spoilt:
        data[place % len(data)] ^= change
    path = tmp_path_factory.mktemp("spoilt") / name
    path.write_bytes(data)
    with contextlib.suppress(DataError):
        frames.read(path)


IMAGE = Contract((Field("image", "uint8[28,28]"), Field("age", "int64")), (Output("prediction", "float64"),))


def test_a_dict_of_arrays_is_columns_where_each_has_a_dimension_more_than_its_field() -> None:
    ages = np.array([41, 29])
    many = read_rows(IMAGE, {"image": IMAGES, "age": ages})
    assert (len(many.decoded.table), many.single) == (2, False)
    one = read_rows(IMAGE, {"image": IMAGES[0], "age": ages[0]})
    assert (len(one.decoded.table), one.single) == (1, True)
    assert one.decoded.table == many.decoded.table.between(0, 1)
    with pytest.raises(DataError) as caught:
        read_rows(IMAGE, {"image": IMAGES, "age": ages[:1]})
    assert caught.value.code == "data.lengths_differ"


def test_files_of_arrays_are_rows_for_a_call(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", image=IMAGES.astype("i8"), age=np.array([41.0, 29.5]))
    found = read_rows(IMAGE, tmp_path / "rows.npz").decoded
    assert found.table.column("image").values.dtype == np.uint8
    assert found.verdicts.counts()["rejected"] == 1
    with np.load(tmp_path / "rows.npz") as opened:
        assert read_rows(IMAGE, opened).decoded.table == found.table


@pytest.mark.parametrize("kind", ["int16[2]", "float32[2]", "float64[2]"])
def test_tensors_of_integers_are_cast_where_nothing_changes(kind: str) -> None:
    contract = Contract((Field("v", kind),), (Output("prediction", "float64"),))
    found = read_rows(contract, {"v": np.array([[1, 2], [3, 4]])}).decoded
    assert found.table == Table.of({"v": np.array([[1, 2], [3, 4]], kind[:-3])})
    beyond = read_rows(contract, {"v": np.array([[1, 2], [3, 2**40]])}).decoded
    assert beyond.verdicts.counts()["rejected"] == (1 if kind == "int16[2]" else 0)
