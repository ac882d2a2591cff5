from pathlib import Path

import pytest

from boxship import host
from boxship.errors import HostError

V2 = "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"
V3 = f"{V2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"


@pytest.mark.parametrize(
    ("flags", "level"),
    [("sse sse2", "v1"), (V2, "v2"), (V3, "v3"), (f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl", "v4")],
)
def test_the_level_of_an_x86(flags: str, level: str) -> None:
    assert host.class_of("x86_64", frozenset(flags.split())).startswith(f"x86_64-{level}-")


def test_flags_that_no_arithmetic_uses_do_not_make_a_class() -> None:
    flags = frozenset(V3.split())
    assert host.class_of("x86_64", flags) == host.class_of("x86_64", flags | {"ibrs", "md_clear"})
    assert host.class_of("x86_64", flags) != host.class_of("x86_64", flags | {"avx512_fp16"})


def test_arm_and_unknown_machines_have_a_class() -> None:
    flags = host.cpu_flags("processor : 0\nFeatures : fp asimd sve\n")
    assert host.class_of("aarch64", flags).startswith("aarch64-")
    assert host.class_of("arm64", frozenset()) == "arm64"


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def test_limits_of_cgroup_2_above_us_count(tmp_path: Path) -> None:
    top = "sys/fs/cgroup"
    write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a/b\n",
            f"{top}/a/cpu.max": "50000 100000\n",
            f"{top}/a/b/cpu.max": "max 100000\n",
            f"{top}/a/memory.max": "1048576\n",
            f"{top}/a/b/memory.max": "max\n",
        },
    )
    assert host.cpu_limit(tmp_path) == 0.5
    assert host.memory_limit(tmp_path) == 1 << 20


def test_limits_of_cgroup_1(tmp_path: Path) -> None:
    top = "sys/fs/cgroup"
    write(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/c\n",
            f"{top}/cpu/c/cpu.cfs_quota_us": "25000\n",
            f"{top}/cpu/c/cpu.cfs_period_us": "100000\n",
            f"{top}/cpu/cpu.cfs_quota_us": "-1\n",
            f"{top}/memory/memory.limit_in_bytes": "2097152\n",
        },
    )
    assert host.cpu_limit(tmp_path) == 0.25
    assert host.memory_limit(tmp_path) == 2 << 20


def test_without_cgroups_the_machine_is_the_limit(tmp_path: Path) -> None:
    assert host.cpu_limit(tmp_path) >= 1
    assert host.memory_limit(tmp_path) == host.total_memory()
    assert host.oom_kills(tmp_path) == 0


def test_this_machine_is_described() -> None:
    found = host.look_at_host()
    assert found.memory_bytes > 1 << 20
    assert found.cpu_class


def test_other_systems_get_a_clear_word() -> None:
    with pytest.raises(HostError) as error:
        host.check_supported("win32")
    assert error.value.code == "host.unsupported"
