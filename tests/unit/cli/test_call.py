import os
import shlex

import pytest
from click.testing import CliRunner

from boxship import frames
from boxship.cli import commands
from boxship.cli.call import as_typed
from boxship.codecs.json import JsonCodec
from boxship.errors import DataError, UsageError
from boxship.testing.models import number_contract


def test_a_row_that_is_not_utf8_is_malformed() -> None:
    body = as_typed(os.fsdecode(b'{"a": "caf\xe9"}'))
    with pytest.raises(DataError) as caught:
        JsonCodec(number_contract("a")).decode(body)
    assert caught.value.code == "codec.malformed"


@pytest.mark.parametrize("command", ["pack", "call"])
def test_help_names_every_file_that_is_read(command: str) -> None:
    told = CliRunner().invoke(commands, [command, "--help"]).output.replace(".\n", "\n").split()
    assert {*frames.FILES} <= {*told}


@pytest.mark.parametrize("at", ["", "@"])
@pytest.mark.parametrize("name", [*(f"rows{suffix}" for suffix in frames.FILES), "my rows.json"])
def test_a_file_given_as_a_row_is_told_so(name: str, at: str) -> None:
    with pytest.raises(UsageError) as caught:
        commands.main(["call", "churn", "--row", at + name], standalone_mode=False)
    assert caught.value.code == "cli.file_as_row"
    assert shlex.split(caught.value.hint) == ["--rows", name]
