import pytest

from boxship._pack.prove import profile_answers
from boxship._pack.stage import sensitive_outputs
from boxship._pack.wishes import FieldWish, Wishes
from boxship.core.contract import Contract, Field, Output
from boxship.core.table import Table

CONTRACT = Contract((Field("age", "float64"),), (Output("prediction", "float64"),))
SECRET = Wishes(fields={"illness": FieldWish(sensitive=True)})
TWO = Contract((Field("a", "float64"),), (Output("illness", "float64"), Output("cost", "float64")))


@pytest.mark.parametrize(
    ("contract", "targets", "hidden"),
    [
        (CONTRACT, ("illness",), ("prediction",)),
        (CONTRACT, ("cost",), ()),
        (CONTRACT, (), ()),
        (TWO, ("illness", "cost"), ("illness",)),
        (TWO, ("illness",), ("illness", "cost")),
    ],
)
def test_outputs_of_a_sensitive_target_are_hidden(
    contract: Contract, targets: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    assert sensitive_outputs(contract, targets, SECRET) == hidden


def test_no_distribution_of_a_hidden_output_is_kept() -> None:
    answers = Table.of(
        {
            "prediction": ["ill", "well"] * 50,
            "prediction.probabilities": [[0.25, 0.75]] * 100,
            "cost": [1.0] * 100,
        }
    )
    kept = profile_answers(answers, ["prediction"])
    assert [column.sensitive for column in kept.columns] == [True, True, False]
    assert b"well" not in kept.to_bytes()
