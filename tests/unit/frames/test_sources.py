"""Sources are recognised, or refused with what is known."""

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from boxship import frames
from boxship.core.table import Table
from boxship.errors import BoxshipError, DataError


def code_of(source: object) -> str:
    with pytest.raises(BoxshipError) as caught:
        frames.read(source)
    return caught.value.code


def test_a_sparse_matrix_is_asked_for_dense() -> None:
    with pytest.raises(BoxshipError) as caught:
        frames.read(csr_matrix(np.eye(2)))
    assert "toarray()" in caught.value.hint


def test_rows_columns_and_tables_are_read() -> None:
    table = Table.of({"a": [1, 2], "b": ["x", None]})
    assert frames.read([{"a": 1, "b": "x"}, {"a": 2}]) == table
    assert frames.read({"a": [1, 2], "b": ["x", None]}) == table
    assert frames.read(table) is table


@pytest.mark.parametrize(
    "source", [3, object(), "churn.xlsx", "no-suffix", [1, 2], {1, 2}, {"a": 3}, {"a": "x"}]
)
def test_unknown_sources_are_refused(source: object) -> None:
    assert code_of(source) == "data.unknown_source"


def test_what_is_known_is_listed() -> None:
    with pytest.raises(BoxshipError) as caught:
        frames.read("table.xlsx")
    assert ".parquet" in caught.value.hint


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "None is no table"),
        (3, "a int is no table"),
        (["x"], "a list of str is no table"),
        ([{"a": 1}, [1]], "a list of list is no table"),
    ],
)
def test_what_was_given_for_a_table_is_said(source: object, said: str) -> None:
    with pytest.raises(DataError) as caught:
        frames.read(source)
    assert caught.value.message == said
    assert "numpy arrays, lists of dicts, dicts of lists, and paths of files" in caught.value.hint


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json", ".jsonl", ".arrow"])
def test_missing_empty_and_wrong_files(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    assert code_of(path) == "data.no_file"
    path.touch()
    assert code_of(path) == "data.empty_file"
    path.unlink()
    path.mkdir()
    assert code_of(str(path)) == "data.is_folder"


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".json", ".jsonl"])
@pytest.mark.parametrize("content", [b"PAR1PAR1PAR1", b"ARROW1\x00\x00", b"a,b\n1,2\n", b"{", b"[1]\n"])
def test_files_that_are_not_what_their_suffix_says_are_damaged(
    suffix: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content)
    assert code_of(path) == "data.damaged"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "compressed with gzip", "gzip -dc <"),
        (lzma.compress(b"a,b\n1,2\n"), "compressed with xz", "xz -dc <"),
        (bz2.compress(b"a,b\n1,2\n"), "compressed with bzip2", "bzip2 -dc <"),
        (b"\x28\xb5\x2f\xfd\x24\x00", "compressed with zstd", "zstd -dc <"),
        (b"PK\x03\x04\x14\x00", "compressed with zip", "unzip -p"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "byte 7 is zero, so it is no text", "copy it again"),
    ],
)
def test_what_is_no_text_is_told_by_its_first_bytes(
    suffix: str, content: bytes, said: str, hint: str, tmp_path: Path
) -> None:
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        frames.read(path)
    assert caught.value.code == "data.damaged"
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_cut_files_are_damaged(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    frames.write(Table.of({"a": np.arange(1000)}), path)
    whole = path.read_bytes()
    for size in (10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert code_of(path) == "data.damaged"


@pytest.mark.parametrize("content", ['[{"a": 1}, {"a": 2}]', '[\n  {"a": 1},\n  {"a": 2}\n]'])
def test_a_list_of_rows_is_a_json_file(content: str, tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        frames.read(path)
    assert (caught.value.code, caught.value.hint) == ("data.damaged", "give it the suffix .json")
    assert frames.read(path.rename(path.with_suffix(".json"))) == Table.of({"a": [1, 2]})


@pytest.mark.parametrize("given", ["http://x.y/z.csv", Path("s3://b/c/d.parquet")])
def test_urls_are_not_read(given: object) -> None:
    with pytest.raises(DataError, match=r"://.* is a URL, which is not read") as caught:
        frames.read(given)
    assert caught.value.code == "data.no_file"


def test_a_missing_library_names_the_extra() -> None:
    assert frames.missing_library("pandas", "pandas").hint == "pip install 'boxship[pandas]'"
    assert frames.missing_library(".parquet", "pyarrow").hint == "pip install 'boxship[batch]'"


def test_unknown_plugs_and_plugs_that_only_read_are_refused() -> None:
    with pytest.raises(BoxshipError) as caught:
        frames.get("excel")
    assert caught.value.code == "frames.unknown_plug"


def test_importing_the_family_imports_no_library() -> None:
    import subprocess

    program = "import sys, boxship.frames; print({'pandas', 'polars', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_arrays_take_names() -> None:
    block = np.arange(6.0).reshape(3, 2)
    assert frames.read(block).names == ("x0", "x1")
    assert frames.read(block, names=["a", "b"]).names == ("a", "b")
    assert frames.read(np.arange(24).reshape(2, 3, 4)).schema.types[0].shape == (3, 4)
    with pytest.raises(BoxshipError) as caught:
        frames.read(block, names=["a"])
    assert caught.value.code == "data.names_differ"


def test_structured_arrays_have_names() -> None:
    array = np.array([(1, 2.5, "x")], [("a", "i4"), ("b", "f8"), ("c", "U3")])
    assert [str(t) for t in frames.read(array).schema.types] == ["int32", "float64", "text"]


def test_columns_of_several_types_become_one_array_where_exact() -> None:
    out = frames.to_numpy(Table.of({"i": [1, None], "f": [0.5, 1.5], "b": [True, False]}))
    assert out.dtype == np.float64
    assert np.isnan(out[1, 0])
    assert frames.to_numpy(Table.of({"a": ["x"], "b": [1]})).tolist() == [["x", 1]]
    with pytest.raises(BoxshipError) as caught:
        frames.to_numpy(Table.of({"i": [2**53 + 1], "f": [0.5]}))
    assert caught.value.code == "data.not_exact"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_nested_columns_are_refused_by_flat_formats_only(suffix: str, tmp_path: Path) -> None:
    table = Table.of({"r": [{"a": 1}]})
    if suffix == ".jsonl":
        frames.write(table, tmp_path / "t.jsonl")
        assert frames.read(tmp_path / "t.jsonl") == table
        return
    with pytest.raises(BoxshipError) as caught:
        frames.write(table, tmp_path / "t.csv")
    assert caught.value.code == "data.cannot_write"


@pytest.mark.parametrize("make", [frames.to_arrow, frames.to_polars, frames.to_pandas])
def test_half_of_a_character_is_refused(make: Callable[[Table], object]) -> None:
    with pytest.raises(BoxshipError) as caught:
        make(Table.of({"a": ["é", "secret\ud800"]}))
    assert caught.value.code == "data.not_unicode"
    assert caught.value.message == "column 'a' row 1 holds half of a character"
    assert code_of({"\ud800": [1]}) == "data.not_unicode"
