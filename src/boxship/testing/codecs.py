"""What every codec keeps, to be run over your own codec too."""

from collections.abc import Callable
from typing import Any

from boxship.codecs import Codec
from boxship.codecs.explain import explain_rows
from boxship.core.contract import Contract
from boxship.core.digest import Digest
from boxship.errors import DataError
from boxship.runner.local import Runner
from boxship.testing.models import FakeModel
from boxship.testing.tables import Rows

_BOX = Digest("0" * 64)


def check_codec(
    make: Callable[[Contract], Codec],
    contract: Contract,
    rows: Rows,
    write: Callable[[Any], bytes],  # rows, or one row, as a caller of this codec writes them
    read: Callable[[bytes], Any],  # answers, or one, as a caller reads them
) -> None:
    """Good rows come through as they are and in order; a bad row leaves its neighbours alone; what
    is no rows at all is a `DataError`."""
    codec = make(contract)
    request = codec.decode(write(rows))
    assert not request.single, "a list of rows is not one row"
    assert request.decoded.verdicts.all_ok, request.decoded.verdicts.reasons()
    assert request.decoded.table == explain_rows(contract, rows).table, "good rows are changed"
    _check_neighbours(codec, contract, rows, write, read)
    try:
        codec.decode(write(rows)[:-1] + b"\x00")
    except DataError as error:
        assert error.code.startswith("codec."), error.code
    else:
        raise AssertionError("damaged bytes are decoded")


def _check_neighbours(
    codec: Codec, contract: Contract, rows: Rows, write: Callable[[Any], bytes], read: Callable[[bytes], Any]
) -> None:
    spoilt = [*rows, {}, *rows]
    request = codec.decode(write(spoilt))
    answers = read(codec.encode(Runner(_BOX, contract, FakeModel()).answer(request.decoded), single=False))
    assert [answer["verdict"] for answer in answers] == ["ok"] * len(rows) + ["rejected"] + ["ok"] * len(rows)
    assert {reason["code"] for reason in answers[len(rows)]["reasons"]} == {"contract.missing"}
    one = codec.decode(write(rows[0]))
    assert one.single, "one row is not a list"
    alone = read(codec.encode(Runner(_BOX, contract, FakeModel()).answer(one.decoded), single=True))
    assert alone == answers[0], "a row alone is answered otherwise than in company"
