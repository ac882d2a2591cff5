import pytest

from boxship import plug
from boxship.errors import UsageError

KNOWN = {"path": "pathlib:PurePath", "gone": "boxship_gone:Plug"}


def test_a_plug_of_the_table_and_a_strangers() -> None:
    assert plug.load("path", KNOWN, "x.unknown").__name__ == "PurePath"
    assert plug.load("decimal:Decimal", KNOWN, "x.unknown").__name__ == "Decimal"


@pytest.mark.parametrize("name", ["paht", "decimal:Decimals", "boxship_gone:Plug", "decimal:"])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=name.split(":", maxsplit=1)[0]) as caught:
        plug.load(name, KNOWN, "x.unknown")
    assert caught.value.code == "x.unknown"
    assert "path" in caught.value.hint


def test_a_missing_library_is_the_familys_to_word() -> None:
    with pytest.raises(ModuleNotFoundError):
        plug.load("gone", KNOWN, "x.unknown")
