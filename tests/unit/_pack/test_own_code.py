from pathlib import Path

import pytest

from boxship._pack.own_code import find_own_code
from boxship.errors import BoxshipError


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_module_is_followed_through_its_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "features.py": "import helper\nimport numpy as np\nimport os\ndef f():\n    from pandas import DataFrame\n",
            "helper.py": "from words.list import WORDS\n",
            "words/__init__.py": "",
            "words/list.py": "from . import data\nWORDS = []\n",
            "words/data.txt": "x",
            "words/__pycache__/list.cpython-311.pyc": "x",
            "unrelated.py": "import tensorflow\n",
        },
    )
    own = find_own_code(["features"], [], tmp_path)
    assert sorted(own.files) == [
        "features.py",
        "helper.py",
        "words/__init__.py",
        "words/data.txt",
        "words/list.py",
    ]
    assert own.imports == ("numpy", "pandas")
    assert own.modules == ("features", "helper", "words")


def test_given_code_comes_along_though_nothing_names_it(tmp_path: Path) -> None:
    write(tmp_path, {"lib/extra.py": "", "pkg/__init__.py": ""})
    own = find_own_code([], [tmp_path / "lib" / "extra.py", tmp_path / "pkg"], tmp_path / "elsewhere")
    assert sorted(own.files) == ["extra.py", "pkg/__init__.py"]


def test_a_folder_is_a_place_to_look_in(tmp_path: Path) -> None:
    write(tmp_path, {"lib/a.py": "", "lib/b.py": ""})
    assert list(find_own_code(["a", "sklearn"], [tmp_path / "lib"], tmp_path).files) == ["a.py"]


@pytest.mark.parametrize(
    ("text", "needed", "optional"),
    [
        ("try:\n    import cupy\nexcept ImportError:\n    cupy = None\n", (), ("cupy",)),
        ("try:\n    import a.b\nexcept (ValueError, ModuleNotFoundError):\n    import c\n", (), ("a", "c")),
        (
            "try:\n    import a\nexcept:\n    pass\nelse:\n    import b\nfinally:\n    import c\n",
            ("c",),
            ("a", "b"),
        ),
        (
            "from contextlib import suppress\nwith suppress(ImportError):\n    import a\n",
            (),
            ("a",),
        ),
        ("with open(x) as f:\n    import a\n", ("a",), ()),
        ("try:\n    import a\nexcept ValueError:\n    pass\n", ("a",), ()),
        ("try:\n    import a\nexcept ImportError:\n    pass\nimport a\n", ("a",), ()),
        (
            "def f():\n    try:\n        if 1:\n            import a\n    except Exception:\n        pass\n",
            (),
            ("a",),
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\n",
            ("b",),
            (),
        ),
        ("import typing as t\nif t.TYPE_CHECKING:\n    from a import B\n", (), ()),
    ],
)
def test_a_guarded_import_is_optional(
    text: str, needed: tuple[str, ...], optional: tuple[str, ...], tmp_path: Path
) -> None:
    own = find_own_code(["features"], [], write(tmp_path, {"features.py": text}))
    assert (own.imports, own.optional) == (needed, optional)


def test_a_guarded_import_of_ones_own_comes_along(tmp_path: Path) -> None:
    guarded = "try:\n    import mine\nexcept ImportError:\n    pass\n"
    write(tmp_path, {"features.py": guarded, "mine.py": "import numpy\n"})
    own = find_own_code(["features"], [], tmp_path)
    assert (own.modules, own.imports, own.optional) == (("features", "mine"), ("numpy",), ())


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"bad.py": "def"}, "code.not_python"),
        ({"bad/__init__.py": "", "bad/fast.so": ""}, "code.not_portable"),
    ],
)
def test_code_that_cannot_travel(tmp_path: Path, files: dict[str, str], code: str) -> None:
    write(tmp_path, files)
    with pytest.raises(BoxshipError) as caught:
        find_own_code(["bad"], [], tmp_path)
    assert caught.value.code == code


def test_code_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BoxshipError) as caught:
        find_own_code([], [tmp_path / "none.py"], tmp_path)
    assert caught.value.code == "code.not_found"


def test_a_file_without_suffix_is_no_module(tmp_path: Path) -> None:
    write(tmp_path, {"words": "a list of words", "words.py": "import numpy\n"})
    assert list(find_own_code(["words"], [], tmp_path).files) == ["words.py"]


def test_a_link_to_what_is_gone_is_named(tmp_path: Path) -> None:
    (write(tmp_path, {"words/__init__.py": ""}) / "words" / "data.txt").symlink_to("gone.txt")
    with pytest.raises(BoxshipError, match=r"data\.txt") as caught:
        find_own_code(["words"], [], tmp_path)
    assert caught.value.code == "code.unreadable"


@pytest.mark.parametrize("text", ["x = " + " + ".join(["1"] * 20_000), "x = '\0'", "(" * 500 + ")" * 500])
def test_what_the_parser_cannot_take_is_not_python(tmp_path: Path, text: str) -> None:
    with pytest.raises(BoxshipError) as caught:
        find_own_code(["big"], [], write(tmp_path, {"big.py": text}))
    assert caught.value.code == "code.not_python"
