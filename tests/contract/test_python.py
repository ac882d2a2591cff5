"""Functions and classes of the user's own keep what every adapter promises."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boxship.adapters.entry import Entry, write_entry
from boxship.adapters.look import look
from boxship.adapters.python import PythonAdapter
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import BoxError, UsageError
from boxship.runner.local import Runner
from boxship.testing.adapters import check_adapter, check_answers, check_writer, contract_of, described_of
from contract import own_models

A, B = np.arange(1.0, 7.0), np.linspace(0.5, -2, 6)
ROWS = Table.of({"a": A, "b": B})
EXPECTED = A * 2 + B


def entry(name: str, folder: Path) -> Path:
    return write_entry(f"contract.own_models:{name}", folder)


@pytest.mark.parametrize("name", ["rows_of_dicts", "block", "columns", "frame", "array", "fields"])
def test_rows_reach_a_function_as_it_takes_them(name: str, tmp_path: Path) -> None:
    loaded = check_adapter(PythonAdapter(), entry(name, tmp_path), ROWS)
    check_answers(loaded, ROWS, EXPECTED)


@pytest.mark.parametrize("name", ["ChangesItsRows", "OneRow", "Fields"])
def test_probabilities_are_of_the_same_rows(name: str, tmp_path: Path) -> None:
    loaded = check_adapter(PythonAdapter(), entry(name, tmp_path), ROWS)
    check_answers(loaded, ROWS, np.where(A > 3, "yes", "no").astype(object))
    check_answers(loaded, ROWS, np.stack([1 - A / 6, A / 6], axis=1))


def test_a_label_that_is_no_class_is_no_answer(tmp_path: Path) -> None:
    loaded = PythonAdapter().load(entry("SaysMaybe", tmp_path))
    described = described_of(loaded, ROWS.between(0, 2))
    answers = Runner(Digest("0" * 64), contract_of(described, ROWS), loaded).predict(ROWS)
    found = {row: reasons[0].code for row, reasons in answers.verdicts.reasons().items()}
    assert found == dict.fromkeys((3, 4, 5), "model.wrong_label")


def test_what_lies_in_a_row_is_its_own_to_change_too(tmp_path: Path) -> None:
    records = np.array([{"n": 0.25}, {"n": 0.5}], object)
    rows = Table.of({"a": np.array([1.0, 5.0]), "b": records})
    loaded = check_adapter(PythonAdapter(), entry("ChangesItsRows", tmp_path), rows)
    assert loaded.predict(rows)[0].probabilities.tolist() == [[0.75, 0.25], [0.5, 0.5]]


def test_a_branch_a_row(tmp_path: Path) -> None:
    loaded = check_adapter(PythonAdapter(), entry("one_row", tmp_path), ROWS)
    check_answers(loaded, ROWS, np.where(A > 3, 1.0, B))


def test_fields_are_parameters(tmp_path: Path) -> None:
    described = PythonAdapter().load(entry("fields", tmp_path)).describe()
    assert (described.names, described.texts, described.unused) == (("a", "b", "c"), ("c",), ("c",))


def test_several_answers_by_name(tmp_path: Path) -> None:
    loaded = check_adapter(PythonAdapter(), entry("several", tmp_path), ROWS)
    outputs = described_of(loaded, ROWS).outputs
    assert [(one.name, one.type) for one in outputs] == [("sum", "float64"), ("label", "text")]


def test_nested_answers_stay_nested(tmp_path: Path) -> None:
    loaded = check_adapter(PythonAdapter(), entry("nested", tmp_path), ROWS)
    assert [one.type for one in described_of(loaded, ROWS).outputs] == ["record"]
    assert loaded.predict(ROWS)[0].values[0] == {"items": [1.0, 0.5]}


def test_an_answer_of_several_numbers_is_a_tensor(tmp_path: Path) -> None:
    loaded = PythonAdapter().load(entry("vectors", tmp_path))
    assert [one.type for one in described_of(loaded, ROWS).outputs] == ["float64[3]"]
    assert loaded.predict(ROWS)[0].values.shape == (6, 3)


@pytest.mark.parametrize("name", ["Scorer", "make_scorer"])
def test_state_in_files(name: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "weights.json").write_text("[0.5, -0.25]")
    loaded = check_adapter(PythonAdapter(), entry(name, tmp_path), ROWS)
    made = own_models.Scorer(state)
    check_answers(loaded, ROWS, made.predict(np.stack([A, B], 1)))
    check_answers(loaded, ROWS, made.predict_proba(np.stack([A, B], 1)), tolerance=1e-15)


def test_an_object_is_written_and_read(tmp_path: Path) -> None:
    path = check_writer(
        PythonAdapter(), lambda path: PythonAdapter().load(path)._made, own_models.Offset(2.5), tmp_path
    )
    found = look(path)
    assert found.root == "contract.own_models.Offset"
    check_answers(PythonAdapter().load(path), ROWS, A + 2.5)


def test_a_function_is_written_by_its_name(tmp_path: Path) -> None:
    path = PythonAdapter().write(own_models.block, tmp_path)
    found = look(path)
    assert (found.container, found.root, found.uses[0].called) == ("entry", "contract.own_models.block", True)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("differs", "model.form_unknown"),
        ("one_for_all", "model.wrong_shape"),
        ("raises", None),
        ("takes_nothing", "model.form_unknown"),
        ("takes_a_path", "model.form_unknown"),
        ("later", "model.form_unknown"),
        ("TwoForms", "model.form_unknown"),
        ("TakesAName", "model.no_state"),
        ("Nothing", "model.not_a_model"),
        ("nowhere", "model.no_entry"),
    ],
)
def test_what_cannot_be_asked(name: str, code: str | None, tmp_path: Path) -> None:
    with pytest.raises((BoxError, LookupError)) as caught:
        described_of(PythonAdapter().load(entry(name, tmp_path)), ROWS)
    assert getattr(caught.value, "code", None) == code


def test_none_is_no_answer(tmp_path: Path) -> None:
    loaded = PythonAdapter().load(entry("sometimes_none", tmp_path))
    described_of(loaded, ROWS.between(0, 2))
    with pytest.raises(BoxError, match="row 3 with None"):
        loaded.predict(ROWS)


@pytest.mark.parametrize("call", ["os:system", "boxship:pack", "nothing", "a:b:c", "a.:b", "1a:b", "a:b "])
def test_names_of_no_code_of_ones_own(call: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_entry(call, tmp_path)
    assert caught.value.code == "model.no_entry"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"call":"a:b","format":2}', b'{"call":"a b","format":1}', b"\xff", b"[" * 99999]
)
def test_damaged_entries(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.entry"
    path.write_bytes(content)
    with pytest.raises(BoxError) as caught:
        look(path)
    assert caught.value.code == "model.unreadable"


@pytest.mark.parametrize("call", ["os:system", "builtins:eval", "boxship:pack", "pickle:loads"])
def test_a_file_that_names_what_runs_anything(call: str, tmp_path: Path) -> None:
    """Whoever is trusted, and whoever reads it."""
    path = tmp_path / "model.entry"
    path.write_bytes(Entry(call).to_bytes())
    for read in (look, PythonAdapter().load):
        with pytest.raises(BoxError) as caught:
            read(path)
        assert caught.value.code == "model.unsafe_global"


@pytest.mark.parametrize("model", [lambda rows: rows, print])
def test_functions_that_cannot_be_imported_elsewhere(model: Any, tmp_path: Path) -> None:
    with pytest.raises((BoxError, UsageError)) as caught:
        PythonAdapter().write(model, tmp_path)
    assert caught.value.code in ("model.unknown_global", "model.no_entry")
