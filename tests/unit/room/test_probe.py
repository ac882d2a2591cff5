import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxship.room import probe as subject


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


def install(site: Path, name: str, record: str = "", **files: str) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: numpy>=1\n"
        "Requires-Dist: x ; extra ==\n  'y'\n\nRequires-Dist: not-a-header\n"
    )
    (info / "RECORD").write_text(record)
    for key, content in files.items():
        (info / key.replace("__", ".")).write_text(content)


def one(site: Path) -> dict[str, Any]:
    (found,) = subject.probe()["distributions"]
    return dict(found)


def test_metadata_record_and_installer_are_read(site: Path) -> None:
    install(
        site,
        "Foo_Bar",
        "foo/__init__.py,,\nbar.cpython-311-x86_64.so,,\n../x,,\nfoo.libs/y.so,,\n",
        INSTALLER="pip\n",
    )
    found = one(site)
    assert (found["name"], found["version"], found["installer"]) == ("Foo_Bar", "1.0", "pip")
    assert found["requires"] == ["numpy>=1", "x ; extra == 'y'"]
    assert (found["modules"], found["kind"]) == (["bar", "foo"], "index")


@pytest.mark.parametrize(
    ("direct_url", "installer", "kind"),
    [
        ({"url": "file:///x", "dir_info": {"editable": True}}, "pip", "editable"),
        ({"url": "file:///x", "dir_info": {}}, "pip", "folder"),
        ({"url": "https://g/x", "vcs_info": {"vcs": "git", "commit_id": "1"}}, "uv", "vcs"),
        ({"url": "https://g/x.whl", "archive_info": {}}, "uv", "archive"),
        ({"url": "file:///feedstock", "dir_info": {}}, "conda", "index"),
    ],
)
def test_where_it_came_from(site: Path, direct_url: object, installer: str, kind: str) -> None:
    install(site, "foo", "foo.py,,\n", direct_url__json=json.dumps(direct_url), INSTALLER=installer)
    assert one(site)["kind"] == kind


def editable_by_path(site: Path, source: Path) -> str:
    (site / "_foo.pth").write_text(f"{source}\n")
    return "_foo.pth,,\n"


def editable_by_finder(site: Path, source: Path) -> str:
    finder = f"import sys\nMAPPING: dict[str, str] = {{'foo': {str(source / 'foo')!r}}}\nNAMESPACES = {{}}\n"
    (site / "__editable___foo_finder.py").write_text(finder)
    return "__editable___foo_finder.py,,\n"


@pytest.mark.parametrize("write", [editable_by_path, editable_by_finder])
def test_the_source_of_an_editable_is_found(
    site: Path, tmp_path: Path, write: Callable[[Path, Path], str]
) -> None:
    source = tmp_path / "project"
    for name in (
        "foo/__init__.py",
        "foo/data/x.csv",
        "foo/tests/t.py",
        "foo/.git/c",
        "tests/t.py",
        "setup.py",
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    install(site, "foo", write(site, source), direct_url__json='{"dir_info": {"editable": true}}')
    found = one(site)
    names = [name for name in found["files"] if "dist-info" not in name]
    assert (found["kind"], found["pure"], found["modules"]) == ("editable", True, ["foo"])
    assert names == ["foo/__init__.py", "foo/data/x.csv"]
    assert "foo-1.0.dist-info/METADATA" in found["files"]


def test_compiled_parts_are_seen(site: Path) -> None:
    install(site, "foo", "foo/__init__.py,,\nfoo/_x.abi3.so,,\n", direct_url__json='{"vcs_info": {}}')
    assert one(site)["pure"] is False


def test_a_shared_top_level_is_spelled_out(site: Path) -> None:
    install(site, "one", "google/one/__init__.py,,\ngoogle/one/x.py,,\n")
    install(site, "two", "google/two/y.py,,\n")
    modules = {found["name"]: found["modules"] for found in subject.probe()["distributions"]}
    assert modules == {"one": ["google.one", "google.one.x"], "two": ["google.two", "google.two.y"]}


def test_an_egg_info_is_read(site: Path) -> None:
    info = site / "foo.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Name: foo\nVersion: 2\n")
    (info / "requires.txt").write_text('a\n\n[x:os_name=="nt"]\nb\n')
    (info / "top_level.txt").write_text("foo\n_foo\n")
    found = one(site)
    assert found["requires"] == ["a", 'b ; (os_name=="nt") and extra == "x"']
    assert (found["modules"], found["kind"]) == (["foo", "_foo"], "index")


def test_any_python_can_run_the_file_alone() -> None:
    command = [sys.executable, "-I", "-S", str(Path(subject.__file__))]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert answer["minor"] == ".".join(map(str, sys.version_info[:2]))
