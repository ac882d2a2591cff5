from typing import Any

import msgspec
import pytest

from boxship import codecs
from boxship.errors import UsageError
from boxship.testing.codecs import check_codec
from boxship.testing.models import number_contract

WIRES: dict[str, Any] = {"json": (msgspec.json.encode, msgspec.json.decode)}


@pytest.mark.parametrize("name", codecs.CODECS)
def test_every_codec_keeps_its_promises(name: str) -> None:
    write, read = WIRES[name]
    rows = [{"a": 1.0, "b": 2.5}, {"a": 3.0, "b": 0.0}]
    check_codec(codecs.get(name), number_contract("a", "b"), rows, write, read)


def test_a_codec_of_ones_own_needs_no_entry() -> None:
    assert codecs.get("boxship.codecs.json:JsonCodec").__name__ == "JsonCodec"


def test_an_unknown_codec() -> None:
    with pytest.raises(UsageError) as caught:
        codecs.get("xml")
    assert caught.value.code == "codec.unknown"
