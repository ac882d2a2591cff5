import msgspec
import numpy as np
import pytest

from boxship._pack.prove import Machine, Proof
from boxship._pack.told import told_of_golden, told_of_sample
from boxship.core.table import Table
from boxship.core.verdict import Answers, Fault, Verdicts
from boxship.runner.trial import Trial

PROOF = Proof(
    box="",
    room="",
    machine=Machine("x", "linux", "6", "glibc"),
    isolation={},
    cold_start_s=1.0,
    load_s=0.5,
    memory_bytes=1,
    trial=Trial({"ok": 64, "flagged": 0, "rejected": 0}, 0.0, ()),
    codes=(0,) * 64,
    answers="",
    predictions="",
    boxship="0.1.0",
)


@pytest.mark.parametrize(
    ("flagged", "rejected", "notes"),
    [(0, 0, 0), (32, 0, 0), (33, 0, 1), (64, 0, 1), (0, 1, 1), (60, 4, 2)],
)
def test_golden_rows_that_are_not_ok_are_told(flagged: int, rejected: int, notes: int) -> None:
    counts = {"ok": 64 - flagged - rejected, "flagged": flagged, "rejected": rejected}
    proof = msgspec.structs.replace(PROOF, trial=Trial(counts, 0.0, ()))
    assert len(told_of_golden(proof)) == notes


def sample(
    rows: list[int],
    field: str | None,
    code: str,
    *,
    rejects: bool = False,
    note: list[str | None] | None = None,
) -> tuple[str, ...]:
    fault = Fault(field, code, np.array(rows), [None] * len(rows), None, rejects)
    table = Table.of({"note": note or ["x"] * 100})
    return told_of_sample(
        table, Answers(Table.of({"y": [1.0] * 100}), Verdicts(100, (fault,))), np.arange(100) * 7
    )


def test_training_rows_that_violate_the_contract_are_told() -> None:
    (note,) = sample(list(range(2, 8)), "age", "contract.out_of_range")
    assert note == "6 of 100 training rows are flagged: contract.out_of_range of field 'age' (row 14 first)"


def test_a_few_odd_rows_are_not_worth_it() -> None:
    assert sample(list(range(5)), "age", "contract.out_of_range") == ()


def test_a_row_of_training_that_the_model_rejects_is_told() -> None:
    (note,) = sample([3], None, "model.raised", rejects=True)
    assert note == "the model rejects 1 of 100 training rows (row 21 first)"


@pytest.mark.parametrize(("nulls", "is_cause"), [([3, 5], True), ([3], False), ([3, 5, 6], False)])
def test_the_column_whose_nulls_the_model_rejects_is_told(nulls: list[int], *, is_cause: bool) -> None:
    notes = [None if row in nulls else "x" for row in range(100)]
    (note,) = sample([3, 5], None, "model.raised", rejects=True, note=notes)
    assert ("those in which 'note' is null; in the contract file [fields.note]" in note) == is_cause
