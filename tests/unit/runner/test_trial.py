from collections.abc import Sequence

import numpy as np
import pytest

from boxship.adapters import Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import BoxError
from boxship.runner.local import Runner
from boxship.runner.trial import answer_golden, try_box
from boxship.testing.models import FakeModel

CONTRACT = Contract(
    (Field("secret", "float64", sensitive=True), Field("fee", "float64", range=(0, 5e9))),
    (Output("prediction", "float64"),),
)
GOLDEN = Table.of({"secret": [1.0, 2.0, 3.0], "fee": [1.0, 2.0, 3.0]})


def answered(golden: Table = GOLDEN) -> dict[str, tuple[str, tuple[str, ...]]]:
    runner = Runner(Digest("0" * 64), CONTRACT, FakeModel())
    trial = try_box(runner, golden, answer_golden(runner, golden))
    return {one.case: (one.answer, one.codes) for one in trial.bad_input}


@pytest.mark.parametrize(
    ("case", "answer", "code"),
    [
        ("missing column", "rejected", "contract.missing"),
        ("extra column", "flagged", "contract.extra"),
        ("null", "rejected", "contract.null"),
        ("not a row", "rejected", "contract.not_a_row"),
        ("malformed JSON", "refused", "codec.malformed"),
        ("text in a number", "rejected", "contract.wrong_type"),
        ("infinite", "rejected", "contract.infinite"),
        ("far outside training", "flagged", "contract.out_of_range"),
    ],
)
def test_every_kind_of_bad_input_is_answered(case: str, answer: str, code: str) -> None:
    assert answered()[case] == (answer, (code,))


def test_the_order_of_columns_is_not_bad() -> None:
    assert answered()["columns in another order"] == ("ok", ())
    assert answered()["empty batch"] == ("0 answers", ())


def test_golden_rows_that_are_all_rejected_prove_nothing() -> None:
    with pytest.raises(BoxError) as caught:
        answered(Table.of({"secret": [None], "fee": [1.0]}))
    assert caught.value.code == "proof.golden_rejected"
    assert "trained on these data" in caught.value.hint


def test_golden_rows_that_the_model_takes_none_of_are_told_so() -> None:
    runner = Runner(Digest("0" * 64), CONTRACT, FakeModel(lambda _, given: [given[1]]))
    with pytest.raises(BoxError, match="the model takes; on this one it raised IndexError") as caught:
        answer_golden(runner, GOLDEN)
    assert "drawn between the bounds" in caught.value.hint


def neighbourly(table: Table, given: Sequence[Given]) -> Sequence[Given]:
    """Answers that depend on how many rows are asked at once."""
    return [Given(one.values + table.length / 100, None) for one in given]


def test_a_row_that_is_answered_otherwise_alone_is_refused() -> None:
    runner = Runner(Digest("0" * 64), CONTRACT, FakeModel(neighbourly))
    with pytest.raises(BoxError) as caught:
        try_box(runner, GOLDEN, answer_golden(runner, GOLDEN))
    assert caught.value.code == "proof.alone_differs"
    assert caught.value.hint


def test_a_model_that_draws_its_labels_is_told_so() -> None:
    contract = Contract(CONTRACT.inputs, (Output("prediction", "text"),))
    turns = iter("ab")
    model = FakeModel(lambda table, _: [Given(np.array([next(turns)] * table.length, object), None)])
    with pytest.raises(BoxError, match="the two values of 'prediction' are two labels") as caught:
        answer_golden(Runner(Digest("0" * 64), contract, model), GOLDEN)
    assert caught.value.code == "proof.not_deterministic"


def test_a_label_that_is_another_alone_is_no_noise() -> None:
    contract = Contract(CONTRACT.inputs, (Output("prediction", "text"),))
    model = FakeModel(lambda table, _: [Given(np.array([str(table.length)] * table.length, object), None)])
    runner = Runner(Digest("0" * 64), contract, model)
    with pytest.raises(BoxError, match="two labels") as caught:
        try_box(runner, GOLDEN, answer_golden(runner, GOLDEN))
    assert "tolerance" not in caught.value.hint


def test_noise_in_the_last_bits_is_recorded_and_allowed() -> None:
    noisy = FakeModel(lambda table, given: [Given(given[0].values * (1 + 1e-15 * table.length), None)])
    runner = Runner(Digest("0" * 64), CONTRACT, noisy)
    trial = try_box(runner, GOLDEN, answer_golden(runner, GOLDEN))
    assert 0 < trial.alone_difference < 1e-12


def test_a_row_far_down_is_tried_alone_too() -> None:
    def spoil(table: Table, given: Sequence[Given]) -> Sequence[Given]:
        last = table.column("fee").values == 40
        return [Given(given[0].values + (last & (table.length == 1)), None)]

    golden = Table.of({"secret": [1.0] * 41, "fee": [float(fee) for fee in range(41)]})
    runner = Runner(Digest("0" * 64), CONTRACT, FakeModel(spoil))
    with pytest.raises(BoxError, match="row 40"):
        try_box(runner, golden, answer_golden(runner, golden))


class Ones(FakeModel):
    def predict(self, table: Table) -> Sequence[Given]:
        return [Given(np.ones(table.length), None)]


def test_an_infinite_golden_row_is_a_good_neighbour() -> None:
    contract = Contract(
        (Field("a", "float64", infinite=True), Field("note", "text")), (Output("prediction", "float64"),)
    )
    golden = Table.of({"a": [np.inf, 1.0], "note": ["@", "x"]})
    runner = Runner(Digest("0" * 64), contract, Ones())
    assert try_box(runner, golden, answer_golden(runner, golden)).bad_input
