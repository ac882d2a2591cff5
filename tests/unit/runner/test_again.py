from collections.abc import Sequence

import pytest

from boxship.adapters import Given
from boxship.core.table import Table
from boxship.errors import HostError
from boxship.runner.again import Again
from boxship.runner.either import Opened
from boxship.testing.models import FakeModel

ROWS = Table.of({"a": [1.0, 2.0]})


def test_a_process_that_is_gone_is_replaced_when_it_is_asked_next() -> None:
    opened: list[FakeModel] = []
    closed: list[int] = []

    def open_() -> Opened:
        dies = not opened

        def spoil(_: Table, given: Sequence[Given]) -> Sequence[Given]:
            if dies:
                raise HostError("room.died", "it ended", "look")
            return given

        opened.append(FakeModel(spoil))
        return Opened(opened[-1], lambda: closed.append(len(opened)))

    model = Again(open_)
    with pytest.raises(HostError, match="it ended"):
        model.predict(ROWS)
    assert (len(opened), closed) == (1, [1])
    assert model.predict(ROWS)[0].values.tolist() == [1.0, 2.0]
    assert len(opened) == 2
    model.close()
    assert closed == [1, 2]
