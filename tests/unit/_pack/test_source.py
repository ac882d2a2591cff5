from pathlib import Path

import pytest

from boxship._pack.data import Data
from boxship._pack.inputs import Inputs
from boxship._pack.source import find_entry, find_model, read_source
from boxship._pack.wishes import Wishes
from boxship.adapters.entry import write_entry
from boxship.core.card import Card
from boxship.errors import BoxError, UsageError


def trusted(model: Path, entry: Path | None = None, called: tuple[str, ...] = ()) -> tuple[str, ...]:
    inputs = Inputs(model, Data(model), Wishes(), Card(), (), (), (), None, entry, called)
    return inputs.trusted


def test_code_that_is_named_in_person_is_trusted(tmp_path: Path) -> None:
    found = find_model("mine:rule", tmp_path)
    assert found.called == "mine.rule"
    assert trusted(found.path, called=(found.called,)) == ("mine.rule",)
    by_name = find_entry("nets:Net", tmp_path)
    assert by_name is not None
    assert by_name.called == "nets.Net"
    assert find_entry(None, tmp_path) is None


def test_a_file_does_not_vouch_for_the_code_that_it_names(tmp_path: Path) -> None:
    path = write_entry("mine:rule", tmp_path)
    with pytest.raises(UsageError) as refused:
        find_model(path, tmp_path)
    assert refused.value.code == "model.no_entry"
    with pytest.raises(BoxError) as unsafe:
        read_source(path, trust=trusted(path, path))
    assert unsafe.value.code == "model.unsafe_global"


def test_a_file_of_a_framework_names_no_code(tmp_path: Path) -> None:
    assert find_model(tmp_path / "model.joblib", tmp_path) == (tmp_path / "model.joblib", None)
