"""Real children, which are forked from the tests' own process."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boxship._serve.keeper import Body, Keeper, end_in_order
from boxship._serve.life import Life
from boxship._serve.signals import Signals
from boxship.errors import BoxError

Make = Callable[..., Keeper]
# JAX, which another test of this process may have imported, warns of every fork
pytestmark = pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")


@pytest.fixture
def signals() -> Iterator[Signals]:
    with Signals(signal.SIGCHLD, signal.SIGTERM) as found:
        yield found


@pytest.fixture
def keep(signals: Signals) -> Iterator[Callable[..., Keeper]]:
    made: list[Keeper] = []

    def make(lives: list[Life], body: Body, **more: Any) -> Keeper:
        made.append(Keeper(lives, body, signals, **more))
        return made[-1]

    yield make
    end_in_order(made, signals, 0.5)


def until(keeper: Keeper, true: Callable[[], object], within_s: float = 5.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        keeper.look()
        time.sleep(0.01)


def body_of(lives: list[Life], act: Callable[[], object] = lambda: time.sleep(60)) -> Body:
    def body(place: int, _: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        lives[place].set_ready()
        act()

    return body


def pids(lives: list[Life]) -> list[int]:
    return [life.pid for life in lives]


def test_children_are_started_and_ended(keep: Make, signals: Signals) -> None:
    lives = [Life(), Life()]
    keeper = keep(lives, body_of(lives))
    until(keeper, lambda: keeper.ready)
    end_in_order([keeper], signals, 5)
    assert keeper.gone
    for pid in pids(lives):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_one_that_is_killed_is_replaced_within_a_second_and_counted(keep: Make) -> None:
    died: list[str] = []
    lives = [Life(), Life()]
    keeper = keep(lives, body_of(lives), died=died.append)
    until(keeper, lambda: keeper.ready)
    first, other = pids(lives)
    os.kill(first, signal.SIGKILL)
    started = time.monotonic()
    until(keeper, lambda: lives[0].pid != first and keeper.ready)
    assert time.monotonic() - started < 1
    assert died == ["killed"]
    assert lives[1].pid == other


def test_one_that_hangs_is_killed_and_replaced(keep: Make) -> None:
    died: list[str] = []
    lives = [Life()]
    keeper = keep(lives, body_of(lives), hang_s=0.3, died=died.append)
    until(keeper, lambda: keeper.ready)
    until(keeper, lambda: died)
    assert died == ["hung"]


def test_one_that_is_long_in_a_call_beside_its_loop_hangs_though_it_beats() -> None:
    life = Life()
    life.begin(1)
    life.busy(on=True)
    time.sleep(0.05)
    life.beat()
    assert life.stuck_s > 0.04
    life.busy(on=False)
    assert life.stuck_s < 0.04


def test_an_error_before_any_was_ready_is_handed_up(keep: Make) -> None:
    def refuse(_: int, __: int) -> None:
        raise BoxError("proof.answers_differ", "they differ", "look")

    keeper = keep([Life()], refuse)
    until(keeper, lambda: keeper.error)
    assert isinstance(keeper.error, BoxError)
    assert (keeper.error.code, keeper.error.hint) == ("proof.answers_differ", "look")


def test_what_dies_again_and_again_before_it_is_ready_is_given_up(keep: Make) -> None:
    keeper = keep([Life()], lambda _, __: os.kill(os.getpid(), signal.SIGKILL))
    until(keeper, lambda: keeper.error)
    assert keeper.error
    assert keeper.error.code == "serve.never_ready"
    assert "signal 9" in keeper.error.message


def test_one_that_does_not_end_when_told_is_killed(keep: Make, signals: Signals) -> None:
    lives = [Life()]

    def deaf(_: int, __: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        lives[0].set_ready()
        time.sleep(60)

    keeper = keep(lives, deaf)
    until(keeper, lambda: keeper.ready)
    started = time.monotonic()
    end_in_order([keeper], signals, 0.3)
    assert keeper.gone
    assert time.monotonic() - started < 3


def test_a_signal_to_a_child_that_was_just_forked_is_its_own(keep: Make, signals: Signals) -> None:
    for _ in range(20):
        lives = [Life()]
        keeper = keep(lives, body_of(lives))
        keeper.look()
        keeper.end(5)  # at once: the child may not have got anywhere
        started = time.monotonic()
        while not keeper.gone:
            keeper.look()
            assert time.monotonic() - started < 3
            time.sleep(0.005)
        assert signal.SIGTERM not in signals.take()


def test_nothing_stays_open_of_a_keeper_that_is_done(signals: Signals) -> None:
    def count() -> int:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208  # a path would be one more

    before = count()
    for _ in range(3):
        lives = [Life()]
        keeper = Keeper(lives, body_of(lives), signals)
        keeper.look()
        end_in_order([keeper], signals, 5)
        keeper.close()
    assert count() == before
