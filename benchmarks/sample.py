"""Running things as processes, side by side: wall and CPU time, peak memory, what they said."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import boxship

ROOT = Path(__file__).parents[1]
_MB = 1 / 1024 if sys.platform == "linux" else 1 / 2**20  # of ru_maxrss
_T = TypeVar("_T")


class Sample(NamedTuple):
    """One run of a process; CPU time and memory are those of all it started.

    Linux counts our own memory as the start of a child's peak, so no subject may grow this process.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    said: Any  # the JSON of its last line, where it says some

    def costs(self) -> dict[str, float]:
        return {"wall s": self.wall_s, "CPU s": self.cpu_s, "peak MB": self.peak_mb}


def child(command: Sequence[object], *, env: Mapping[str, str] | None = None) -> Sample:
    """Run it to its end; RuntimeError, with its last words, where it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as talk:
        started = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), env=_environment(env), stdout=out, stderr=talk)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        talk.seek(0)
        text = out.read().decode(errors="replace")
        if process.returncode:
            raise RuntimeError(f"{text[-2000:]}{talk.read().decode(errors='replace')[-4000:]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MB, _last_json(text))


def work(python: str | Path, name: str, *words: object) -> Any:  # what the program of that name said
    return child([python, "-m", f"benchmarks.work.{name}", *map(str, words)]).said


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Threads of numerical libraries are held to one, so that CPU time is work."""
    ours = Path(boxship.__file__).parents[1]
    paths = [str(ROOT), *([str(ours)] if ours.name == "src" else [])]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths), **(more or {})}


def _last_json(text: str) -> Any:
    lines = (line for line in reversed(text.splitlines()) if line.startswith(("{", "[")))
    try:
        return json.loads(next(lines, "null"))
    except ValueError:
        return None  # text for people, that begins with a bracket


def interleaved(cases: Mapping[str, Callable[[], _T]], times: int) -> dict[str, list[_T]]:
    """Each once, then each again: what disturbs the machine disturbs all alike.

    One that fails says so and is left out.
    """
    found: dict[str, list[_T]] = {name: [] for name in cases}
    for _ in range(times):
        for name in [name for name in cases if name in found]:
            tell(f"  {name}")
            try:
                found[name].append(cases[name]())
            except RuntimeError as error:
                tell(f"  {name} failed and is left out:\n{error}")
                del found[name]
    return found


def tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
