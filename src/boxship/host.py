"""The machine we run on: CPU class, limits, libc and kernel."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from boxship.errors import HostError

# https://gitlab.com/x86-psABIs/x86-64-ABI: what each level adds, as Linux spells it in /proc/cpuinfo
_LEVELS = (
    ("v2", {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"}),
    ("v3", {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}),
    ("v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
)
# What BLAS and our kernels choose by; a microcode flag more must not make another class.
_NUMERIC = (
    "sse",
    "ssse",
    "pni",
    "avx",
    "fma",
    "f16c",
    "amx",
    "bmi",
    "popcnt",
    "asimd",
    "sve",
    "sme",
    "fphp",
    "bf16",
)
_ROOT = Path("/")


@dataclass(frozen=True)
class Host:
    """Facts for proofs and for `boxship doctor`."""

    system: str  # Linux, Darwin
    kernel: str
    libc: str  # "glibc 2.36", or "" where it is not known
    machine: str
    cpu_class: str
    cpus: float  # what we may use: affinity and cgroup
    memory_bytes: int  # what we may use


def look_at_host() -> Host:
    """HostError host.unsupported on what is neither Linux nor macOS."""
    check_supported()
    uname = os.uname()
    return Host(
        system=uname.sysname,
        kernel=uname.release,
        libc=_libc(),
        machine=uname.machine,
        cpu_class=cpu_class(),
        cpus=cpu_limit(),
        memory_bytes=memory_limit(),
    )


def check_supported(system: str = sys.platform) -> None:
    if system not in ("linux", "darwin"):
        raise HostError(
            "host.unsupported",
            f"boxship runs on Linux and macOS, not on {system}",
            "use Linux: WSL 2 on Windows, or a container",
            {"system": system},
        )


@cache
def cpu_class() -> str:
    """Machines of one class gave the same bits so far: `x86_64-v3-1a2b3c4d`. Without any model name."""
    machine = platform.machine()
    try:
        text = (_ROOT / "proc" / "cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return machine
    return class_of(machine, cpu_flags(text))


def class_of(machine: str, flags: frozenset[str]) -> str:
    """The class of a CPU with these flags."""
    if not flags:
        return machine
    numeric = sorted(flag for flag in flags if flag.startswith(_NUMERIC))
    short = hashlib.sha256(" ".join(numeric).encode()).hexdigest()[:8]
    return "-".join(part for part in (machine, _level(machine, flags), short) if part)


def cpu_flags(cpuinfo: str) -> frozenset[str]:
    """The flags of the first CPU in /proc/cpuinfo; `Features` on ARM."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return frozenset(value.split())
    return frozenset()


def cpu_limit(root: Path = _ROOT) -> float:
    """CPUs we may use: the affinity, or a cgroup's quota where that is less."""
    sched = getattr(os, "sched_getaffinity", None)  # not on macOS
    count = float(len(sched(0)) if sched else os.cpu_count() or 1)
    for folder in _cgroups(root, "cpu"):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.strip().isdigit() and int(period):
            count = min(count, int(quota) / int(period))
    return count


def threads() -> int:
    """How many of them one model may use: as OMP_NUM_THREADS tells every library of numbers, else by the CPUs."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else max(1, int(cpu_limit()))


def memory_limit(root: Path = _ROOT) -> int:
    """Bytes we may use: the machine's memory, or a cgroup's limit where that is less."""
    limit = total_memory()
    for folder in _cgroups(root, "memory"):
        said = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")
        if said.isdigit():
            limit = min(limit, int(said))
    return limit


def total_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def oom_kills(root: Path = _ROOT) -> int:
    """How many processes this system killed for memory so far; 0 where it does not say."""
    for line in _read(root / "proc" / "vmstat").splitlines():
        if line.startswith("oom_kill "):
            return int(line.split()[1])
    return 0


def _level(machine: str, flags: frozenset[str]) -> str:
    if machine != "x86_64":
        return ""
    level = "v1"
    for name, needed in _LEVELS:
        if not needed <= flags:
            break
        level = name
    return level


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return ""


def _cgroups(root: Path, controller: str) -> Iterable[Path]:
    """Our cgroup and all above it: any of them may set the limit."""
    mounts = root / "sys" / "fs" / "cgroup"
    for line in _read(root / "proc" / "self" / "cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        top = mounts / controller if names else mounts
        folder = top / path.lstrip("/")
        yield top
        while folder != top and top in folder.parents:
            yield folder
            folder = folder.parent


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
