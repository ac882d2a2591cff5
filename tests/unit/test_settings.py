from pathlib import Path
from typing import Any

import pytest

from boxship.errors import UsageError
from boxship.settings import Settings


class InBytes:
    """A path, but not of text."""

    def __fspath__(self) -> bytes:
        return b"a"


def test_the_variable_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('log_level = "info"\nuv = "/a/uv"\n')
    settings = Settings.from_env({"BOXSHIP_HOME": str(tmp_path), "BOXSHIP_UV": "/b/uv"})
    assert (settings.log_level, settings.uv, settings.isolation) == ("info", "/b/uv", "auto")


def test_what_a_platform_says_counts_where_we_are_told_nothing() -> None:
    said = {"AIP_HTTP_PORT": "8080", "AIP_PREDICT_ROUTE": "/v1/a:predict", "AIP_HEALTH_ROUTE": "/v1/a"}
    settings = Settings.from_env(said)
    assert (settings.port, settings.predict_route, settings.health_route) == (8080, "/v1/a:predict", "/v1/a")
    assert Settings.from_env({**said, "BOXSHIP_PORT": "9"}).port == 9


@pytest.mark.parametrize(
    ("env", "home"),
    [
        ({"BOXSHIP_HOME": "/x/y"}, "/x/y"),
        ({"XDG_DATA_HOME": "/data", "HOME": "/h"}, "/data/boxship"),
        ({"HOME": "/h"}, "/h/.local/share/boxship"),
    ],
)
def test_the_home_folder(env: dict[str, str], home: str) -> None:
    assert Settings.from_env(env).home == Path(home)


def test_settings_made_directly_have_the_home_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXSHIP_HOME", str(tmp_path))
    monkeypatch.setenv("BOXSHIP_UV", "/b/uv")
    assert Settings(isolation="require") == Settings(home=tmp_path, uv="", isolation="require")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("colour = 1", "settings.unknown"),
        ("[", "settings.unreadable"),
        ('isolation = "some"', "settings.wrong_value"),
        ("uv = 3", "settings.wrong_value"),
        ('uv = "a\\u0000b"', "settings.wrong_value"),
        ('predict_route = "predict"', "settings.wrong_value"),
        ('health_route = "/a b"', "settings.wrong_value"),
        ("predict_route = 3", "settings.wrong_value"),
        ("proof_timeout_s = true", "settings.wrong_value"),
        ("proof_timeout_s = [1]", "settings.wrong_value"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        Settings.from_env({"BOXSHIP_HOME": str(tmp_path)})
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf", "1e300"])
def test_a_time_that_is_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.from_env({"BOXSHIP_HOME": str(tmp_path), "BOXSHIP_PROOF_TIMEOUT_S": text})
    assert caught.value.code == "settings.wrong_value"


@pytest.mark.parametrize(
    "given",
    [
        *({"home": one} for one in (5, None, "", "a\0b", InBytes())),
        *({"uv": one} for one in (5, 0, None, "a\0b", InBytes())),
        {"isolation": "requires"},
        {"proof_timeout_s": "soon"},
        {"proof_timeout_s": 10**5000},
    ],
)
def test_settings_made_in_python_are_checked_too(given: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(**{"home": tmp_path, **given})
    assert caught.value.code == "settings.wrong_value"


def test_the_uv_stays_as_it_is_written(tmp_path: Path) -> None:
    assert [Settings(home=tmp_path, uv=uv).uv for uv in ("", "./uv", "uv")] == ["", "./uv", "uv"]


def test_a_home_is_any_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    home: Any = "here"
    assert Settings(home=home).home == tmp_path / "here"
