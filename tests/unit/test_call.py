"""What rows bring beside the inputs, when a box is asked."""

import msgspec
import pytest

from boxship._call import _without_target
from boxship.codecs.json import JsonCodec
from boxship.core.contract import Policies
from boxship.testing.models import number_contract

ROWS = b'[{"a": 1, "y": "yes"}, {"a": "x", "y": "no"}, {"a": 1, "z": 3, "y": null}]'


@pytest.mark.parametrize(
    ("extra", "fields", "told"),
    [
        ("flag", [[], ["a"], ["z"]], ["left out, since it is what the box answers: y"]),
        ("allow", [[], ["a"], []], []),
        ("reject", [["y"], ["a", "y"], ["y", "z"]], []),
    ],
)
def test_the_target_among_the_rows_is_no_extra_field(extra: str, fields: object, told: object) -> None:
    contract = msgspec.structs.replace(number_contract("a"), policies=Policies(extra=extra))  # type: ignore[arg-type]
    said: list[str] = []
    found = _without_target(JsonCodec(contract).decode(ROWS).decoded, ("y",), said.append).verdicts
    reasons = found.reasons()
    assert [sorted(str(one.field) for one in reasons.get(row, ())) for row in range(3)] == fields
    assert said == told
