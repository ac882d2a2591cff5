from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from boxship.room.index import Index, read_index

Read = Callable[..., Index]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def one(pip: str = "", env: Mapping[str, str] = MappingProxyType({})) -> Index:
        path = tmp_path / "pip.conf"
        path.write_text(pip)
        none = str(tmp_path / "none")
        base = {"HOME": none, "XDG_CONFIG_DIRS": none, "PIP_CONFIG_FILE": str(path)}
        return read_index({**base, **env}, prefix=none, root=tmp_path)

    return one


def test_indexes_keep_pips_order(read: Read) -> None:
    env = read("[global]\nindex-url = https://one/\nextra-index-url = https://two/\n  https://three/\n").env
    assert env["UV_INDEX"] == "https://one/ https://two/"
    assert env["UV_DEFAULT_INDEX"] == "https://three/"
    assert env["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_further_indexes_leave_the_default_as_it_is(read: Read) -> None:
    env = read("[global]\nextra-index-url = https://two/ https://three/\n").env
    assert env["UV_INDEX"] == "https://two/ https://three/"
    assert "UV_DEFAULT_INDEX" not in env


def test_an_index_alone_replaces_the_default(read: Read) -> None:
    env = read("[global]\nindex_url = https://one/\n").env
    assert env["UV_DEFAULT_INDEX"] == "https://one/"
    assert "UV_INDEX" not in env


def test_variables_beat_sections_beat_global(read: Read) -> None:
    pip = "[global]\nfind-links = /a\ntimeout = 1\n[install]\nfind-links = /b\n  /c\ntimeout = 2\n"
    assert read(pip).env["UV_FIND_LINKS"] == "/b,/c"
    assert read(pip, {"PIP_TIMEOUT": "3"}).env["UV_HTTP_TIMEOUT"] == "3"
    assert read("", {"PIP_DEFAULT_TIMEOUT": "4"}).env["UV_HTTP_TIMEOUT"] == "4"


def test_what_uv_was_told_wins(read: Read) -> None:
    pip = "[global]\nextra-index-url = https://x/\nfind-links = /x\nproxy = http://p:1\ncert = /ca.pem\n"
    env = {"UV_INDEX": "https://y/", "UV_FIND_LINKS": "/y", "HTTPS_PROXY": "http://q", "SSL_CERT_FILE": "/z"}
    assert read(pip, env).env == {}


def test_the_other_settings_have_their_names(read: Read) -> None:
    hosts = "trusted-host = a\n  b\nno-index = true\n"
    found = read(f"[global]\n{hosts}cert = /ca\nclient-cert = /me\nproxy = http://p:1\n")
    assert found.args == ("--no-index",)
    assert found.env == {
        "UV_INSECURE_HOST": "a b",
        "SSL_CERT_FILE": "/ca",
        "SSL_CLIENT_CERT": "/me",
        "ALL_PROXY": "http://p:1",
    }


def test_uvs_own_file_wins(read: Read, tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text('extra-index-url = ["https://u/"]\n')
    pip = "[global]\nextra-index-url = https://x/\n"
    assert "UV_INDEX" not in read(pip, {"UV_CONFIG_FILE": str(tmp_path / "uv.toml")}).env


def test_without_settings_nothing_is_said(read: Read) -> None:
    assert (read().env, read("not an ini file").env) == ({}, {})


@pytest.mark.parametrize(
    "text",
    [
        "at https://bob:hunter22@host/simple",
        "at https://hunter22@host/simple",
        "hunter22 alone",
        "name=https://bob:p@hunter22@host/",
    ],
)
def test_no_secret_is_left_in_a_text(read: Read, text: str) -> None:
    index = read("[global]\nindex-url = https://bob:hunter22@host/simple\n")
    assert "hunter22" not in index.redact(text)


def test_harmless_text_is_kept(read: Read) -> None:
    text = "see https://a.b/c@d and me@example.org"
    assert read().redact(text) == text
