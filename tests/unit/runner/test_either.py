from collections.abc import Sequence

import numpy as np
import pytest

from boxship.adapters import Given
from boxship.core.table import Table
from boxship.errors import HostError
from boxship.runner.either import Either, Opened
from boxship.runner.twin import TwinModel
from boxship.twin.encode import Column
from boxship.twin.program import Answer, Line, Program
from boxship.twin.read import Numbers
from boxship.twin.record import Speed

PROGRAM = Program((Line(Numbers(("a",)), ()), Line(Column(0), (0,))), (Answer(1),))
SLOW, FAST = Speed(1024, 100.0, 1124.0), Speed(1024, 1000.0, 1124.0)  # a microsecond a row, and little


class Loud:
    """A model that says that it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.loaded = self.closed = 0

    def load(self) -> Opened:
        self.loaded += 1
        return Opened(self, self.close)

    def close(self) -> None:
        self.closed += 1

    def describe(self) -> None:
        raise AssertionError

    def predict(self, table: Table) -> Sequence[Given]:
        self.asked.append(table.length)
        return [Given(table.column("a").values, None)]


def either(speed: Speed, model: Loud) -> Either:
    twin = Opened(TwinModel(PROGRAM))
    return Either(twin, (Speed(1, 9.0, 1.0), speed), model.load, loading_us=5000.0)


def ask(both: Either, rows: int) -> None:
    assert both.predict(Table.of({"a": np.arange(float(rows))}))[0].values.tolist() == list(range(rows))


def test_the_model_is_loaded_when_that_is_worth_it_and_for_many_rows_alone() -> None:
    model = Loud()
    both = either(SLOW, model)
    for rows in (1, 1000, 4000, 1, 1500, 1000, 2000):
        ask(both, rows)
    assert (model.asked, model.loaded) == ([1500, 2000], 1)
    both.close()
    assert model.closed == 1


def test_one_table_can_be_large_enough() -> None:
    model = Loud()
    ask(either(SLOW, model), 6000)
    assert model.asked == [6000]


@pytest.mark.parametrize("speed", [FAST, Speed(600, 1.0, 9000.0)])
def test_a_model_that_is_not_much_faster_stays_away(speed: Speed) -> None:
    model = Loud()
    both = either(speed, model)
    ask(both, 100_000)
    both.close()
    assert (model.loaded, model.closed) == (0, 0)


@pytest.mark.parametrize(
    "error", [HostError("room.no_network", "there is none", "go on"), OSError(28, "full")]
)
def test_without_its_framework_the_twin_goes_on(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Loud()

    def gone() -> Opened:
        model.loaded += 1
        raise error

    monkeypatch.setattr(model, "load", gone)
    both = either(SLOW, model)
    ask(both, 9000)
    ask(both, 9000)
    assert (model.asked, model.loaded) == ([], 1)


def test_when_the_room_dies_the_twin_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Loud()
    both = either(SLOW, model)
    ask(both, 9000)

    def dead(_: Table) -> Sequence[Given]:
        raise HostError("room.died", "it was ended", "ask again")

    monkeypatch.setattr(model, "predict", dead)
    ask(both, 9000)
    ask(both, 9000)
    assert (model.loaded, model.closed) == (1, 1)


class Dead(Loud):
    """A twin whose room is gone."""

    def predict(self, table: Table) -> Sequence[Given]:
        raise HostError("room.died", "it was ended", "ask again")


def test_when_the_twins_own_room_dies_the_model_answers() -> None:
    twin, model = Dead(), Loud()
    both = Either(Opened(twin, twin.close), (), model.load)
    ask(both, 3)
    ask(both, 4)
    assert (model.asked, model.loaded, twin.closed) == ([3, 4], 1, 1)
    both.close()
    assert (model.closed, twin.closed) == (1, 1)


def test_when_that_dies_too_it_is_told() -> None:
    model = Dead()
    both = Either(Opened(Dead()), (), model.load)
    for _ in range(2):
        with pytest.raises(HostError):
            both.predict(Table.of({"a": np.arange(3.0)}))
    assert model.loaded == 1
