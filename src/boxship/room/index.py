"""The company's index settings: what pip was told, said to uv, and never written down.

uv does not read pip's configuration. Everything goes to uv by environment variables, because a
command line can be read by every user of the machine and a URL may hold a password.
"""

import configparser
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_CREDENTIALS = re.compile(r"(://)[^\s/\"'<>`@]*(?:@[^\s/\"'<>`@]*)*@")
_USER_INFO = re.compile(r"://([^\s/@]*(?:@[^\s/@]*)*)@")
_UV_INDEX_KEYS = frozenset({"index", "index-url", "extra-index-url", "find-links", "no-index"})


@dataclass(frozen=True)
class Index:
    """Where uv shall look for packages."""

    env: Mapping[str, str]
    args: tuple[str, ...]
    secrets: tuple[str, ...]

    def redact(self, text: str) -> str:
        """`text` without the user and password of any URL, for messages and logs."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return _CREDENTIALS.sub(r"\1***@", text)


def read_index(env: Mapping[str, str], *, prefix: str = sys.prefix, root: Path = Path("/")) -> Index:
    """What pip's files and PIP_* say in pip's own order; uv's own variables and files win."""
    pip = _pip_settings(env, _pip_files(env, prefix, root))
    out: dict[str, str] = {}
    args: list[str] = []
    if not _uv_file_has_index(env, root):
        out, args = _places(pip, env)
    for key, ours, theirs in _OTHERS:
        if (value := pip.get(key)) and not any(name in env for name in (ours, *theirs)):
            out[ours] = " ".join(value.split())
    known = [*pip.values(), *(value for name, value in env.items() if _may_hold_url(name))]
    secrets = {secret for value in known for secret in _passwords(value)}
    secrets |= {
        value for name, value in env.items() if re.fullmatch(r"UV_INDEX_\w+_PASSWORD", name) and value
    }
    return Index(out, tuple(args), tuple(sorted(secrets, key=len, reverse=True)))


# pip's option, uv's variable, other variables with which the user already said it
_OTHERS = (
    ("trusted-host", "UV_INSECURE_HOST", ()),
    ("cert", "SSL_CERT_FILE", ()),
    ("client-cert", "SSL_CLIENT_CERT", ()),
    ("proxy", "ALL_PROXY", ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "all_proxy")),
    ("timeout", "UV_HTTP_TIMEOUT", ("UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT")),
)


def _places(pip: Mapping[str, str], env: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Indexes in pip's order. uv asks its default index last, so that is the last one of pip's; it stays
    what it is where pip was only told of further ones."""
    out: dict[str, str] = {}
    extra = pip.get("extra-index-url", "").split()
    given = {"UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"} & env.keys()
    if (extra or "index-url" in pip) and not given:
        first = [*pip.get("index-url", "").split(), *extra]
        if "index-url" in pip:
            out["UV_DEFAULT_INDEX"] = first.pop()
        if first:
            out["UV_INDEX"] = " ".join(first)
            out["UV_INDEX_STRATEGY"] = env.get("UV_INDEX_STRATEGY", "unsafe-best-match")
    if "find-links" in pip and "UV_FIND_LINKS" not in env:
        out["UV_FIND_LINKS"] = ",".join(pip["find-links"].split())
    no_index = pip.get("no-index", "").lower() in ("1", "true", "yes", "on") and not given
    return out, ["--no-index"] * no_index


def _pip_settings(env: Mapping[str, str], files: Iterable[Path]) -> dict[str, str]:
    by_section: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for path in files:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(path.read_text("utf-8", errors="replace"))
        except (OSError, configparser.Error):
            continue  # pip itself will tell the user about it
        for section, values in by_section.items():
            if parser.has_section(section):
                values.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    said = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in env.items()
        if name.startswith("PIP_") and value
    }
    out = {**by_section["global"], **by_section["install"], **said}
    if "default-timeout" in out:
        out.setdefault("timeout", out["default-timeout"])
    return {key: value for key, value in out.items() if value.strip()}


def _pip_files(env: Mapping[str, str], prefix: str, root: Path) -> Iterable[Path]:
    """pip's files, the one that counts most last."""
    only = env.get("PIP_CONFIG_FILE")
    if only == "/dev/null":
        return
    home = Path(env.get("HOME") or Path.home())
    for folder in (env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        yield Path(folder) / "pip" / "pip.conf"
    if sys.platform == "darwin":
        yield root / "Library/Application Support/pip/pip.conf"
    yield root / "etc/pip.conf"
    yield home / ".pip" / "pip.conf"
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / "pip.conf"
    yield Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(prefix) / "pip.conf"
    if only:
        yield Path(only)


def _uv_file_has_index(env: Mapping[str, str], root: Path) -> bool:
    home = Path(env.get("HOME") or Path.home())
    own = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml"
    for path in (Path(env.get("UV_CONFIG_FILE") or own), root / "etc/uv/uv.toml"):
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if _UV_INDEX_KEYS & (values.keys() | values.get("pip", {}).keys()):
            return True
    return False


def _may_hold_url(name: str) -> bool:
    return name.startswith(("UV_", "PIP_")) or name.lower().endswith("_proxy")


def _passwords(value: str) -> Iterable[str]:
    for m in _USER_INFO.finditer(value):
        user, _, password = m[1].partition(":")
        for secret in {password or user, unquote(password or user)}:
            if len(secret) > 3:  # a shorter one would blacken innocent words; the URL pattern has it
                yield secret
