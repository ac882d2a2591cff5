"""The public surface: what is exported, where it is loaded from, what importing costs."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest

import boxship
from boxship import adapters, codecs, frames
from boxship.cli import VERBS
from boxship.errors import UsageError
from boxship.frames import parquet

NAMES = [
    *("Box", "BoxshipError", "Checked", "Cleaned", "Contract", "Digest", "Listed", "Packed", "Profile"),
    *("Settings", "Table", "Validation", "call", "check", "check_on", "check_store", "clean", "demo"),
    *("doctor", "inspect", "list", "open", "pack", "serve"),
]


def test_what_is_public() -> None:
    assert sorted(boxship.__all__) == sorted(NAMES)


def test_the_version_is_that_of_the_package() -> None:
    assert boxship.__version__ == version("boxship")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_where_the_table_says(name: str) -> None:
    assert getattr(boxship, name) is not None


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_command_and_a_call(verb: str) -> None:
    module, _, name = VERBS[verb].target.partition(":")
    assert getattr(importlib.import_module(module), name).name == verb
    assert callable(getattr(boxship, verb))


ASKED: dict[str, Callable[..., object]] = {
    "pack": partial(boxship.pack, "model.joblib", "train.csv", name="churn"),
    "call": partial(boxship.call, "churn", {}),
    "check": partial(boxship.check, "churn"),
    "check_on": partial(boxship.check_on, "churn", "test.csv", "churned"),
    "check_store": boxship.check_store,
    "demo": boxship.demo,
    "open": partial(boxship.open, "churn"),
    "inspect": partial(boxship.inspect, "churn"),
    "list": boxship.list,
    "clean": boxship.clean,
}


@pytest.mark.parametrize("wrong", [{}, {"home": "x"}, "text", b"", 5, False], ids=repr)
@pytest.mark.parametrize("name", ASKED)
def test_what_are_no_settings_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(UsageError) as caught:
        ASKED[name](settings=wrong)
    assert (caught.value.code, caught.value.hint != "") == ("argument.wrong_type", True)


@pytest.mark.parametrize(
    ("name", "flag"), [("check", "proof"), ("open", "verify"), ("clean", "rooms"), ("clean", "dry_run")]
)
@pytest.mark.parametrize("wrong", ["no", None, 0])
def test_a_flag_is_true_or_false(name: str, flag: str, wrong: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=flag) as caught:
        ASKED[name](settings=boxship.Settings(home=tmp_path), **{flag: wrong})
    assert caught.value.code == "argument.wrong_type"


@pytest.mark.parametrize("name", ["pack", "call", "check", "check_on", "check_store", "demo"])
def test_a_listener_is_called(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        ASKED[name](settings=boxship.Settings(home=tmp_path), say="text")
    assert caught.value.code == "argument.wrong_type"


@pytest.mark.parametrize("python", [0, "", False])
def test_an_interpreter_is_a_path(python: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        ASKED["pack"](settings=boxship.Settings(home=tmp_path), python=python)
    assert caught.value.code == "argument.wrong_type"


def test_every_plug_is_where_its_table_says() -> None:
    targets = [plug.target for plug in adapters.ADAPTERS.values()] + list(codecs.CODECS.values())
    targets += map(str, frames.PLUGS.values())
    targets += map(str, parquet.READERS.values())
    for target in targets:
        module, _, attribute = target.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute)), target


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        ("import boxship", {"numpy", "msgspec", "click", "importlib.metadata"}),
        (
            "from boxship.cli import commands; commands.main(['--help'], standalone_mode=False)",
            {"numpy", "pandas"},
        ),
        (
            "from boxship.cli import commands; commands.main(['pack', '--help'], standalone_mode=False)",
            {"numpy", "pandas"},
        ),
        ("import boxship.runner.worker", {"click", "pandas", "sklearn", "uv"}),
    ],
)
def test_importing_loads_nothing_heavy(words: str, heavy: set[str]) -> None:
    code = f"import sys; {words}; print('|'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy & set(done.stdout.split("|")) == set()
