import os

import pytest

from boxship._serve.board import Board
from boxship.core.verdict import Verdicts
from boxship.monitor.metric import prometheus

# JAX, which another test of this process may have imported, warns of every fork
pytestmark = pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")


def lines(board: Board) -> set[str]:
    return set(prometheus(board.metrics, board.total(), {}).splitlines())


def test_what_workers_count_is_added_up_over_processes() -> None:
    board = Board(2, ("own", "other"))
    for place, dialect in enumerate(("own", "other")):
        if (pid := os.fork()) == 0:
            row = board.row(place)
            row.begin()
            for status in (200, 200, 422):
                row.came()
                row.went(dialect, status, 0.0003)
            row.asked(Verdicts(3), 3, 0.0002)
            os._exit(0)
        os.waitpid(pid, 0)
    assert {
        'boxship_requests_total{protocol="own",code="200"} 2',
        'boxship_requests_total{protocol="other",code="422"} 1',
        'boxship_request_duration_seconds_bucket{protocol="own",le="0.00025"} 0',
        'boxship_request_duration_seconds_bucket{protocol="own",le="0.0005"} 3',
        'boxship_rows_total{verdict="ok"} 6',
        'boxship_batch_rows_bucket{le="2"} 0',
        'boxship_batch_rows_bucket{le="4"} 2',
        "boxship_requests_in_flight 0",
    } <= lines(board)


def test_a_new_worker_counts_on_where_the_last_one_died_and_has_nothing_in_flight() -> None:
    board = Board(1, ("own",))
    row = board.row(0)
    row.begin()
    row.came()
    row.went("own", 200, 0.1)
    row.came()
    row.begin()
    row.came()
    row.went("own", 200, 0.1)
    assert 'boxship_requests_total{protocol="own",code="200"} 2' in lines(board)
    assert "boxship_requests_in_flight 0" in lines(board)


def test_deaths_and_strangers_are_counted() -> None:
    board = Board(1, ("own",))
    board.row(0).died("hung")
    board.row(0).turned_away(408)
    assert 'boxship_worker_deaths_total{why="hung"} 1' in lines(board)
    assert 'boxship_turned_away_total{code="408"} 1' in lines(board)
