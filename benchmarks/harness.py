"""Running things side by side: k times, interleaved, with medians, ratios, CPU time and peak memory."""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "explanation" / "benchmarks.md"
_MB = 1 / 1024 if sys.platform == "linux" else 1 / 2**20  # of ru_maxrss


class Sample(NamedTuple):
    """One run of a child process; CPU time and memory are those of all it started."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    said: Any  # the JSON of its last line, where it says some


@dataclass(frozen=True)
class Row:
    """One thing measured: a list of values for each column, and words beside them."""

    name: str
    values: Mapping[str, Sequence[float]]
    words: Mapping[str, str]

    def median(self, column: str) -> float:
        return statistics.median(self.values[column])


@dataclass(frozen=True)
class Result:
    """A table. `ratio` names the column that is compared with the first row."""

    title: str
    rows: Sequence[Row]
    ratio: str = ""
    targets: Mapping[str, str] | None = None


def child(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> Sample:
    """Run it to its end. Threads of numerical libraries are held to one, so that CPU time is work."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as talk:
        started = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), env=environment(env), stdout=out, stderr=talk)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        talk.seek(0)
        text = out.read().decode(errors="replace")
        if process.returncode:
            raise RuntimeError(
                f"{command} failed:\n{text[-2000:]}{talk.read().decode(errors='replace')[-4000:]}"
            )
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MB, _last_json(text))


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    import boxship

    ours = str(Path(boxship.__file__).parents[1])
    paths = [str(HERE.parent)] + ([ours] if ours.endswith("src") else [])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths), **(more or {})}


def _last_json(text: str) -> Any:
    for line in reversed(text.strip().splitlines()):
        if line.startswith(("{", "[")):
            return json.loads(line)
    return None


def interleaved(cases: Mapping[str, Callable[[], Any]], times: int) -> dict[str, list[Any]]:
    """Each once, then each again: what disturbs the machine disturbs all alike."""
    found: dict[str, list[Any]] = {name: [] for name in cases}
    for _ in range(times):
        for name, case in cases.items():
            print(f"  {name}", file=sys.stderr, flush=True)
            found[name].append(case())
    return found


def costs(name: str, samples: Sequence[Sample], **words: str) -> Row:
    """A row of whole processes."""
    values = {
        "wall s": [s.wall_s for s in samples],
        "CPU s": [s.cpu_s for s in samples],
        "peak MB": [s.peak_mb for s in samples],
    }
    return Row(name, values, words)


def rival(name: str, *requirements: str) -> Path | None:
    """The python of an environment with these, made once; None, said aloud, where it cannot be made."""
    folder = HERE / ".envs" / name
    python, mark = folder / "bin" / "python", folder / "ready.txt"
    wanted = "\n".join(requirements)
    if mark.exists() and mark.read_text() == wanted:
        return python
    print(f"  installing {name}", file=sys.stderr, flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        print(f"  {name} cannot be installed here: {str(error.stderr)[-300:]}", file=sys.stderr)
        return None
    mark.write_text(wanted)
    return python


def versions(python: Path | str, *names: str) -> str:
    code = (
        f"from importlib.metadata import version as v; print(*[n + ' ' + v(n) for n in {names!r}], sep=', ')"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = "/".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {load}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def _cells(result: Result) -> list[list[str]]:
    """The header and the rows, as text; ratios are of medians."""
    columns = list(dict.fromkeys(column for row in result.rows for column in row.values))
    words = list(dict.fromkeys(word for row in result.rows for word in row.words))
    header = ["", *columns, *(["ratio"] if result.ratio else []), *words]
    lines = [header]
    for row in result.rows:
        numbers = [_number(row.median(one)) if row.values.get(one) else "" for one in columns]
        ratio = [_ratio(result, row)] if result.ratio else []
        lines.append([row.name, *numbers, *ratio, *(row.words.get(word, "") for word in words)])
    return lines


def _ratio(result: Result, row: Row) -> str:
    first = result.rows[0]
    return (
        f"{row.median(result.ratio) / first.median(result.ratio):.2g}" if row.values.get(result.ratio) else ""
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_text(result: Result) -> str:
    lines = _cells(result)
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, *(f"target: {what}: {how}" for what, how in (result.targets or {}).items())])


def as_markdown(result: Result) -> str:
    header, *lines = _cells(result)
    aligned = ["---", *("---:" if name in _columns(result) else "---" for name in header[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, aligned, *lines))


def _columns(result: Result) -> set[str]:
    return {"ratio", *(column for row in result.rows for column in row.values)}


def write(subject: str, result: Result) -> None:
    """The raw numbers, as measured."""
    plain = {
        "subject": subject,
        "title": result.title,
        "command": f"python -m benchmarks {subject}",
        "machine": machine(),
        "targets": result.targets or {},
        "rows": [
            {
                "name": row.name,
                **row.words,
                "values": {k: [round(v, 6) for v in vs] for k, vs in row.values.items()},
            }
            for row in result.rows
        ],
    }
    path = HERE / "results" / f"{subject}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")


def renew_page(subject: str, result: Result) -> None:
    """Put the table where the page has its marks."""
    begin, end = f"<!-- {subject} -->\n", f"<!-- end of {subject} -->"
    text = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if begin not in text:
        return
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}{as_markdown(result)}\n\n{machine()}\n{end}{after}", "utf-8")
