"""`boxship serve` as a user runs it: real processes, real sockets, real signals."""

import os
import signal
import time
from pathlib import Path

import pytest

from desk import SOURCE, Desk
from engine.serving import crowd, serving


@pytest.fixture
def churn(shared: Path, trained: Path) -> Desk:
    """A home that has the box: for tests that do not change it."""
    return Desk(shared, trained)


def test_it_answers_as_call_does_and_says_who_it_is(churn: Desk) -> None:
    with serving(churn) as server:
        status, said, headers = server.ask()
        called = churn.run(
            "call", "churn", "--row", '{"age": 1, "income": 0.5, "tenure": 0, "calls": 2}'
        ).json
        assert (status, said) == (200, called)
        assert headers["x-boxship-box"] == server.digest
        assert server.ask(path="/readyz", method="GET")[:2] == (200, "ok\n")
        assert server.end() == 0


def test_a_worker_that_is_killed_is_replaced_and_the_others_live_on(churn: Desk) -> None:
    with serving(churn, "--workers", 2) as server, crowd(server.port) as clients:
        time.sleep(0.5)
        before = server.children()
        os.kill(before[0], signal.SIGKILL)
        time.sleep(1)
        after = server.children()
        assert len(after) == 2
        assert before[0] not in after
        assert before[1] in after
        assert server.metric("boxship_worker_deaths_total", why="killed") == 1
        assert set(clients.answered) == {200}
        assert clients.lost <= 8  # at most what was in flight in that worker


def test_told_to_end_under_load_it_loses_nothing(churn: Desk) -> None:
    for _ in range(3):
        with serving(churn, "--workers", 2) as server, crowd(server.port) as clients:
            time.sleep(0.3)
            started = time.monotonic()
            assert server.end() == 0
            assert time.monotonic() - started < 5
        assert clients.lost == 0
        assert set(clients.answered) == {200}


def test_the_next_version_takes_over_and_no_request_is_lost(desk: Desk) -> None:
    desk.packed()
    with serving(desk, "--workers", 2) as server, crowd(server.port) as clients:
        time.sleep(0.3)
        second = desk.packed("--seed", "run=7")["digest"]
        assert second != server.digest
        server.tell(signal.SIGHUP)
        end = time.monotonic() + 20
        while server.ask()[2]["x-boxship-box"] != second:
            assert time.monotonic() < end
        time.sleep(1.5)
    assert clients.lost == 0
    assert set(clients.answered) == {200}
    assert set(clients.boxes) == {server.digest, second}


def test_a_next_version_that_fails_leaves_this_one_serving(desk: Desk) -> None:
    desk.packed()
    with serving(desk) as server:
        (desk.store / "names" / "churn" / "latest").write_text("nothing")
        server.tell(signal.SIGHUP)
        time.sleep(1)
        assert server.ask()[0] == 200


def test_nobody_outlives_a_supervisor_that_is_killed(churn: Desk) -> None:
    with serving(churn, "--workers", 2) as server:
        workers = server.children()
        server.process.kill()
        end = time.monotonic() + 10
        while any(_lives(pid) for pid in workers):
            assert time.monotonic() < end
            time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (("serve", "nothing"), "store.unknown_name", 2),
        (("serve", "churn", "--port", "70000"), "settings.wrong_value", 2),
        (("serve", "churn", "--host", "no.such.host.invalid"), "serve.no_address", 2),
        (("serve", "churn", "--workers", "0"), "settings.wrong_value", 2),
    ],
)
def test_what_cannot_be_served_is_refused(
    churn: Desk, words: tuple[str, ...], code: str, status: int
) -> None:
    assert churn.refused(*words, status=status, boxes=1)["code"] == code


def test_a_port_that_is_taken_is_named(churn: Desk) -> None:
    with serving(churn) as server:
        error = churn.refused("serve", "churn", "--port", server.port, boxes=1)
        assert error["code"] == "serve.port_taken"
        assert str(server.port) in error["message"]


def test_clients_share_the_workers(churn: Desk) -> None:
    with serving(churn, "--workers", 2) as server:
        with crowd(server.port, 16) as clients:
            time.sleep(1)
        assert server.metric("boxship_requests_total", code="200") == sum(clients.answered.values())
        assert server.metric("boxship_rows_total", verdict="ok") + server.metric(
            "boxship_rows_total", verdict="flagged"
        ) == sum(clients.answered.values())


BAD_MODEL = '''
import os, time


def answer(a: float) -> float:
    """Twice the number; some numbers end it, or keep it for ever."""
    if a == 13.0:
        os._exit(3)
    if a == 14.0:
        time.sleep(3600)
    return 2 * a
'''


@pytest.fixture(scope="module")
def bad(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A home with a box whose model ends its process, or hangs."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "bad_model.py").write_text(BAD_MODEL)
    rows = ["a"] + [f"{number / 4}" for number in range(200) if number / 4 not in (13.0, 14.0)]
    (folder / "rows.csv").write_text("\n".join(rows) + "\n")
    desk = Desk(tmp_path_factory.mktemp("home"), folder)
    done = desk.run(
        "pack",
        "bad_model:answer",
        "--data",
        "rows.csv",
        "--name",
        "bad",
        "--json",
        PYTHONPATH=f"{SOURCE}:{folder}",
    )
    assert done.status == 0, done
    return desk


@pytest.mark.parametrize(("number", "within_s"), [(13.0, 5), (14.0, 8)])
def test_a_model_that_ends_or_hangs_costs_what_it_was_asked_and_comes_back(
    bad: Desk, number: float, within_s: float
) -> None:
    with serving(bad, "--hang", 2, "--wait", 60, box="bad") as server:
        assert server.ask({"a": 4.0})[:2] == (200, {"prediction": 8.0, "verdict": "ok"})
        workers = server.children()
        started = time.monotonic()
        status, said, headers = server.ask({"a": number})
        assert time.monotonic() - started < within_s
        assert status == 503
        assert said["error"]["code"] in ("room.died", "room.too_slow")
        assert "x-request-id" in headers
        assert server.ask({"a": 4.0})[:2] == (200, {"prediction": 8.0, "verdict": "ok"})
        assert server.children() == workers  # the model has a process of its own
        assert server.metric("boxship_requests_total", code="503") == 1
