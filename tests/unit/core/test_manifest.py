import pytest

from boxship.core.manifest import File, Manifest
from boxship.errors import BoxError


def manifest(*paths: str) -> Manifest:
    return Manifest.of("sklearn", "3.11", [File(path, "0" * 64, 1) for path in paths])


def test_the_order_of_files_does_not_matter() -> None:
    assert manifest("a", "b").digest == manifest("b", "a").digest


def test_known_bytes() -> None:
    assert str(manifest("a").digest) == (
        "sha256:d0cc071c7702d1fab30f6705d4adb84ed5668f08292fc079aab44f27e7a7daa7"
    )
    assert Manifest.from_bytes(manifest("a").to_bytes()) == manifest("a")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "a//b", "", ".", "a\\b", "a\nb", "a/", "./a"]
)
def test_paths_that_leave_the_box_are_refused(path: str) -> None:
    with pytest.raises(BoxError) as caught:
        Manifest.from_bytes(manifest(path).to_bytes())
    assert caught.value.code == "box.unsafe_path"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{}", "box.damaged"),
        (b"\xff", "box.damaged"),
        (b'{"format":7,"new":true}', "box.newer_format"),
        (manifest("a").to_bytes() + b" ", "box.damaged"),
        (manifest("a").to_bytes().replace(b'"size":1', b'"size":1,"when":2'), "box.damaged"),
    ],
)
def test_other_bytes_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(BoxError) as caught:
        Manifest.from_bytes(data)
    assert caught.value.code == code
