"""Why rows were rejected: also those on which the model raised, where their nulls explain it."""

from collections.abc import Sequence

import numpy as np
import pytest

from boxship.adapters import Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.core.verdict import Decoded
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel
from boxship.validate import answered
from boxship.validate.report import Rejected
from boxship.validate.text import _reason

CONTRACT = Contract(
    (Field("note", "text", nullable=True), Field("other", "text", nullable=True)),
    (Output("prediction", "float64"),),
)


class Reader(FakeModel):
    """Counts letters, and raises on a null or on nothing."""

    def predict(self, table: Table) -> Sequence[Given]:
        return [Given(np.array([1.0 / len(one) for one in table.column("note").values]), None)]


@pytest.mark.parametrize(("rest", "field"), [("fine", "note"), ("", "")])
def test_the_field_whose_nulls_the_model_raises_on_is_told(
    rest: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answered, "_VALUES", 20)  # in several pieces
    notes = [None if row % 3 == 0 else "fine" for row in range(30)]
    table = Table.of({"note": [*notes, rest], "other": [None, *["x"] * 30]})
    found = answered.ask(Runner(Digest("0" * 64), CONTRACT, Reader()), Decoded.whole(table))
    assert found.reasons == {(field, "model.raised"): found.rejected}


@pytest.mark.parametrize(
    ("field", "code", "words"),
    [
        ("", "model.raised", "model.raised"),
        ("note", "model.raised", "model.raised where note is null"),
        ("note", "contract.null", "contract.null in note"),
    ],
)
def test_a_reason_in_words(field: str, code: str, words: str) -> None:
    assert _reason(Rejected(field, code, 3)) == words
