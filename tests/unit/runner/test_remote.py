import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from boxship.core.digest import Digest
from boxship.core.table import Table
from boxship.errors import HostError
from boxship.room.process import Exit, Isolation, Process
from boxship.runner.local import Runner
from boxship.runner.remote import RoomModel
from boxship.testing.models import number_contract

ROWS = Table.of({"a": [1.0, 2.0, 3.0]})


class FakeProcess:
    """What is left of a room when its process has gone."""

    isolation = Isolation("none", "hidden", unprivileged=True, why=())

    def close(self) -> Exit:
        return Exit(-11, "killed by SIGSEGV", "its last line")


@pytest.fixture
def pair() -> Iterator[tuple[RoomModel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield RoomModel(cast("Process", FakeProcess()), ours), theirs


def test_a_death_is_told_each_time_and_blamed_on_no_row(pair: tuple[RoomModel, Any]) -> None:
    model, theirs = pair
    theirs.close()
    runner = Runner(Digest("0" * 64), number_contract("a"), model)
    for _ in range(3):
        with pytest.raises(HostError) as caught:
            runner.predict(ROWS)
        assert caught.value.code == "room.died"
        assert "SIGSEGV" in caught.value.message
