import pytest

from boxship.room.requirement import parse_requirement


@pytest.mark.parametrize(
    ("text", "name", "extras", "specifier", "url", "marked"),
    [
        ("numpy", "numpy", set(), "", "", False),
        ("Foo_Bar.baz>=1,<2", "foo-bar-baz", set(), ">=1,<2", "", False),
        ("pandas[parquet, Feather_x] >=2", "pandas", {"parquet", "feather-x"}, ">=2", "", False),
        ("scipy (>=1.5) ; extra == 'x'", "scipy", set(), ">=1.5", "", True),
        ("a@https://h/x;y.whl ; os_name=='nt'", "a", set(), "", "https://h/x;y.whl", True),
        ("a[b] @ file:///x", "a", {"b"}, "", "file:///x", False),
    ],
)
def test_requirements(text: str, name: str, extras: set[str], specifier: str, url: str, marked: bool) -> None:
    found = parse_requirement(text)
    assert (found.name, found.extras, found.specifier, found.url) == (name, extras, specifier, url)
    assert (found.marker is not None) is marked


@pytest.mark.parametrize("text", ["", ">=1", "numpy 1.0", "a ; b"])
def test_what_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (requirement|marker)"):
        parse_requirement(text)
