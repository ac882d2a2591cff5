"""Our reading of versions and markers, held against that of packaging."""

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from boxship.room.marker import holds, parse_marker
from boxship.room.version import allows, parse_version

SMALL = st.integers(0, 3)


@st.composite
def releases(draw: st.DrawFn) -> str:
    return ".".join(map(str, draw(st.lists(SMALL, min_size=1, max_size=3))))


@st.composite
def versions(draw: st.DrawFn, *, local: bool = True) -> str:
    text = draw(st.sampled_from(["", "", "1!"])) + draw(releases())
    text += draw(st.sampled_from(["", "", "a1", "b2", "rc1", ".rc.2", "-alpha"]))
    text += draw(st.sampled_from(["", "", ".post1", "-1", "r2"]))
    text += draw(st.sampled_from(["", "", ".dev0", "dev3"]))
    return text + (draw(st.sampled_from(["", "", "+cpu", "+1", "+cpu.1", "+a-b"])) if local else "")


@st.composite
def clauses(draw: st.DrawFn) -> str:
    operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~=", "==*", "!=*"]))
    if operator.endswith("*"):
        return f"{operator[:-1]}{draw(releases())}.*"
    if operator == "~=":
        return f"~={draw(SMALL)}.{draw(versions(local=False).filter(lambda text: '!' not in text))}"
    return operator + draw(versions(local=operator in ("==", "!=")))


@settings(max_examples=150)
@given(versions(), versions())
def test_versions_have_the_same_order(left: str, right: str) -> None:
    ours, theirs = (parse_version(left), parse_version(right)), (Version(left), Version(right))
    assert ours[0] is not None
    assert ours[1] is not None
    assert (ours[0] < ours[1], ours[0] == ours[1]) == (theirs[0] < theirs[1], theirs[0] == theirs[1])


@settings(max_examples=250)
@given(st.lists(clauses(), max_size=3).map(",".join), versions())
def test_specifiers_allow_the_same(specifier: str, version: str) -> None:
    assert allows(specifier, version) == SpecifierSet(specifier).contains(version, prereleases=True)


@st.composite
def markers(draw: st.DrawFn) -> str:
    def test() -> str:
        name = draw(st.sampled_from(["python_version", "sys_platform", "platform_machine", "extra"]))
        if name == "python_version":
            operator = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
            return f"{name} {operator} '{draw(st.sampled_from(['3.9', '3.11', '3.12']))}'"
        operator = draw(st.sampled_from(["==", "!=", "in", "not in"] if name != "extra" else ["==", "!="]))
        value = draw(st.sampled_from(["linux", "x86_64", "gpu", "linux darwin"]))
        return f"{name} {operator} '{value}'"

    text = test()
    for _ in range(draw(st.integers(0, 3))):
        joined = f"{text} {draw(st.sampled_from(['and', 'or']))} {test()}"
        text = f"({joined})" if draw(st.booleans()) else joined
    return text


@settings(max_examples=100)
@given(markers(), st.sampled_from(["linux", "darwin"]), st.sampled_from(["", "gpu"]))
def test_markers_hold_in_the_same_environments(text: str, system: str, extra: str) -> None:
    here = {"python_version": "3.11", "sys_platform": system, "platform_machine": "x86_64", "extra": extra}
    assert holds(parse_marker(text), here) == Marker(text).evaluate({**here})
