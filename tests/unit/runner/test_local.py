from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from boxship.adapters import Given
from boxship.codecs.json import JsonCodec
from boxship.core.answer import answer_rows
from boxship.core.contract import Contract, Field, Output
from boxship.core.digest import Digest
from boxship.core.observation import Observation, ObservedRow
from boxship.core.table import Table
from boxship.errors import BoxError, DataError, HostError
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel, number_contract
from boxship.twin.refused import RefusedError

BOX = Digest("0" * 64)


def rows_of(runner: Runner, body: object) -> list[dict[str, object]]:
    decoded = JsonCodec(runner.contract).decode(msgspec.json.encode(body)).decoded
    return answer_rows(runner.contract.outputs, runner.answer(decoded))


def raises_on(bad: float) -> FakeModel:
    def spoil(table: Table, given: Sequence[Given]) -> Sequence[Given]:
        if (table.block(table.names) == bad).any():
            raise ValueError("the value of somebody else's row")
        return given

    return FakeModel(spoil)


def test_answers_stand_in_the_order_of_the_rows() -> None:
    runner = Runner(BOX, number_contract("a", "b"), FakeModel())
    answers = rows_of(runner, [{"a": 1, "b": 2}, {"a": "x", "b": 2}, {"a": 3, "b": 400}, {"a": 1, "b": 1}])
    assert [answer["verdict"] for answer in answers] == ["ok", "rejected", "flagged", "ok"]
    assert [answer.get("prediction") for answer in answers] == [3.0, None, 403.0, 2.0]


@pytest.mark.parametrize("rows", [1, 2, 7, 100, 1000])
def test_only_the_guilty_row_fails(rows: int) -> None:
    model = raises_on(13)
    runner = Runner(BOX, number_contract("a"), model)
    values = np.full(rows, 1.0)
    values[rows // 2] = 13
    answers = runner.predict(Table.of({"a": values}))
    assert np.flatnonzero(answers.verdicts.codes()).tolist() == [rows // 2]
    assert answers.verdicts.faults[0].code == "model.raised"
    assert answers.table.length == rows - 1
    assert len(model.calls) <= 1 + 2 * rows.bit_length()


class Raising(FakeModel):
    """Cannot be asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def predict(self, table: Table) -> Sequence[Given]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RefusedError(0, "missing or infinite"), "no value that is missing or infinite"),
        (
            DataError("data.has_null", "column 'a' holds a null", ""),
            "a row that the model takes; column 'a' holds a null",
        ),
        (ValueError("of Ada"), "a row that the model takes; on this one it raised ValueError"),
        (
            BoxError("model.raised", "the model raised KeyError: 'Ada'", "", {"raised": "KeyError"}),
            "a row that the model takes; on this one it raised KeyError",
        ),
    ],
)
def test_what_the_model_takes_is_said_without_the_words_of_its_error(error: Exception, expected: str) -> None:
    answer = rows_of(Runner(BOX, number_contract("a"), Raising(error)), [{"a": 1}])[0]
    assert answer["reasons"] == [{"field": None, "code": "model.raised", "expected": expected}]


def test_what_of_a_row_is_null_is_said_where_the_model_raised() -> None:
    contract = number_contract("a", "b")
    fields = tuple(msgspec.structs.replace(field, nullable=True) for field in contract.inputs)
    runner = Runner(BOX, msgspec.structs.replace(contract, inputs=fields), Raising(ValueError()))
    answers = rows_of(runner, [{"a": 1, "b": None}, {"a": 1, "b": 1}])
    said = [str(reason["expected"]) for one in answers for reason in one["reasons"]]  # type: ignore[attr-defined]
    assert ["; 'b' is null" in words for words in said] == [True, False]


def test_a_model_that_always_raises_costs_two_calls_a_row() -> None:
    model = FakeModel(lambda _table, _given: 1 / 0)  # type: ignore[arg-type,return-value]
    answers = Runner(BOX, number_contract("a"), model).predict(Table.of({"a": np.ones(1000)}))
    assert answers.verdicts.counts()["rejected"] == 1000
    assert len(model.calls) < 2000


def test_many_guilty_rows_do_not_harm_one_innocent() -> None:
    values = np.arange(5000.0) % 50
    answers = Runner(BOX, number_contract("a"), raises_on(7)).predict(Table.of({"a": values}))
    assert (answers.verdicts.codes() == 2).tolist() == (values == 7).tolist()


def test_a_model_that_wants_to_end_the_process_is_refused_a_row() -> None:
    def leave(table: Table, given: Sequence[Given]) -> Sequence[Given]:
        if (table.block(("a",)) == 5).any():
            raise SystemExit
        return given

    answers = rows_of(Runner(BOX, number_contract("a"), FakeModel(leave)), [{"a": 1}, {"a": 5}])
    assert [answer["verdict"] for answer in answers] == ["ok", "rejected"]


def test_the_words_of_an_exception_stay_inside() -> None:
    answers = rows_of(Runner(BOX, number_contract("a"), raises_on(1)), {"a": 1})
    assert "somebody" not in str(answers)
    assert "ValueError" in str(answers)


def test_what_the_surroundings_did_is_not_the_rows_fault() -> None:
    def gone(_table: Table, _given: Sequence[Given]) -> Sequence[Given]:
        raise HostError("room.died", "the process in the room ended")

    with pytest.raises(HostError):
        Runner(BOX, number_contract("a"), FakeModel(gone)).predict(Table.of({"a": [1.0]}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_answer_that_is_no_number_is_rejected(value: float) -> None:
    def spoil(table: Table, given: Sequence[Given]) -> Sequence[Given]:
        return [Given(np.where(table.block(("a",))[:, 0] == 5, value, given[0].values), None)]

    answers = rows_of(Runner(BOX, number_contract("a"), FakeModel(spoil)), [{"a": 1}, {"a": 5}, {"a": 2}])
    assert [answer["verdict"] for answer in answers] == ["ok", "rejected", "ok"]
    assert answers[1]["reasons"][0]["code"] == "model.not_finite"  # type: ignore[index]


def test_a_wrong_number_of_answers_is_the_models_fault() -> None:
    model = FakeModel(lambda _table, given: [Given(given[0].values[:-1], None)])
    answers = rows_of(Runner(BOX, number_contract("a"), model), [{"a": 1}, {"a": 2}])
    assert {answer["reasons"][0]["code"] for answer in answers} == {"model.wrong_shape"}  # type: ignore[index]


def two_classes(**output: object) -> Contract:
    return Contract(
        (Field("a", "float64"),),
        (Output("prediction", "text", classes=("no", "yes"), probabilities=True, **output),),  # type: ignore[arg-type]
    )


def shares(table: Table, _given: Sequence[Given]) -> Sequence[Given]:
    second = table.block(("a",))[:, 0]
    both = np.stack([1 - second, second], 1)
    return [Given(np.array(["no", "yes"], object)[both.argmax(1)], both)]


@pytest.mark.parametrize(
    ("output", "prediction", "share"),
    [
        ({}, "no", 0.4),
        ({"threshold": 0.4}, "yes", 0.4),
        ({"threshold": 0.41}, "no", 0.4),
        ({"calibration": ((0.0, 0.0), (1.0, 0.5)), "threshold": 0.2}, "yes", 0.2),
        ({"calibration": ((0.0, 0.0), (0.4, 0.6), (1.0, 1.0))}, "yes", 0.6),
        ({"calibration": ((0.0, 0.0), (0.4, 0.5), (1.0, 1.0))}, "yes", 0.5),
        ({"calibration": ((0.0, 0.0), (0.4, 0.1), (1.0, 1.0))}, "no", 0.1),
    ],
)
def test_threshold_and_calibration(output: dict[str, object], prediction: str, share: float) -> None:
    runner = Runner(BOX, two_classes(**output), FakeModel(shares))
    assert rows_of(runner, [{"a": 0.4}]) == [
        {"prediction": prediction, "probabilities": {"no": 1 - share, "yes": share}, "verdict": "ok"}
    ]


def test_several_outputs() -> None:
    contract = Contract((Field("a", "float64"),), (Output("size", "float64"), Output("weight", "float64")))
    model = FakeModel(lambda _table, given: [given[0], given[0]])
    assert rows_of(Runner(BOX, contract, model), {"a": 2}) == [
        {"outputs": {"size": {"prediction": 2.0}, "weight": {"prediction": 2.0}}, "verdict": "ok"}
    ]


def test_one_observation_a_call_without_sensitive_values() -> None:
    seen: list[Observation] = []
    contract = Contract(
        (Field("a", "float64"), Field("name", "float64", sensitive=True)), (Output("prediction", "float64"),)
    )
    ticks = iter(range(100, 200, 7))
    runner = Runner(
        BOX, contract, FakeModel(), observe=seen.append, clock=lambda: 5, timer=lambda: next(ticks)
    )
    runner.predict(Table.of({"a": [1.0, 2.0], "name": [3.0, 4.0]}), request_id="r1")
    rows = list(seen[0].rows(contract))
    assert len(seen) == 1
    assert (rows[1].request_id, rows[1].time_ns, rows[1].latency_ns) == ("r1", 5, 7)
    assert rows[1].inputs == {"a": 2.0}
    assert ObservedRow.from_bytes(rows[1].to_bytes()) == rows[1]


def test_no_rows_have_no_answers() -> None:
    answers = Runner(BOX, number_contract("a"), FakeModel()).predict(Table.of({"a": np.empty(0)}))
    assert len(answers.verdicts.codes()) == 0
    assert answers.table.length == 0


def test_box_errors_of_a_model_become_verdicts() -> None:
    def spoil(_table: Table, _given: Sequence[Given]) -> Sequence[Given]:
        raise BoxError("x.y", "z")

    answers = Runner(BOX, number_contract("a"), FakeModel(spoil)).predict(Table.of({"a": [1.0]}))
    assert answers.verdicts.counts()["rejected"] == 1


@pytest.mark.parametrize("answer", ["much", 2.5j, None])
def test_an_answer_of_another_type_is_the_models_fault(answer: object) -> None:
    def spoil(table: Table, given: Sequence[Given]) -> Sequence[Given]:
        values = given[0].values.astype(object)
        values[table.block(("a",))[:, 0] == 5] = answer
        return [Given(values, None)]

    answers = rows_of(Runner(BOX, number_contract("a"), FakeModel(spoil)), [{"a": 1}, {"a": 5}])
    assert [answer["verdict"] for answer in answers] == ["ok", "rejected"]
    assert answers[1]["reasons"][0]["code"] in ("model.wrong_type", "model.not_finite")  # type: ignore[index]


def test_probabilities_of_other_classes_are_the_models_fault() -> None:
    model = FakeModel(lambda table, _: [Given(np.array(["no"] * table.length), np.ones((table.length, 3)))])
    answers = rows_of(Runner(BOX, two_classes(), model), [{"a": 1}])
    assert answers[0]["reasons"][0]["code"] == "model.wrong_shape"  # type: ignore[index]
