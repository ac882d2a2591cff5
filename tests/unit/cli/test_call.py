import os

import pytest

from boxship.cli.call import as_typed
from boxship.codecs.json import JsonCodec
from boxship.errors import DataError
from boxship.testing.models import number_contract


def test_a_row_that_is_not_utf8_is_malformed() -> None:
    body = as_typed(os.fsdecode(b'{"a": "caf\xe9"}'))
    with pytest.raises(DataError) as caught:
        JsonCodec(number_contract("a")).decode(body)
    assert caught.value.code == "codec.malformed"
