"""An ONNX file that cannot be made is a reason and no failure; another day it may be made."""

import pytest

from boxship._pack.onnx import Written, attempted
from boxship.errors import BoxError, BoxshipError, HostError, RemoteError


@pytest.mark.parametrize(
    ("error", "is_lasting"),
    [
        (RemoteError("room.offline", "the index cannot be reached", "go on"), False),
        (HostError("room.disk_full", "the disk is full", "free some"), False),
        (BoxError("lock.unresolvable", "onnx wants another numpy", "wait"), True),
    ],
)
def test_what_prevents_it(error: BoxshipError, is_lasting: bool) -> None:
    def refuse() -> Written:
        raise error

    assert attempted(refuse) == Written(b"", None, error.message, is_lasting)
