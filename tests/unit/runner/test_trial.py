import pytest

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
