import importlib.metadata
from collections.abc import Mapping

import pytest

from boxship.errors import BoxError
from boxship.room.environment import Distribution, Environment
from boxship.room.lock import Pin, differences, parse_lock, take
from boxship.room.probe import markers

LINUX = {
    **markers(),
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "python_version": "3.11",
}


def dist(name: str, *requires: str, version: str = "1.0", **more: object) -> Distribution:
    values: dict[str, object] = {
        "modules": (name.replace("-", "_"),),
        "kind": "index",
        "installer": "pip",
        "location": "/site",
        "pure": True,
        "files": {},
        **more,
    }
    return Distribution(name=name, version=version, requires=requires, **values)  # type: ignore[arg-type]


def environment(*dists: Distribution, env: Mapping[str, str] = LINUX) -> Environment:
    return Environment(
        python="/env/bin/python",
        base="/usr/bin/python3.11",
        prefix="/env",
        version="3.11.7",
        minor="3.11",
        implementation="cpython",
        platform="linux-x86_64",
        glibc="2.36",
        paths=(),
        markers=env,
        distributions={one.name: one for one in dists},
    )


def test_the_closure_and_nothing_else() -> None:
    found = environment(dist("a", "b>=1", "c ; extra == 'x'"), dist("b", "a"), dist("c"), dist("d"))
    assert take(found, ["a.sub.module", "json", "__main__"]).lock == "a==1.0\nb==1.0\n"


def test_extras_only_where_asked_for() -> None:
    found = environment(
        dist("a", "b[x]"), dist("b", "c ; extra == 'x'", "d ; extra == 'y'"), dist("c"), dist("d")
    )
    assert take(found, ["a"]).lock == "a==1.0\nb==1.0\nc==1.0\n"
    assert "d==1.0\n" in take(found, [], require=["a", "B[y]"]).lock


def test_a_platform_marker_is_kept_and_others_are_decided() -> None:
    found = environment(
        dist("a", "gpu ; platform_system == 'Linux' and python_version >= '3.9'", "win ; os_name == 'nt'"),
        dist("gpu", "deep ; platform_machine == 'x86_64'", "plain"),
        dist("deep"),
        dist("plain"),
    )
    assert take(found, ["a"]).lock == (
        "a==1.0\n"
        'deep==1.0 ; platform_machine == "x86_64" and platform_system == "Linux"\n'
        'gpu==1.0 ; platform_system == "Linux"\n'
        'plain==1.0 ; platform_system == "Linux"\n'
    )


def test_what_is_needed_everywhere_has_no_marker() -> None:
    found = environment(
        dist("a", "b ; sys_platform == 'linux'", "c"), dist("b", "d"), dist("c", "d"), dist("d")
    )
    assert "d==1.0\n" in take(found, ["a"]).lock


def test_a_module_that_nobody_has_is_named_with_what_to_do() -> None:
    with pytest.raises(BoxError) as error:
        take(environment(dist("a")), ["nowhere.deep"])
    assert error.value.code == "lock.missing_module"
    assert "--require" in error.value.hint


def test_a_shared_namespace_is_resolved_by_the_full_name() -> None:
    found = environment(
        dist("one", modules=("google.one", "google.one.x")), dist("two", modules=("google.two",))
    )
    assert take(found, ["google", "google.one.x", "google.one"]).lock == "one==1.0\n"


def test_a_requirement_asked_for_must_be_there() -> None:
    for text in ("gone", "a>=2", "?"):
        with pytest.raises(BoxError) as error:
            take(environment(dist("a")), [], require=[text])
        assert error.value.code == "lock.missing_requirement"


def test_a_missing_requirement_is_noted() -> None:
    taken = take(environment(dist("a", "gone>=1")), ["a"])
    assert taken.lock == "a==1.0\n"
    assert "gone" in taken.notes[0]


def test_an_editable_package_travels_as_code_and_its_requirements_are_locked() -> None:
    files = {"mine/__init__.py": "/src/mine/__init__.py", "mine/data.csv": "/src/mine/data.csv"}
    taken = take(environment(dist("mine", "b", kind="editable", files=files), dist("b")), ["mine.x"])
    assert (taken.lock, taken.code) == ("b==1.0\n", files)
    assert "travel" in taken.notes[0]


@pytest.mark.parametrize("more", [{"files": {"m/x.so": "/x.so"}, "pure": False}, {"files": {}}])
@pytest.mark.parametrize("kind", ["editable", "folder", "vcs", "archive"])
def test_what_cannot_travel_is_refused_with_the_reason(kind: str, more: dict[str, object]) -> None:
    with pytest.raises(BoxError) as error:
        take(environment(dist("mine", kind=kind, **more)), ["mine"])
    assert error.value.code == "lock.not_portable"


def test_local_versions_and_conda_are_kept_with_a_note() -> None:
    taken = take(environment(dist("torch", version="2.1+cpu"), dist("b", installer="conda")), ["torch", "b"])
    assert taken.lock == "b==1.0\ntorch==2.1+cpu\n"
    assert len(taken.notes) == 2


def test_boxship_itself_is_never_locked() -> None:
    assert take(environment(dist("a", "boxship"), dist("boxship")), ["a", "boxship.x"]).lock == "a==1.0\n"


def test_a_lock_is_parsed_back() -> None:
    assert parse_lock('a==1.0\nb==2+cpu ; os_name == "nt"\n') == (
        Pin("a", "1.0", ""),
        Pin("b", "2+cpu", 'os_name == "nt"'),
    )


@pytest.mark.parametrize(
    "line",
    [
        *(
            "a",
            "a>=1",
            "A==1",
            "-r x",
            "a==1;x",
            "a==1 --hash=x",
            "a==1@https://h/a.whl",
            "a==1,>0",
            "a==1\\",
        ),
        *("a==1\rb==1", "a==1\x0bb==1", "a==1 ; x", "a==1 ; os_name == '--index-url x'", "a==1\n\nb==1"),
    ],
)
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(BoxError) as error:
        parse_lock(line)
    assert error.value.code == "lock.malformed"


def test_differences_of_the_live_environment() -> None:
    minor, version = markers()["python_version"], importlib.metadata.version("pytest")
    assert differences(f"pytest=={version}\n", minor) == ()
    lock = 'nowhere-zz==1\npytest==0.1\nwin==1 ; os_name == "nt"\n'
    assert differences(lock, "2.7") == (
        ("python", "2.7", minor),
        ("nowhere-zz", "1", None),
        ("pytest", "0.1", version),
    )
