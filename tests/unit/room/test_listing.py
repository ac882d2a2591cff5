import base64
import hashlib
from pathlib import Path

from boxship.room.listing import against_records, compare, list_files, parse_listing, render_listing


def test_every_file_and_link_is_listed(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to("/usr/bin/python3")
    (tmp_path / "lib64").symlink_to("bin")
    (tmp_path / "a").write_text("x")
    (tmp_path / "mark").write_text("")
    files = list_files(tmp_path, frozenset({"mark"}))
    assert files == {
        "a": hashlib.sha256(b"x").hexdigest(),
        "bin/python": "-> /usr/bin/python3",
        "lib64": "-> bin",
    }
    assert parse_listing(render_listing(files)) == files


def test_the_differences_are_worded() -> None:
    found = dict(compare({"a": "1", "b": "1"}, {"b": "2", "c": "1"}))
    assert found == {"a": "is missing", "b": "was changed", "c": "was added"}


def test_a_file_that_is_not_its_wheels_is_found(tmp_path: Path) -> None:
    site = tmp_path / "lib/python3.11/site-packages"
    (site / "a-1.dist-info").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tool").write_text("tool")
    (site / "a.py").write_text("good")
    (site / "a.pyc").write_text("ours, made anew")
    lines = []
    for name, content in (("a.py", b"good"), ("../../../bin/tool", b"tool"), ("a.pyc", b"theirs")):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},4\n")
    (site / "a-1.dist-info/RECORD").write_text("".join(lines) + "a-1.dist-info/RECORD,,\n")
    assert list(against_records(tmp_path, list_files(tmp_path, frozenset()))) == []
    (site / "a.py").write_text("gooe")
    ((path, _),) = against_records(tmp_path, list_files(tmp_path, frozenset()))
    assert path == "lib/python3.11/site-packages/a.py"
