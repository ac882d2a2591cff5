"""Timing one thing beside another in one process; nothing but the standard library."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def cpu_us(
    cases: Mapping[str, Callable[[], object]], *, batch_s: float = 0.05, rounds: int = 15
) -> dict[str, float]:
    """The median CPU time of one call in microseconds, over interleaved batches of calls."""
    counts: dict[str, int] = {}
    for name, case in cases.items():
        case()
        started = time.process_time()
        case()
        counts[name] = max(1, int(batch_s / max(time.process_time() - started, 1e-6)))
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            count = counts[name]
            started = time.process_time_ns()
            for _ in range(count):
                case()
            found[name].append((time.process_time_ns() - started) / count / 1000)
    return {name: statistics.median(values) for name, values in found.items()}


def once(work: Callable[[], object]) -> dict[str, float]:
    """What one call costs in time, and in memory over what was held before."""
    before = peak_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    found = {"wall s": time.perf_counter() - wall, "CPU s": time.process_time() - cpu}
    return {**found, "MB over the data": peak_mb() - before}


def peak_mb() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)
