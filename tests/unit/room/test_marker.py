import pytest

from boxship.room.marker import holds, join, meet, parse_marker, platforms, render_conditions

LINUX = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "platform_system": "Linux",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1.0-13-amd64",
    "python_version": "3.11",
    "python_full_version": "3.11.7",
    "implementation_name": "cpython",
    "extra": "",
}


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ('python_version < "3.9"', False),
        ('python_version >= "3.9"', True),
        ('python_version == "3.11"', True),
        ('python_version != "3.11"', False),
        ('python_version > "3.9"', True),
        ('python_version <= "3.10"', False),
        ('python_version ~= "3.9"', True),
        ('python_version == "3.*"', True),
        ('"3.9" < python_version', True),
        ('"3.9" >= python_version', False),
        ('python_version in "3.10 3.11"', True),
        ('python_version not in "3.10 3.11"', False),
        ('python_full_version >= "3.11.8"', False),
        ('"linux" in sys_platform', True),
        ('sys_platform == "win32"', False),
        ('sys_platform != "win32"', True),
        ("os.name == 'posix'", True),
        ('platform_release >= "5.0"', False),
        ('sys_platform === "linux"', True),
        ('sys_platform > "linux"', False),
        ('extra == "test"', False),
        ('extra != "test"', True),
        ('sys_platform == "win32" and extra == "a" or os_name == "posix"', True),
        ('sys_platform == "win32" and (extra == "a" or os_name == "posix")', False),
        ('((python_version < "4") and ((os_name == "posix")))', True),
    ],
)
def test_markers(marker: str, expected: bool) -> None:
    assert holds(parse_marker(marker), LINUX) is expected


def test_extras_are_compared_normalised() -> None:
    assert holds(parse_marker('extra == "my_Extra"'), {**LINUX, "extra": "my-extra"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "python_version",
        'python_version <> "3"',
        'python_version not "3"',
        '"a" == "b"',
        "os_name == sys_platform",
        '(os_name == "a"',
        'os_name == "a" )',
        "os_name == 'a",
        'os_name == "a" xor',
    ],
)
def test_what_is_no_marker_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no marker"):
        parse_marker(text)


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ('python_version >= "3.9"', ""),
        ('sys_platform == "darwin"', 'sys_platform == "darwin"'),
        ('sys_platform == "darwin" and python_version >= "3.9"', 'sys_platform == "darwin"'),
        ('sys_platform == "darwin" or python_version >= "3.9"', ""),
        (
            'platform_machine == "arm64" and sys_platform == "darwin" or os_name == "nt"',
            'os_name == "nt" or platform_machine == "arm64" and sys_platform == "darwin"',
        ),
    ],
)
def test_only_the_platform_travels(marker: str, expected: str) -> None:
    assert render_conditions(platforms(parse_marker(marker), LINUX)) == expected


def test_conditions_that_say_more_than_others_are_dropped() -> None:
    mac = platforms(parse_marker('sys_platform == "darwin"'), LINUX)
    arm = platforms(parse_marker('platform_machine == "arm64"'), LINUX)
    assert join(mac, meet(mac, arm)) == mac
