"""Scores become labels and probabilities where the contract file names their classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boxship._pack.classes import with_classes
from boxship._pack.wishes import OutputWish, Wishes
from boxship.adapters import Described, DescribedOutput, Given
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import BoxshipError, UsageError
from boxship.runner.local import Runner

SHARES = np.array([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]], "f4")
SCORES = np.array([[-2.0, 7.0, 1.0], [5.0, 2.0, 2.0]], "f4")
NAMES = ("bird", "cat", "dog")


def classified(scores: Any, wish: OutputWish) -> DescribedOutput:
    shape = "".join(f"[{size}]" for size in scores.shape[1:])
    output = DescribedOutput("prediction", f"{scores.dtype}{shape}", tolerance=1e-5)
    described = Described("transformer", "M", None, None, (output,))
    wishes = Wishes(outputs={"prediction": wish})
    found = with_classes(described, wishes, lambda: [Given(scores, None)])
    assert found.kind == "classifier"
    return found.outputs[0]


@pytest.mark.parametrize(
    ("scores", "wish", "expected"),
    [
        (SHARES, OutputWish(classes=NAMES), ("text", True)),
        (SCORES, OutputWish(classes=NAMES), ("text", False)),
        (SHARES, OutputWish(classes=(0, 1, 2), probabilities=False), ("int64", False)),
        (SHARES.astype("f2"), OutputWish(classes=NAMES, probabilities=True), ("text", True)),
        (SHARES[:, 0], OutputWish(classes=("no", "yes"), probabilities=True), ("text", True)),
        (SCORES[:, 0], OutputWish(classes=("no", "yes"), probabilities=False), ("text", False)),
    ],
)
def test_what_scores_are(scores: Any, wish: OutputWish, expected: tuple[str, bool]) -> None:
    output = classified(scores, wish)
    assert (output.type, output.probabilities) == expected
    assert output.scores
    assert output.classes == wish.classes
    assert output.tolerance == 1e-5  # as its scores had it


@pytest.mark.parametrize(
    ("scores", "wish"),
    [
        (SHARES, OutputWish(classes=("a", "b"))),
        (SHARES, OutputWish(classes=("a", "b", "b"))),
        (SHARES, OutputWish(classes=("a", "b", 1))),
        (SCORES, OutputWish(classes=NAMES, probabilities=True)),
        (SHARES, OutputWish(probabilities=True)),
        (SHARES[:, 0], OutputWish(classes=("no", "yes"))),
        (SCORES[:, 0], OutputWish(classes=("no", "yes"), probabilities=True)),
        (np.array([True, False]), OutputWish(classes=("no", "yes"), probabilities=True)),
    ],
)
def test_what_contradicts_the_model_is_refused(scores: Any, wish: OutputWish) -> None:
    with pytest.raises(UsageError) as caught:
        classified(scores, wish)
    assert caught.value.code == "contract.wrong_classes"


def test_a_model_with_classes_of_its_own_keeps_them() -> None:
    own = DescribedOutput("prediction", "text", NAMES, probabilities=True)
    described = Described("classifier", "M", None, None, (own,))
    assert with_classes(described, Wishes(), list) is described
    wishes = Wishes(outputs={"prediction": OutputWish(classes=NAMES)})
    with pytest.raises(UsageError) as caught:
        with_classes(described, wishes, lambda: [Given(SHARES, None)])
    assert caught.value.code == "contract.wrong_classes"


class Fixed:
    """Gives these numbers, a row each by its place."""

    def __init__(self, scores: Any) -> None:
        self._scores = scores

    def describe(self) -> Described:
        raise NotImplementedError

    def predict(self, table: Table) -> list[Given]:
        return [Given(self._scores[table.column("at").values], None)]


def answered(scores: Any, **how: Any) -> Any:
    contract = Contract((Field("at", "int64"),), (Output("prediction", "text", scores=True, **how),))
    return Runner(Digest("0" * 64), contract, Fixed(scores)).predict(Table.of({"at": range(len(scores))}))


def test_the_largest_score_decides() -> None:
    table = answered(SCORES, classes=NAMES).table
    assert table.to_rows() == [{"prediction": "cat"}, {"prediction": "bird"}]


def test_scores_that_are_probabilities_are_told() -> None:
    table = answered(SHARES, classes=NAMES, probabilities=True).table
    assert table.column("prediction").to_list() == ["cat", "bird"]
    np.testing.assert_array_equal(table.column("prediction.probabilities").values, SHARES)


def test_one_number_for_two_classes() -> None:
    two = ("no", "yes")
    shares = answered(np.array([0.25, 0.75, 0.5]), classes=two, probabilities=True, threshold=0.7).table
    assert shares.column("prediction").to_list() == ["no", "yes", "no"]
    assert shares.column("prediction.probabilities").to_list()[0] == [0.75, 0.25]
    assert answered(np.array([-1.0, 0.1]), classes=two).table.column("prediction").to_list() == list(two)


def test_a_score_that_is_no_number_costs_its_own_row() -> None:
    scores = SCORES.copy()
    scores[0, 2] = np.nan
    answers = answered(scores, classes=NAMES)
    assert answers.table.to_rows() == [{"prediction": "bird"}]
    assert [fault.code for fault in answers.verdicts.faults] == ["model.not_finite"]


def test_a_contract_with_scores_of_no_classes_is_refused() -> None:
    contract = Contract((Field("a", "int64"),), (Output("prediction", "text", scores=True),))
    with pytest.raises(BoxshipError) as caught:
        Contract.from_bytes(contract.to_bytes())
    assert caught.value.code == "contract.contradiction"


def test_the_contract_file_names_them(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_text('[outputs.prediction]\nclasses = ["bird", "cat"]\nprobabilities = true\n')
    assert Wishes.read(path).outputs["prediction"] == OutputWish(classes=("bird", "cat"), probabilities=True)
