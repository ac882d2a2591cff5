import pytest
from click.testing import CliRunner

from boxship.cli.pack import pack
from boxship.errors import UsageError


@pytest.mark.parametrize("text", ["inf", "nan", "0.5", "1e3", "x"])
def test_a_seed_is_an_integer(text: str) -> None:
    words = ["m.joblib", "--data", "d.csv", "--name", "n", "--seed", f"s={text}"]
    error = CliRunner().invoke(pack, words).exception
    assert isinstance(error, UsageError)
    assert error.code == "cli.not_a_number"
