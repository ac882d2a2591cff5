"""What one interpreter has: standalone, so that any Python from 3.9 can run this file by itself.

`python -I probe.py` prints one JSON object; `probe()` returns it for the running interpreter.
Nothing of boxship may be imported here.
"""

# Os alone: pathlib would double the time, and 3.9 lacks half of it:
import ast
import json
import os
import re
import sys
import sysconfig
from typing import Any  # the result is JSON, typed by environment.py which reads it

COMPILED = (".so", ".pyd", ".dylib", ".dll")
_SITES = ("site-packages", "dist-packages")
_METADATA = ("METADATA", "PKG-INFO", "entry_points.txt")
_LEFT_OUT = {"__pycache__", "tests", "node_modules", "build", "dist"}
_NOT_PACKAGES = _LEFT_OUT | {"test", "docs", "doc", "examples", "scripts", "benchmarks"}
_NOT_MODULES = {"setup", "conftest", "noxfile", "tasks", "dodo"}


def probe() -> "dict[str, Any]":
    found = _distributions()
    return {
        "python": os.path.abspath(sys.executable),
        "base": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
        "prefix": sys.prefix,
        "version": ".".join(map(str, sys.version_info[:3])),
        "minor": ".".join(map(str, sys.version_info[:2])),
        "implementation": sys.implementation.name,
        "platform": sysconfig.get_platform(),
        "glibc": glibc(),
        "paths": [path for path in sys.path if os.path.isdir(path)],
        "markers": markers(),
        "distributions": found,
    }


def glibc() -> str:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").replace("glibc ", "")
    except (AttributeError, ValueError, OSError):
        return ""


def markers() -> "dict[str, str]":
    uname, info = os.uname(), sys.implementation.version
    full = ".".join(map(str, sys.version_info[:3]))
    full += "" if sys.version_info[3] == "final" else sys.version_info[3][0] + str(sys.version_info[4])
    return {
        "os_name": os.name,
        "sys_platform": sys.platform,
        "platform_machine": uname.machine,
        "platform_python_implementation": {"cpython": "CPython", "pypy": "PyPy"}.get(
            sys.implementation.name, sys.implementation.name
        ),
        "platform_release": uname.release,
        "platform_system": uname.sysname,
        "platform_version": uname.version,
        "python_version": ".".join(map(str, sys.version_info[:2])),
        "python_full_version": full,
        "implementation_name": sys.implementation.name,
        "implementation_version": ".".join(map(str, info[:3])),
    }


def _distributions() -> "list[dict[str, Any]]":
    found: dict[str, dict[str, Any]] = {}
    records: dict[str, list[str]] = {}
    for site in dict.fromkeys(os.path.abspath(path) for path in sys.path if path):
        try:
            entries = sorted(os.listdir(site))
        except OSError:
            continue
        for entry in entries:
            if not entry.endswith((".dist-info", ".egg-info")):
                continue
            one, files = _read(site, entry)
            key = re.sub(r"[-_.]+", "-", one["name"]).lower()
            if key and key not in found:  # the first on the path is the one that is imported
                found[key], records[key] = one, files
    _spell_out_shared(found, records)
    return list(found.values())


def _read(site: str, entry: str) -> "tuple[dict[str, Any], list[str]]":
    info = os.path.join(site, entry)
    if os.path.isdir(info):
        headers = _headers(_text(info, "METADATA") or _text(info, "PKG-INFO"))
        requires = headers["requires"] or _egg_requires(_text(info, "requires.txt"))
    else:
        headers = _headers(_text(site, entry))
        requires = headers["requires"]
    installer = _text(info, "INSTALLER").strip()
    kind = _kind(site, entry, _text(info, "direct_url.json"), installer)
    files = _record(entry, info)
    declared = _text(info, "top_level.txt").split()
    files_of: dict[str, str] = {}
    if kind == "editable":
        for top, where in _sources(site, info, files, declared).items():
            files_of.update(_walk(top, where))
    elif kind != "index":
        files_of = {path: os.path.join(site, path) for path in files if _travels(path)}
    modules = sorted(_tops(files_of or files)) or declared
    for name in _METADATA if files_of else ():  # so that importlib.metadata knows it in the room
        if os.path.isfile(os.path.join(info, name)):
            files_of[f"{entry}/{name}"] = os.path.join(info, name)
    return {
        "name": headers["name"],
        "version": headers["version"],
        "requires": requires,
        "modules": modules,
        "kind": kind,
        "installer": installer,
        "location": site,
        "pure": not any(path.endswith(COMPILED) for path in files_of),
        "files": files_of,
    }, files


def _text(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _headers(text: str) -> "dict[str, Any]":
    """The three headers we need; the email parser would cost ten times as much."""
    out: dict[str, Any] = {"name": "", "version": "", "requires": []}
    for line in re.sub(r"\n[ \t]+", " ", text.partition("\n\n")[0]).splitlines():
        key, _, value = line.partition(":")
        if key == "Requires-Dist":
            out["requires"].append(value.strip())
        elif key in ("Name", "Version"):
            out[key.lower()] = value.strip()
    return out


def _egg_requires(text: str) -> "list[str]":
    """requires.txt of setuptools: sections `[extra:marker]` become markers."""
    out, suffix = [], ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
            tests = [f"({marker})"] * bool(marker) + [f'extra == "{extra}"'] * bool(extra)
            suffix = " ; " + " and ".join(tests) if tests else ""
        else:
            out.append(line + suffix)
    return out


def _kind(site: str, entry: str, direct_url: str, installer: str) -> str:
    if entry.endswith(".egg-info") and os.path.basename(site) not in _SITES:
        return "editable"
    if not direct_url or installer == "conda":  # conda's build leaves its own folder there
        return "index"
    try:
        url = json.loads(direct_url)
    except ValueError:
        return "index"
    if "dir_info" in url:
        return "editable" if url["dir_info"].get("editable") else "folder"
    return "vcs" if "vcs_info" in url else "archive"


def _record(entry: str, info: str) -> "list[str]":
    if text := _text(info, "RECORD"):
        paths = [_path(line) for line in text.splitlines()]
    else:  # an egg-info names its files relative to itself, or not at all
        listed = _text(info, "installed-files.txt").splitlines()
        paths = [os.path.normpath(os.path.join(entry, line)).replace(os.sep, "/") for line in listed]
    return [path for path in paths if path and not path.startswith(("..", "/"))]


def _path(line: str) -> str:
    return line[1:].partition('"')[0] if line.startswith('"') else line.partition(",")[0]


def _travels(path: str) -> bool:
    parts = path.split("/")
    return (
        not _LEFT_OUT.intersection(parts[:-1])
        and not parts[0].endswith((".dist-info", ".egg-info", ".data"))
        and not any(part.startswith(".") for part in parts)
        and not path.endswith((".pyc", ".pth"))
    )


def _tops(paths: "Any") -> "set[str]":
    tops = {path.partition("/")[0] if "/" in path else _module(path) for path in paths}
    return {top for top in tops if top.isidentifier() and top != "__pycache__"}


def _module(path: str) -> str:
    return path.partition(".")[0] if path.endswith((".py", *COMPILED)) else ""


def _sources(site: str, info: str, files: "list[str]", declared: "list[str]") -> "dict[str, str]":
    """Where the import names of an editable install really are."""
    roots = [] if os.path.dirname(info) != site or os.path.basename(site) in _SITES else [site]
    for path in files:
        text = _text(site, path) if path.endswith((".pth", "_finder.py")) else ""
        if path.endswith(".pth"):
            lines = [os.path.join(site, line.strip()) for line in text.splitlines()]
            roots += [line for line in lines if os.path.isdir(line)]
        elif mapping := re.search(r"^MAPPING\b[^=]*=\s*(\{.*\})\s*$", text, re.MULTILINE):
            return dict(ast.literal_eval(mapping[1]))
    out: dict[str, str] = {}
    for root in roots:
        for top in declared or _packages(root):
            for name in (top, top + ".py"):
                if os.path.exists(os.path.join(root, name)):
                    out.setdefault(top, os.path.join(root, name))
    return out


def _packages(root: str) -> "list[str]":
    out = []
    for entry in sorted(os.listdir(root)):
        name, extension = os.path.splitext(entry)
        if os.path.isfile(os.path.join(root, entry, "__init__.py")):
            out += [entry] * (entry not in _NOT_PACKAGES)
        elif extension == ".py" and name.isidentifier():
            out += [name] * (name not in _NOT_MODULES)
        elif os.path.basename(root) == "src" and entry.isidentifier() and entry not in _NOT_PACKAGES:
            out.append(entry)  # a namespace package
    return out


def _walk(top: str, where: str) -> "dict[str, str]":
    """Every file of the package `top` at `where`, by the path it is imported under."""
    where, base = (where + ".py", top) if os.path.isfile(where + ".py") else (where, top)
    base = base.replace(".", "/")
    if os.path.isfile(where):
        return {base + ".py": where}
    out = {}
    for folder, folders, names in os.walk(where):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and name[0] != ".")
        inside = os.path.relpath(folder, where).replace(os.sep, "/")
        start = base if inside == "." else f"{base}/{inside}"
        for name in sorted(names):
            if _travels(f"{start}/{name}"):
                out[f"{start}/{name}"] = os.path.join(folder, name)
    return out


def _spell_out_shared(found: "dict[str, dict[str, Any]]", records: "dict[str, list[str]]") -> None:
    """Name every module of distributions that share a top-level name, such as `google`."""
    owners: dict[str, list[str]] = {}
    for key, one in found.items():
        for top in one["modules"]:
            owners.setdefault(top, []).append(key)
    for top, keys in owners.items():
        for key in keys if len(keys) > 1 else ():
            paths = list(found[key]["files"]) or records[key]
            dotted = {name for path in paths if path.startswith(top + "/") for name in _dotted(path)}
            if dotted:
                rest = [name for name in found[key]["modules"] if name != top]
                found[key]["modules"] = sorted(dotted.union(rest))


def _dotted(path: str) -> "list[str]":
    folder, _, name = path.rpartition("/")
    package = folder.replace("/", ".")
    if "__pycache__" in folder or not all(part.isidentifier() for part in folder.split("/")):
        return []
    stem = _module(name)
    return [package] + [f"{package}.{stem}"] * (stem.isidentifier() and stem != "__init__")


if __name__ == "__main__":
    json.dump(probe(), sys.stdout)
