import itertools

import pytest

from boxship.room.version import allows, parse_version, same

IN_ORDER = (
    "1.0.dev1 1.0a1.dev2 1.0a1 1.0a2 1.0b1 1.0rc1 1.0 1.0+cpu 1.0+cpu.1 1.0+1 "
    "1.0.post1.dev2 1.0.post1 1.1 1.10 2 1!0.1"
)


def test_versions_are_ordered_as_pep_440_says() -> None:
    versions = [parse_version(text) for text in IN_ORDER.split()]
    for left, right in itertools.pairwise(versions):
        assert left is not None
        assert right is not None
        assert left < right


@pytest.mark.parametrize(
    ("left", "right"), [("1.0", "1"), ("1.0c1", "1.0rc1"), ("v1.0", "1.0.0"), ("1.0-1", "1.0.post1")]
)
def test_spellings_of_one_version_are_equal(left: str, right: str) -> None:
    assert parse_version(left) == parse_version(right)


def test_what_is_no_version_is_none() -> None:
    assert parse_version("linux") is None


@pytest.mark.parametrize(
    ("specifier", "version", "expected"),
    [
        ("", "1.0", True),
        (">=1.2,<2", "1.9.3", True),
        (">=1.2,<2", "2.0", False),
        ("(>=1.2)", "1.3", True),
        ("==1.2.*", "1.2.9", True),
        ("!=1.2.*", "1.2.9", False),
        ("~=1.4.2", "1.4.9", True),
        ("~=1.4.2", "1.5", False),
        ("~=1.4", "1.9", True),
        ("==2.13.0", "2.13.0+cpu", True),
        ("==2.13.0+cpu", "2.13.0", False),
        (">2", "2.0.post1", False),
        (">2", "2.0+cpu", False),
        ("<2", "2.0rc1", False),
        ("<2.0rc2", "2.0rc1", True),
        ("<=2", "2.0+cpu", True),
        ("===abc", "ABC", True),
        ("1.0", "1.0", False),
        (">=nonsense", "1.0", False),
    ],
)
def test_specifiers(specifier: str, version: str, expected: bool) -> None:
    assert allows(specifier, version) is expected


def test_a_local_version_is_another_version() -> None:
    assert same("2022.07.01", "2022.7.1")
    assert not same("1.0", "1.0+cpu")
    assert not same("x", "y")
